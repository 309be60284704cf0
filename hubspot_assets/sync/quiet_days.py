"""Days without a row among busy ones: a sign that a sender, or a launch, has failed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median

WEEKS = 8
"""How far back is looked."""
BUSY = 20
"""Rows of a day from which on it would be odd to have none."""


def quiet_days(rows: Mapping[date, int], last: date) -> Sequence[date]:
    """Return the days without rows whose weekday is otherwise busy: nobody visits a shop for builders on Sundays.

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
    return median([rows.get(each, 0) for each in around if first <= each <= last] or [0])
