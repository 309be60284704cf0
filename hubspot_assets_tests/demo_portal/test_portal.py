import json
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from hubspot_assets.demo_portal.control import Portal, PortalProblem

CONTACTS = "/crm/objects/2026-09/contacts"


@pytest.fixture(scope="module")
def shared():
    with Portal.start(sizes={"contacts": 120, "deals": 10}) as portal:
        yield portal


@pytest.fixture
def portal(shared: Portal):
    yield shared
    shared.faults([])
    shared.latency(0)


def get(portal: Portal, path: str = CONTACTS, timeout: float = 10, **query: object) -> requests.Response:
    headers = {"Authorization": f"Bearer {portal.token}"}
    return requests.get(portal.url + path, params=query, headers=headers, timeout=timeout)  # type: ignore[arg-type]


def refuses_connections(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return True
    return False


def test_a_portal_answers_over_http_and_ends_with_its_block():
    with Portal.start(sizes={"contacts": 3}) as portal:
        assert get(portal).status_code == 200
        assert Portal.at(portal.url).token == portal.token
    assert refuses_connections(portal.url)


def test_a_portal_ends_with_its_parent_even_when_that_is_killed():
    script = """
        import time
        from hubspot_assets.demo_portal.control import Portal
        print(Portal.start(sizes={"contacts": 3}).url, flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        url = parent.stdout.readline().strip()
        assert requests.get(f"{url}/__portal/about", timeout=10).status_code == 200
        parent.kill()
        parent.wait()
    deadline = time.monotonic() + 10
    while not refuses_connections(url):
        assert time.monotonic() < deadline, "the portal outlived its parent"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sizes": {"cats": 1}}, "The portal has no object type 'cats'"),
        ({"now": "soon"}, "`now` is an ISO 8601 instant"),
        ({"limits": {"brust": 1}}, "brust"),
    ],
)
def test_a_portal_that_cannot_start_says_why(options: dict, message: str):
    with pytest.raises(PortalProblem, match=message):
        Portal.start(**options)


def test_a_taken_port_is_named(portal: Portal):
    port = int(portal.url.rpartition(":")[2])
    with pytest.raises(PortalProblem, match=f"cannot listen on port {port}"):
        Portal.start(port=port, sizes={})


def test_the_handle_does_to_records_what_its_methods_say(portal: Portal):
    ids = portal.ids("contacts")
    assert portal.change("contacts", {"city": "Lima"}, ids=ids[:3]) == 3
    portal.archive("contacts", ids[3:5])
    portal.restore("contacts", ids[4:5])
    portal.purge("contacts", ids[5:6])
    assert portal.merge("contacts", ids[6], [ids[7]]) == ids[6]
    created = portal.create("contacts", {"city": "Lima"})
    assert portal.create_many("contacts", [{}, {}])[0] > created
    portal.create_property("contacts", "shoe_size", "number", values={ids[0]: "42"})
    portal.retype_property("contacts", "loyalty_number", "string", values={ids[0]: "A-1"})
    portal.archive_property("contacts", "order")
    truth = portal.truth("contacts")
    assert [truth.live[each].properties["city"] for each in (*ids[:3], created)] == ["Lima"] * 4
    assert truth.live[ids[0]].properties["shoe_size"] == "42"
    assert truth.live[ids[0]].properties["loyalty_number"] == "A-1"
    assert all("order" not in record.properties for record in truth.live.values())
    assert ids[3] in truth.archived
    assert ids[4] in truth.live
    assert ids[5] in truth.purged
    assert truth.merged[ids[7]] == ids[6]
    with pytest.raises(PortalProblem, match="There is no live record 4 among contacts"):
        portal.archive("contacts", [4])
    with pytest.raises(PortalProblem, match="no object type 'cats'"):
        portal.truth("cats")


def test_the_truth_is_what_the_api_shows(portal: Portal):
    names = sorted({name for record in portal.truth("deals").live.values() for name in record.properties})
    shown = get(portal, "/crm/objects/2026-09/deals", limit=100, properties=",".join(names)).json()["results"]
    truth = portal.truth("deals").live
    assert len(shown) == len(truth)
    for record in shown:
        assert {name: value for name, value in record["properties"].items() if value is not None} == truth[
            int(record["id"])
        ].properties


def test_the_date_header_is_the_portals_clock(portal: Portal):
    now = portal.advance(timedelta(days=30))
    assert get(portal).headers["Date"] == now.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert portal.now() - now < timedelta(seconds=5)


def test_what_was_requested_can_be_read(portal: Portal):
    portal.clear_requests()
    get(portal, limit=7)
    get(portal, "/crm/objects/2026-09/butterflies")
    logged = portal.requests("contacts")
    assert [(each["method"], each["query"], each["status"], each["rows"]) for each in logged] == [
        ("GET", "limit=7", 200, 7)
    ]
    assert portal.summary()["by_bucket"] == {"burst": {"200": 1, "400": 1}}
    assert portal.summary()["total"] == 2


def test_latency_holds_no_other_request_up(portal: Portal):
    portal.latency(0.3)
    portal.clear_requests()
    started = time.monotonic()
    with ThreadPoolExecutor(20) as threads:
        assert {reply.status_code for reply in threads.map(lambda _: get(portal), range(20))} == {200}
    seconds = time.monotonic() - started
    assert seconds >= 0.3
    assert portal.summary()["most_in_flight"] > 10, "requests waited for each other"


def test_a_reset_connection_and_a_hanging_one_end_without_an_answer(portal: Portal):
    portal.clear_requests()
    for rule in ({"kind": "reset"}, {"kind": "hang", "seconds": 0.2}):
        portal.faults([rule])
        with pytest.raises(requests.ConnectionError):
            get(portal)
    portal.faults([{"kind": "hang", "seconds": 5}])
    with pytest.raises(requests.ReadTimeout):
        get(portal, timeout=0.2)
    portal.faults([])
    assert get(portal).status_code == 200
    assert portal.summary()["by_bucket"]["burst"]["0"] >= 2


def test_a_dropped_body_ends_before_its_announced_length(portal: Portal):
    portal.faults([{"kind": "dropped"}])
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        get(portal)


def test_a_slow_body_arrives_whole_in_pieces(portal: Portal):
    whole = get(portal).content
    portal.faults([{"kind": "slow", "seconds": 0.2}])
    started = time.monotonic()
    assert get(portal).content == whole
    assert time.monotonic() - started >= 0.2


def test_answers_survive_connections_that_were_reset_before(portal: Portal):
    portal.faults([{"kind": "reset", "every": 2}])
    outcomes = []
    for _ in range(6):
        try:
            outcomes.append(get(portal).status_code)
        except requests.ConnectionError:
            outcomes.append(0)
    assert outcomes == [200, 0] * 3


def test_serving_in_the_foreground_prints_the_settings_a_sync_needs():
    command = "from hubspot_assets.demo_portal.server import serve; serve(port=0, scale=0.01)"
    process = subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        greeting = process.stdout.readline()
        settings = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        portal = Portal.at(settings["HUBSPOT_BASE_URL"])
        assert portal.token == settings["HUBSPOT_ACCESS_TOKEN"]
        assert "X-HubSpot-RateLimit-Max" in get(portal).headers
        assert "records is ready" in greeting
        assert json.loads(get(portal).content)["results"]
        process.terminate()
        assert process.wait(timeout=10) is not None
