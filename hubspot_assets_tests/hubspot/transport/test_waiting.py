"""What a client says while it waits, and what one of its requests finds out for the others."""

import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport import errors, silence
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.conftest import FakeClock
from hubspot_assets_tests.hubspot.scripted_server import Reply

GOOD = Reply(body={"results": [{"id": "1"}]})


def lost(connect, serve, **options) -> Client:
    server = serve()
    server.url = "http://127.0.0.1:1"
    return connect(server, **options)


def test_what_one_request_found_out_about_the_connection_the_later_ones_do_not_find_out_anew(serve, connect, clock):
    client = lost(connect, serve)
    with pytest.raises(errors.ConnectionLost, match="8 attempts"):
        client.get("/x")
    slept = list(clock.sleeps)
    for _ in range(3):
        with pytest.raises(errors.ConnectionLost):
            client.get("/y")
    assert clock.sleeps == slept
    assert client.usage().calls == 8 + 3


def test_what_one_process_found_out_others_believe_for_a_while_and_until_they_are_answered(serve, connect, tmp_path):
    """As the steps of a run that have processes of their own: they share the file of the limits."""

    def budgets() -> Budgets:
        return Budgets.local("fingerprint", tmp_path / "limits.sqlite")

    def one_that_is_answered(*script: Reply) -> Client:
        return connect(serve(*script), budgets=budgets())

    earlier = one_that_is_answered(GOOD, Reply(fault="reset"), GOOD)
    assert earlier.get("/x").status == 200
    for attempts in (8, 1, 1):
        with pytest.raises(errors.ConnectionLost) as lost_:
            lost(connect, serve, budgets=budgets()).get("/x")
        assert lost_.value.attempts == attempts
    # Whoever was answered itself knows better, and so does whoever is answered now.
    assert earlier.get("/x").status == 200
    assert one_that_is_answered(GOOD, Reply(fault="reset"), GOOD).get("/x").status == 200
    later = one_that_is_answered(GOOD, Reply(fault="reset"), GOOD)
    assert [later.get("/x").status for _ in range(2)] == [200, 200]


def test_patience_comes_back_with_the_first_answer(serve, connect, clock):
    server = serve(*[Reply(fault="reset")] * 9, GOOD, Reply(fault="reset"), GOOD)
    client = connect(server)
    for _ in range(2):
        with pytest.raises(errors.ConnectionLost):
            client.get("/x")
    assert len(server.asked) == 9
    assert client.get("/x").status == 200
    assert client.get("/x").status == 200
    assert len(server.asked) == 12


def test_a_connection_that_others_have_is_not_given_up_for_all(serve, connect):
    server = serve(**{"/bad": Reply(fault="reset"), "/good": GOOD})
    client = connect(server)

    with ThreadPoolExecutor(1) as pool:
        bad = pool.submit(client.get, "/bad")
        while not bad.done():
            client.get("/good")
        with pytest.raises(errors.ConnectionLost):
            bad.result()
    with pytest.raises(errors.ConnectionLost, match="8 attempts"):
        client.get("/bad")


def test_a_token_that_is_gone_costs_each_later_request_one_attempt(serve, connect, clock):
    server = serve(Reply(401, {"category": "INVALID_AUTHENTICATION"}))
    client = connect(server)
    for _ in range(3):
        with pytest.raises(errors.InvalidToken):
            client.get("/x")
    assert (len(server.asked), clock.sleeps) == (3, [])


def test_a_long_wait_says_what_for_and_until_when_once(serve, connect, caplog):
    caplog.set_level(logging.INFO, "hubspot_assets")
    with pytest.raises(errors.ServerError):
        connect(serve(Reply(503, {"message": "down for a moment"}))).get("/x")
    lines = [record.getMessage() for record in caplog.records]
    assert 3 <= len(lines) <= 5
    assert all("down for a moment" in line and " UTC, at most 8 times, and gives up at " in line for line in lines)


def test_who_waits_until_patience_ends_says_no_later_time_for_the_next_request(serve, connect, caplog):
    caplog.set_level(logging.INFO, "hubspot_assets")
    for patience in (10, 30, 90):
        with pytest.raises(errors.ServerError):
            connect(serve(Reply(503, {"message": "down"})), patience=patience).get("/x")
    said = [re.findall(r"(\d\d:\d\d:\d\d) UTC", record.getMessage()) for record in caplog.records]
    assert len(said) >= 3
    # To the second, and perhaps past midnight.
    assert all((clock_seconds(end) - clock_seconds(again)) % 86_400 <= 90 for again, end in said)


def clock_seconds(said: str) -> int:
    hours, minutes, seconds = map(int, said.split(":"))
    return hours * 3_600 + minutes * 60 + seconds


def test_a_short_wait_is_not_worth_a_line(serve, connect, caplog):
    caplog.set_level(logging.INFO, "hubspot_assets")
    connect(serve(Reply(503, {}), Reply(503, {}), GOOD)).get("/x")
    assert caplog.records == []


def test_many_threads_that_wait_for_the_same_say_so_once(serve, connect, caplog):
    all_wait = threading.Barrier(8)

    class AtOnce(FakeClock):
        """Threads that wait at the same time, not one after the other."""

        def sleep(self, seconds: float) -> None:
            all_wait.wait(timeout=20)

    caplog.set_level(logging.INFO, "hubspot_assets")
    client = connect(serve(*[Reply(503, {}, {"Retry-After": "30"})] * 8, GOOD), clock=AtOnce())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.get("/x"), range(8)))
    assert len(caplog.records) == 1


def test_a_pause_of_a_rate_limit_says_until_when(serve, connect, caplog):
    caplog.set_level(logging.INFO, "hubspot_assets")
    connect(serve(Reply(429, {"policyName": "TEN_SECONDLY_ROLLING"}, {"Retry-After": "9"}), GOOD)).get("/x")
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "rate limit was reached; no request is sent before" in caplog.text


def test_a_hubspot_that_takes_requests_and_stays_silent_is_told_of_once(serve, connect, caplog, monkeypatch):
    monkeypatch.setattr(silence, "LONG", 0.2)
    caplog.set_level(logging.INFO, "hubspot_assets")
    server = serve(**{"/silent": Reply(fault="silent"), "/good": GOOD})
    client = connect(server)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(client.get, f"/silent/{number}") for number in range(8)]
        while not caplog.records:
            client.get("/good")
        time.sleep(1)
        server.release.set()
        assert [each.result().status for each in asked] == [200] * 8
    [line] = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(
        r"HubSpot has not answered /silent/\d \(and \d more\) for 0 s; waits until .+ UTC at most\.", line
    )


def test_requests_that_are_answered_are_not_looked_after(serve, connect, caplog, monkeypatch):
    monkeypatch.setattr(silence, "LONG", 0.05)
    caplog.set_level(logging.INFO, "hubspot_assets")
    client = connect(serve(GOOD))
    client.get("/x")
    time.sleep(0.2)
    assert caplog.records == []
