import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hubspot_assets.hubspot import account
from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.certificates import problem
from hubspot_assets.hubspot.transport.client import Client, Usage
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.hubspot.conftest import TOKEN
from hubspot_assets_tests.hubspot.scripted_server import Reply

GOOD = Reply(body={"results": [{"id": "1"}]})


def test_a_request_carries_the_token_the_query_and_the_body(serve, connect):
    server = serve(GOOD)
    client = connect(server)
    client.get("/crm/objects/2026-09/contacts", {"limit": "100", "properties": "a,b"})
    client.post("/crm/objects/2026-09/contacts/search", {"limit": 200}, {"archived": "false"})
    get, post = server.asked
    assert get.headers["Authorization"] == f"Bearer {TOKEN}"
    assert get.target == "/crm/objects/2026-09/contacts?limit=100&properties=a,b"
    assert "gzip" in get.headers["Accept-Encoding"]
    assert (post.method, post.target) == ("POST", "/crm/objects/2026-09/contacts/search?archived=false")
    assert post.json == {"limit": 200}
    assert post.headers["Content-Type"] == "application/json"


def test_an_answer_is_its_bytes_and_decodes_to_a_type(serve, connect, clock):
    class Results(msgspec.Struct):
        results: list[dict[str, str]]

    answer = connect(serve(GOOD)).get("/x")
    assert answer.status == 200
    assert json.loads(answer.body) == {"results": [{"id": "1"}]}
    assert answer.received_at.timestamp() == pytest.approx(clock.time(), abs=1e-3)
    assert answer.decode(Results).results == [{"id": "1"}]
    assert answer.headers["content-type"] == "application/json"


def test_an_answer_of_another_shape_says_where_it_differs(serve, connect):
    class Other(msgspec.Struct):
        results: list[int]

    with pytest.raises(errors.UnreadableAnswer, match=r"\$\.results\[0\]"):
        connect(serve(GOOD)).get("/x").decode(Other)


def test_half_a_surrogate_pair_in_a_value_does_not_make_an_answer_unreadable(serve, connect):
    class Record(msgspec.Struct):
        id: str

    class Results(msgspec.Struct):
        results: list[Record]

    body = b'{"results": [{"id": "1", "name": "broken \\ud83d emoji"}]}'
    answer = connect(serve(Reply(body=body))).get("/x")
    assert answer.body == body
    assert answer.decode(Results).results == [Record("1")]


def test_a_compressed_answer_is_unpacked(serve, connect):
    packed = Reply(body=gzip.compress(b'{"results": []}'), headers={"Content-Encoding": "gzip"})
    assert connect(serve(packed)).get("/x").body == b'{"results": []}'


def test_a_partial_batch_is_a_success(serve, connect):
    assert connect(serve(Reply(207, {"results": [], "numErrors": 1}))).post("/x", {}).status == 207


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500, {"message": "internal error"}),
        Reply(502, b"<html>cloudflare</html>"),
        Reply(503, b""),
        Reply(524, b""),
        Reply(423, {}),
        Reply(477, {}, {"Retry-After": "30"}),
        Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}),
        Reply(429, {"message": "You have reached your secondly limit."}, {"Retry-After": "1"}),
        Reply(429, b"error code: 1015"),
        Reply(200, b""),
        Reply(200, b"<html>maintenance</html>"),
        Reply(200, b'{"results": [{"id": "1"'),
        Reply(200, b'{"results": []} {}'),
        Reply(200, b"[1]"),
        Reply(403, b"<html><title>Denied</title></html>", {"Content-Type": "text/html"}),
        Reply(488, {"message": "the hub is unknown to this hublet", "correctHublet": "eu1"}),
        Reply(fault="reset"),
        Reply(fault="cut short"),
    ],
)
def test_a_passing_failure_is_got_over(serve, connect, bad):
    server = serve(bad, bad, GOOD)
    client = connect(server)
    assert client.get("/x").body == GOOD.bytes
    assert len(server.asked) == 3
    assert client.usage().retries == 2
    assert client.usage().calls == 3


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"message": "Unable to infer object type from: x"}),
        (400, {}),
        (401, {"category": "INVALID_AUTHENTICATION"}),
        (401, {"category": "EXPIRED_AUTHENTICATION", "message": "… expired 75 second(s) ago."}),
        (403, {"context": {"requiredGranularScopes": ["a"]}}),
        (403, {}),
        (404, {}),
        (414, {}),
        (301, {}),
    ],
)
def test_a_permanent_failure_is_not_repeated(serve, connect, clock, status, body):
    server = serve(Reply(status, body), GOOD)
    with pytest.raises(errors.HubSpotError) as failure:
        connect(server).get("/x")
    assert failure.value.permanent
    assert failure.value.status == status
    assert len(server.asked) == 1
    assert clock.sleeps == []


def test_a_failure_that_lasts_is_raised_by_name_after_eight_attempts(serve, connect, clock):
    server = serve(Reply(500, {"message": "internal error", "correlationId": "abc"}))
    with pytest.raises(errors.ServerError, match="8 attempts, correlation id abc"):
        connect(server).get("/x")
    assert len(server.asked) == 8
    longest = [0.5, 1.25, 3.125, 7.8125, 19.53125, 48.828125, 60]
    assert all(0.7 * most <= slept <= most for slept, most in zip(clock.sleeps, longest, strict=True)), clock.sleeps


def test_patience_ends_repetition_early(serve, connect):
    server = serve(Reply(500, {}))
    with pytest.raises(errors.ServerError):
        connect(server, patience=2.0).get("/x")
    assert len(server.asked) == 3


def test_a_silent_server_is_a_lost_connection(serve, connect):
    server = serve(Reply(fault="silent"))
    with pytest.raises(errors.ConnectionLost, match="no answer in time"):
        connect(server, timeout=0.05, patience=0.0).get("/x")


def test_a_server_that_is_not_there_is_a_lost_connection(connect, serve):
    server = serve()
    server.url = "http://127.0.0.1:1"
    with pytest.raises(errors.ConnectionLost, match=r"http://127\.0\.0\.1:1 failed: Connection refused"):
        connect(server, patience=0.0).get("/x")


def test_a_base_url_without_a_scheme_is_refused_at_once():
    with pytest.raises(ValueError, match="must begin with https://"):
        Client(AccessToken(TOKEN), base_url="api.hubapi.com", budgets=Budgets.unlimited())


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}), 2.0),
        (Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "9"}), 9.0),
        (Reply(429, {"policyName": "SECONDLY"}), 1.0),
        (Reply(477, {}, {"Retry-After": "30"}), 30.0),
        (Reply(503, {}, {"Retry-After": "20"}), 20.0),
    ],
)
def test_a_wait_is_hubspots_word_or_the_policys(serve, connect, clock, reply, seconds):
    connect(serve(reply, GOOD)).get("/x")
    assert sum(clock.sleeps) == pytest.approx(seconds, abs=0.01)


def test_a_lock_is_waited_for_at_least_two_seconds(serve, connect, clock):
    connect(serve(Reply(423, {}), GOOD)).get("/x")
    assert 2.0 <= sum(clock.sleeps) <= 3.0


def test_waits_after_repeated_rate_limits_grow(serve, connect, clock):
    limited = Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"})
    connect(serve(*[limited] * 5, GOOD)).get("/x")
    assert clock.sleeps == pytest.approx([2, 4, 8, 10, 10], abs=0.01)


def test_a_long_migration_is_not_waited_for(serve, connect, clock):
    with pytest.raises(errors.Migrating, match="come back in 60 minutes"):
        connect(serve(Reply(477, {}, {"Retry-After": "3600"}), GOOD)).get("/x")
    assert clock.sleeps == []


def test_one_rate_limited_thread_makes_all_others_wait(serve, connect, clock):
    server = serve(Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}), GOOD)
    client = connect(server)
    client.budgets.pause(Budget.BURST, 5.0, clock)
    before = clock.time()
    client.get("/x")
    assert clock.time() - before == pytest.approx(7.0, abs=0.01)
    assert client.usage().seconds_waiting == pytest.approx(7.0, abs=0.01)
    assert client.usage().rate_limited == 1


def test_the_daily_limit_ends_all_requests_and_names_the_reset(serve, connect):
    details = Reply(body={"portalId": 7, "timeZone": "US/Eastern"})
    used_up = Reply(429, {"policyName": "DAILY", "message": "You have reached your daily limit."})
    server = serve(details, used_up)
    client = connect(server)
    account.account(client)
    for _ in range(2):
        with pytest.raises(errors.DailyLimitReached, match="midnight in US/Eastern") as failure:
            client.get("/x")
        assert failure.value.resets_at is not None
        assert failure.value.resets_at.hour in (4, 5)
    assert len(server.asked) == 2


def test_usage_counts_exactly_under_threads(serve, connect):
    failing = Reply(500, {})
    server = serve(*[failing, GOOD] * 10, GOOD)
    client = connect(server)
    before = client.usage()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.get("/x"), range(200)))
    assert client.usage() - before == Usage(calls=210, retries=10)
    assert len(server.asked) == 210


def test_connections_are_kept_alive(serve, connect):
    server = serve(GOOD)
    client = connect(server, connections=2)
    accepted = []
    original = server._http.get_request
    server._http.get_request = lambda: accepted.append(1) or original()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.get("/x"), range(50)))
    assert len(accepted) <= 2


def test_closing_wakes_sleepers_and_refuses_further_requests(serve, connect):
    server = serve(Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "250"}))
    client = connect(server, clock=Clock())
    ends: list[BaseException] = []

    def ask() -> None:
        try:
            client.get("/x")
        except errors.HubSpotError as error:
            ends.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert server.arrived.wait(5)
    client.close()
    for thread in threads:
        thread.join(5)
    assert [type(end) for end in ends] == [errors.ClientClosed] * 8
    with pytest.raises(errors.ClientClosed):
        client.get("/x")


def test_answers_that_arrive_after_closing_do_no_harm(serve, connect, tmp_path):
    server = serve(Reply(fault="silent", headers={"X-HubSpot-RateLimit-Max": "190"}))
    client = connect(server, budgets=Budgets.local("x", tmp_path / "limits.sqlite"), clock=Clock())
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.get, "/x")
        assert server.arrived.wait(5)
        client.close()
        server.release.set()
        assert answer.result(5).status == 200


def test_hubspots_clock_is_learned_from_answers(serve, connect, clock):
    server = serve(GOOD)
    client = connect(server)
    assert client.now().timestamp() == pytest.approx(clock.time(), abs=1e-3)
    server.date = "Sun, 22 Nov 2037 01:00:00 GMT"
    client.get("/x")
    assert client.now().strftime("%Y-%m-%d %H:%M:%S") == "2037-11-22 01:00:00"


def test_an_environment_proxy_is_used(serve, connect, monkeypatch):
    proxy = serve(GOOD)
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    server = serve()
    server.url = "http://hubspot.invalid"
    connect(server).get("/x")
    assert proxy.asked[0].target == "http://hubspot.invalid/x"


@pytest.mark.parametrize("hours", [-2, 2])
def test_the_instant_of_an_answer_is_hubspots_however_wrong_this_machines_clock_is(serve, connect, clock, hours):
    shown = datetime(2026, 11, 22, 1, 0, 0, tzinfo=UTC)
    clock.now = (shown + timedelta(hours=hours)).timestamp()
    server = serve(GOOD)
    server.date = "Sun, 22 Nov 2026 01:00:00 GMT"
    client = connect(server)
    answer = client.get("/x")
    assert shown <= answer.received_at <= shown + timedelta(seconds=1)
    assert abs(client.now() - answer.received_at) <= timedelta(seconds=1)


def test_a_request_whose_success_is_none_by_a_check_is_repeated(serve, connect):
    server = serve(GOOD, GOOD, GOOD)
    refused = [errors.PartialAnswer("Only a part."), errors.PartialAnswer("Only a part.")]

    def check(answer):
        if refused:
            raise refused.pop()

    client = connect(server)
    assert client.post("/x", {}, check=check).status == 200
    assert client.usage().retries == 2


def test_a_lasting_check_names_the_request(serve, connect):
    def check(answer):
        raise errors.PartialAnswer("Only a part.")

    with pytest.raises(errors.PartialAnswer, match=r"Only a part\. \(POST /x answered 200, 6 attempts"):
        connect(serve(GOOD)).post("/x", {}, check=check)


@pytest.mark.parametrize(
    ("reply", "attempts", "words"),
    [
        (Reply(403, b"<html><title>Denied</title></html>"), 5, "Check the proxy"),
        (Reply(488, {"correctHublet": "eu1"}), 6, "in the data center eu1"),
    ],
)
def test_what_stands_in_between_and_lasts_is_one_sentence(serve, connect, reply, attempts, words):
    server = serve(reply)
    with pytest.raises(errors.HubSpotError, match=words):
        connect(server).get("/x")
    assert len(server.asked) == attempts


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        (b"", "holds no certificates"),
        (b"not a certificate", "holds no certificates"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificates"),
        (b"\x30\x82\xff\xfe", "holds no certificates"),
    ],
)
def test_certificates_that_are_none_are_named_at_once_with_variable_and_file(
    connect, serve, clock, tmp_path, monkeypatch, variable, content, words
):
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, str(file))
    server = serve()
    server.url = server.url.replace("http://", "https://")
    with pytest.raises(errors.UnusableCertificates, match=words) as failure:
        connect(server).get("/x")
    assert failure.value.permanent
    assert f"{variable} names {file}" in str(failure.value)
    assert clock.sleeps == []


def test_good_certificates_and_connections_without_tls_are_left_alone(serve, connect, tmp_path, monkeypatch):
    import certifi

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    assert problem("https://api.hubapi.com") is None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert problem("https://api.hubapi.com") is None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert connect(serve(GOOD)).get("/x").status == 200


@pytest.mark.parametrize("proxy", ["http://me:hid/den@proxy:8080", "http://me:hid[den@proxy:8080", "me:hidden@:x"])
def test_a_malformed_proxy_is_named_without_its_password(serve, connect, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    server = serve()
    server.url = "http://hubspot.invalid"
    with pytest.raises((errors.ConnectionLost, ValueError)) as failure:
        connect(server, patience=0.0).get("/x")
    assert "hid" not in str(failure.value)
