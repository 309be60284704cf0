"""A day without a row is odd where the same day of other weeks is busy, and only there."""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from hubspot_assets.sync.quiet_days import look_for_quiet_days, quiet_days
from hubspot_assets.tables.events import EventTable
from hubspot_assets.warehouse.base import Merge

LAST = date(2026, 11, 26)
EIGHT_WEEKS = [LAST - timedelta(days=number) for number in range(8 * 7 + 1)]


def busy(*but: date, rows: int = 50, on_sundays: int = 50) -> dict[date, int]:
    return {day: on_sundays if day.weekday() == 6 else rows for day in EIGHT_WEEKS if day not in but}


@pytest.mark.parametrize(
    ("rows", "quiet"),
    [
        ({}, []),
        (busy(), []),
        (busy(LAST, EIGHT_WEEKS[20]), [EIGHT_WEEKS[20], LAST]),
        (busy(on_sundays=0), []),
        (busy(LAST, rows=3), []),
        ({LAST: 50}, []),
        # What began lately, or ended for good, is no gap.
        (dict.fromkeys(EIGHT_WEEKS[:10], 50), []),
        (dict.fromkeys(EIGHT_WEEKS[8:10], 50), []),
    ],
)
def test_days_without_rows_among_busy_ones_are_found(rows, quiet) -> None:
    assert quiet_days(rows, LAST) == quiet


def test_a_table_is_looked_at_and_one_that_is_not_there_is_fine(warehouse) -> None:
    today = LAST + timedelta(days=1)
    assert look_for_quiet_days(warehouse, "EVENTS_CALL_STARTED", "OCCURREDAT", today).holds
    table = EventTable.of("e_call_started", "EVENTS_CALL_STARTED", ()).table
    instants = [
        datetime(day.year, day.month, day.day, 12) for day in EIGHT_WEEKS if day != EIGHT_WEEKS[3] for _ in range(25)
    ]
    rows = pa.table({"ID": [f"{number}" for number in range(len(instants))], "OCCURREDAT": instants})
    warehouse.ensure(table)
    warehouse.commit(Merge(table, rows))
    found = look_for_quiet_days(warehouse, table.name, "OCCURREDAT", today)
    assert not found.holds
    assert not found.severe
    assert f"{EIGHT_WEEKS[3]}" in found.sentence
