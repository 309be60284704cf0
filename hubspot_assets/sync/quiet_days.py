"""Days without a row among busy ones: a sign that a sender, or a launch, has failed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median

from hubspot_assets.sync.finding import Finding
from hubspot_assets.warehouse.base import Warehouse

WEEKS = 8
"""How far back is looked."""
LEAST_WEEKS = 2
"""Other weeks that it takes to know what is usual."""
BUSY = 20
"""Rows of a day from which on it would be odd to have none."""


def look_for_quiet_days(warehouse: Warehouse, table: str, column: str, today: date) -> Finding:
    """Look whether recent days lack rows.

    Args:
        warehouse: Where the table is.
        table: Its name.
        column: The column that tells the day of a row.
        today: The first day that is not over.
    """
    last = today - timedelta(days=1)
    since = datetime.combine(last - timedelta(weeks=WEEKS), time.min)
    rows: Mapping[date, int] = {}
    if warehouse.count(table):
        rows = warehouse.count_by_day(table, column, ((column, ">=", since),))
    quiet = quiet_days(rows, last)
    if not quiet:
        return Finding(True, "No busy day lacks rows.", {"quiet_days": 0})
    days = ", ".join(f"{each}" for each in quiet)
    return Finding(
        False,
        f"Nothing happened on {days}, though the same day of other weeks is busy. Materialize these days; if nothing "
        "comes, what sends the events was down.",
        {"quiet_days": len(quiet)},
    )


def quiet_days(rows: Mapping[date, int], last: date) -> Sequence[date]:
    """Return the days without rows whose weekday is otherwise busy: offices are silent on every Sunday.

    Args:
        rows: Rows by day; days without rows may be left out.
        last: The last day that is over.
    """
    if not rows:
        return []
    first = max(min(rows), last - timedelta(weeks=WEEKS))
    return [
        day
        for day in (first + timedelta(days=number) for number in range((last - first).days + 1))
        if not rows.get(day) and _usual(rows, day, first, last) >= BUSY
    ]


def _usual(rows: Mapping[date, int], day: date, first: date, last: date) -> float:
    """How many rows the same day of the weeks around has."""
    around = [day + timedelta(weeks=weeks) for weeks in range(-WEEKS, WEEKS + 1) if weeks]
    known = [rows.get(each, 0) for each in around if first <= each <= last]
    return median(known) if len(known) >= LEAST_WEEKS else 0
