from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from hubspot_assets_tests.benchmarks.peers.judge import judge, same


def record(id_: int, **properties: str) -> dict:
    return {"id": id_, "state": "live", "properties": properties}


def test_rows_that_equal_the_truth_are_right() -> None:
    truth = [record(1, city="Rome"), record(2), {"id": 3, "state": "archived", "properties": {}}]
    verdict = judge([(1, {"city": "Rome"}), (2, {"city": None})], truth, ["city"])
    assert verdict.right
    assert verdict.records == 2


def test_missing_duplicated_wrong_and_invented_rows_are_told_apart() -> None:
    truth = [record(each, city="Rome") for each in (1, 2, 3)]
    rows = [(1, {"city": "Rome"}), (1, {"city": "Rome"}), (2, {"city": "Oslo"}), (9, {"city": "Rome"})]
    verdict = judge(rows, truth, ["city"])
    assert (set(verdict.missing), verdict.duplicated, set(verdict.wrong)) == ({3}, 1, {2, 9})
    assert "record 2: city is 'Oslo', not 'Rome'" in verdict.example


def test_properties_that_do_not_count_and_excused_records_are_not_looked_at() -> None:
    truth = [record(1, city="Rome", secret="x"), record(2, city="Rome")]
    assert judge([(1, {"city": "Rome"})], truth, ["city"], excused=[2]).right


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (None, ""),
        ("", None),
        ("Rome", "Rome"),
        (True, "true"),
        (1500.5, "1500.50"),
        (Decimal("7.0000000000"), "7"),
        (date(2026, 11, 27), "2026-11-27"),
        (datetime(2026, 11, 27, 8, tzinfo=UTC), "2026-11-27T08:00:00.000Z"),
        (datetime(2026, 11, 27, 8), "1795766400000"),
        (datetime(2026, 11, 27, 9, tzinfo=timezone(timedelta(hours=1))), "2026-11-27T08:00:00Z"),
    ],
)
def test_a_value_may_have_any_type_that_keeps_what_hubspot_says(value: object, text: str | None) -> None:
    assert same(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Rome"),
        ("Rome", None),
        ("rome", "Rome"),
        (False, "true"),
        (1, "one"),
        (1500.0, "1500.50"),
        (datetime(2026, 11, 27, 8), "soon"),
        (date(2026, 11, 27), "2026-11-28"),
        ([1], "1"),
    ],
)
def test_another_value_is_wrong(value: object, text: str | None) -> None:
    assert not same(value, text)
