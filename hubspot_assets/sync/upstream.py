"""What changed in the tables that another one follows, since that one was last brought into line.

Associations, histories and the like do not move a record's last-modified, or cost too much to read whole. So what
changed in the warehouse decides what is read again: every row carries the id of the sync that wrote it, and SYNCS
tells which syncs have written since. The follower notes which of them it has taken in, since a sync may commit for
a while after it was seen first, and its commit may be seen late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hubspot_assets.sync.state import State
from hubspot_assets.sync.syncs import SYNCS, naive
from hubspot_assets.warehouse.base import Filters, Warehouse

_WRITTEN = ("ROWSINSERTED", "ROWSUPDATED", "ROWSREMOVED")

LATE = timedelta(hours=1)
"""A commit is seen at most this long after the instant that it bears."""
UNSEEN = timedelta(days=1)
"""A sync makes its first commit at most this long after its beginning; before that, nobody can see it."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The syncs of some tables that a follower has not taken in yet.

    Attributes:
        new: Their ids, by table.
        notes: What the follower is to keep as its notes once it has taken them in.
    """

    new: Mapping[str, Sequence[str]]
    notes: dict[str, Any]

    def __bool__(self) -> bool:
        return any(self.new.values())


def upstream_of(warehouse: Warehouse, tables: Sequence[str], state: State) -> Upstream:
    """Tell which syncs of some tables a follower has not taken in.

    Args:
        warehouse: Where they are.
        tables: The tables that it follows.
        state: Its own state; its notes are those of the last call that it acted on.
    """
    since = state.covered_until - LATE if state.covered_until is not None else None
    taken: Mapping[str, int] = (state.notes or {}).get("taken", {})
    rows = _syncs(warehouse, tables, since, taken)
    new: dict[str, list[str]] = {table: [] for table in tables}
    for row in rows:
        if _written(row) > taken.get(row["SYNCID"], 0):
            new[row["TABLENAME"]].append(row["SYNCID"])
    return Upstream(new, {"taken": {row["SYNCID"]: _written(row) for row in rows if _may_come_again(row, rows, since)}})


def _syncs(
    warehouse: Warehouse, tables: Sequence[str], since: datetime | None, taken: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The syncs that may have written since, and those that had not finished when they were last seen."""
    stored = warehouse.schema(SYNCS.name)
    if stored is None or not set(_WRITTEN) <= set(stored.names):
        # SYNCS of earlier versions; the next sync of records brings the columns.
        return []
    columns = ["SYNCID", "TABLENAME", "STARTEDAT", "FINISHEDAT", *_WRITTEN]
    of_tables: Filters = (("TABLENAME", "in", list(tables)),)
    parts: list[Filters] = [(*of_tables, ("FINISHEDAT", ">=", naive(since)))] if since else [of_tables]
    if since:
        parts.append((*of_tables, ("FINISHEDAT", "is null", None), ("STARTEDAT", ">=", naive(since - UNSEEN))))
        parts.append((*of_tables, ("SYNCID", "in", list(taken))))
    with warehouse.reading():
        found = [row for part in parts for row in warehouse.read(SYNCS.name, columns, part).to_pylist()]
    return list({row["SYNCID"]: row for row in found}.values())


def _written(row: Mapping[str, Any]) -> int:
    """How many rows a sync has written so far; those that it found just so are no news."""
    return sum(row[column] or 0 for column in _WRITTEN)


def _may_come_again(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], since: datetime | None) -> bool:
    """Whether a later call may meet this sync, so that it must be known as taken in."""
    if since is None:
        return True
    if row["FINISHEDAT"] is not None:
        return row["FINISHEDAT"] >= naive(since)
    # One that never finished, before one of its table that did, is dead.
    return row["STARTEDAT"] >= naive(since - UNSEEN) or not any(
        other["FINISHEDAT"] is not None
        and other["TABLENAME"] == row["TABLENAME"]
        and other["STARTEDAT"] > row["STARTEDAT"]
        for other in rows
    )
