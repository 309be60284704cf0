from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from hubspot_assets.hubspot.transport.server_clock import ServerClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def learn(clock: ServerClock, server: float, sent_at: float, received_at: float) -> None:
    """As if HubSpot's clock showed `server`, cut to the second."""
    clock.learn(format_datetime(datetime.fromtimestamp(int(server), UTC), usegmt=True), sent_at, received_at)


def test_clocks_that_may_agree_are_left_alone():
    clock = ServerClock()
    for second in range(20):
        now = NOON + second * 0.37
        learn(clock, now + 0.1, now, now + 0.2)
    assert clock.offset == 0.0


@pytest.mark.parametrize("ahead", [-7200.0, -3.4, 5.25, 86_400.0])
def test_a_difference_is_found_to_a_fraction_of_a_second(ahead):
    clock = ServerClock()
    for second in range(20):
        now = NOON + second * 0.37
        learn(clock, now + 0.1 + ahead, now, now + 0.2)
    assert clock.offset == pytest.approx(ahead, abs=0.2)


def test_a_clock_that_was_set_is_followed():
    clock = ServerClock()
    learn(clock, NOON, NOON, NOON)
    learn(clock, NOON + 3600, NOON + 1, NOON + 1)
    assert clock.offset == pytest.approx(3599, abs=1)


@pytest.mark.parametrize("ahead", [-7200.0, 0.0, 7200.0])
def test_the_instant_of_an_answer_is_between_its_request_and_its_arrival_and_near_its_date(ahead):
    clock = ServerClock()
    for second in range(20):
        now = NOON + second * 0.37
        learn(clock, now + 0.1 + ahead, now, now + 0.2)
    # Half a minute of transfer; by this machine's clock the answer was written at NOON + 20.
    date = format_datetime(datetime.fromtimestamp(NOON + 20 + ahead, UTC), usegmt=True)
    slow = clock.answered_at(date, NOON + 19, NOON + 50).timestamp()
    assert NOON + 20 + ahead <= slow <= NOON + 21 + ahead
    undated = clock.answered_at(None, NOON + 19, NOON + 50).timestamp()
    assert undated == pytest.approx(NOON + 50 + ahead, abs=0.2)
    mistaken = clock.answered_at("Sun, 22 Nov 2037 01:00:00 GMT", NOON + 19, NOON + 50).timestamp()
    assert mistaken == undated


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026-11-22"])
def test_an_illegible_date_teaches_nothing(date):
    clock = ServerClock()
    clock.learn(date, 0.0, 0.0)
    assert clock.offset == 0.0
