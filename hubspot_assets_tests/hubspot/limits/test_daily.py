from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from requests.structures import CaseInsensitiveDict

from hubspot_assets.hubspot.limits.daily import DailyPool
from hubspot_assets.hubspot.transport.errors import DailyLimitReached

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def told(remaining: object, limit: object = 1000) -> CaseInsensitiveDict[str]:
    headers = {"X-HubSpot-RateLimit-Daily": str(limit), "X-HubSpot-RateLimit-Daily-Remaining": str(remaining)}
    return CaseInsensitiveDict(headers)


def test_requests_end_where_the_reserve_begins():
    pool = DailyPool(reserve=0.10)
    pool.learn(told(103), NOON)
    for _ in range(3):
        pool.spend(NOON)
    with pytest.raises(DailyLimitReached, match=r"Of the HubSpot account's 1,000 requests of today 100 are left"):
        pool.spend(NOON)


def test_answers_correct_the_count():
    pool = DailyPool(reserve=0.10)
    pool.learn(told(101), NOON)
    pool.spend(NOON)
    pool.learn(told(500), NOON)
    pool.spend(NOON)


def test_answers_without_the_headers_teach_nothing():
    pool = DailyPool()
    pool.learn(CaseInsensitiveDict({}), NOON)
    pool.learn(told("many"), NOON)
    for _ in range(1000):
        pool.spend(NOON)


def test_an_old_figure_is_asked_for_again_by_one_and_meanwhile_still_counts():
    pool = DailyPool()
    pool.learn(told(101), NOON)
    assert not pool.is_due(NOON + 299)
    pool.spend(NOON + 299)
    assert pool.is_due(NOON + 301)
    assert not pool.is_due(NOON + 301)
    with pytest.raises(DailyLimitReached):
        pool.spend(NOON + 100_000)
    pool.learn(told(1000), NOON + 302)
    pool.spend(NOON + 303)


def test_a_pool_that_was_never_told_is_asked_for_only_after_a_while():
    pool = DailyPool()
    assert not pool.is_due(NOON)
    assert not pool.is_due(NOON + 299)
    assert pool.is_due(NOON + 301)


def test_a_clock_that_was_set_back_does_not_keep_an_old_figure_for_hours():
    pool = DailyPool()
    pool.learn(told(0), NOON)
    assert pool.is_due(NOON - 7200)


def test_without_a_reserve_hubspot_is_never_asked():
    pool = DailyPool(reserve=0.0)
    pool.learn(told(500), NOON)
    assert not pool.is_due(NOON + 10_000)


@pytest.mark.parametrize(
    ("now", "zone", "reset"),
    [
        ("2026-11-22T12:00", "US/Eastern", "2026-11-23T05:00"),
        ("2026-11-22T04:59", "US/Eastern", "2026-11-22T05:00"),
        ("2026-11-22T05:00", "US/Eastern", "2026-11-23T05:00"),
        ("2026-03-08T06:00", "US/Eastern", "2026-03-09T04:00"),
        ("2026-11-22T23:30", "Asia/Tokyo", "2026-11-23T15:00"),
    ],
)
def test_a_new_day_begins_at_the_accounts_midnight(now, zone, reset):
    pool = DailyPool()
    assert pool.resets_at(NOON) is None
    pool.time_zone = ZoneInfo(zone)
    seconds = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    assert pool.resets_at(seconds) == datetime.fromisoformat(reset).replace(tzinfo=UTC)


def test_the_error_names_the_reset():
    pool = DailyPool()
    pool.time_zone = ZoneInfo("US/Eastern")
    pool.learn(told(50), NOON)
    with pytest.raises(DailyLimitReached, match="from 2026-11-23 05:00 UTC, midnight in US/Eastern") as reached:
        pool.spend(NOON)
    assert reached.value.resets_at == datetime(2026, 11, 23, 5, tzinfo=UTC)
