"""SYNCS: one row per sync, kept beside the data and written in the same transactions."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import pyarrow as pa

from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.source import Mode, Target, Work
from hubspot_assets.warehouse.base import Counts, Table

_INSTANT = pa.timestamp("us")

CRITERIA = "criteria"
"""Key of PROGRESS: by which values of the settings the table is read (unfinished), or complete (finished)."""

SYNCS = Table(
    name="SYNCS",
    schema=pa.schema(
        [
            ("SYNCID", pa.string()),
            ("TABLENAME", pa.string()),
            ("OBJECTTYPEID", pa.string()),
            ("RECORDS", pa.string()),
            ("WINDOWSTART", _INSTANT),
            ("WINDOWEND", _INSTANT),
            ("COVEREDUNTIL", _INSTANT),
            ("MODE", pa.string()),
            ("STRATEGY", pa.string()),
            ("ROWSREAD", pa.int64()),
            ("ROWSINSERTED", pa.int64()),
            ("ROWSUPDATED", pa.int64()),
            ("ROWSUNCHANGED", pa.int64()),
            ("ROWSREMOVED", pa.int64()),
            ("ROWSUNPARSED", pa.int64()),
            ("APICALLS", pa.int64()),
            ("RATELIMITED", pa.int64()),
            ("STARTEDAT", _INSTANT),
            ("FINISHEDAT", _INSTANT),
            ("RUNID", pa.string()),
            ("PROGRESS", pa.string()),
        ]
    ),
    key=("SYNCID",),
    comment=(
        "What each sync of HubSpot did, and where the next one goes on: one row per materialization that wrote "
        "something. Drop a table and its next sync loads it afresh."
    ),
)
"""FINISHEDAT is NULL until a sync has finished; meanwhile PROGRESS says what is still outstanding."""


@dataclass(frozen=True, slots=True)
class SyncRow:
    """The row of one sync, written at every commit anew. Times are aware, UTC, by HubSpot's clock.

    Attributes:
        sync_id: Its id.
        target: The table and slice.
        window: The span of changes it reads.
        mode: Why it reads.
        strategy: How it reads.
        started_at: When it began.
        run_id: Who launched it.
        covered_until: What the table covers once it has finished.
        rows_read: Things read from HubSpot, each counted once.
        counts: What its writes to the target's table did.
        rows_unparsed: Rows with values that did not fit their column.
        api_calls: Requests made, retries included.
        rate_limited: Answers 429 among them.
        finished_at: When it finished.
        progress: What the next sync needs to go on (unfinished), or to know (finished); None for nothing.
    """

    sync_id: str
    target: Target
    window: Window
    mode: Mode
    strategy: str
    started_at: datetime
    run_id: str
    covered_until: datetime | None = None
    rows_read: int = 0
    counts: Counts = field(default_factory=Counts)
    rows_unparsed: int = 0
    api_calls: int = 0
    rate_limited: int = 0
    finished_at: datetime | None = None
    progress: Mapping[str, Any] | None = None

    def counting(self, counts: Counts) -> Self:
        """Return the row with the counts of one more commit."""
        return replace(
            self,
            counts=Counts(
                inserted=self.counts.inserted + counts.inserted,
                updated=self.counts.updated + counts.updated,
                unchanged=self.counts.unchanged + counts.unchanged,
                removed=self.counts.removed + counts.removed,
            ),
        )

    def to_arrow(self) -> pa.Table:
        """Return it as one row of SYNCS."""
        row = {
            "SYNCID": self.sync_id,
            "TABLENAME": self.target.table,
            "OBJECTTYPEID": self.target.object_type_id,
            "RECORDS": self.target.slice,
            "WINDOWSTART": naive(self.window.after),
            "WINDOWEND": naive(self.window.before),
            "COVEREDUNTIL": naive(self.covered_until) if self.finished_at is not None else None,
            "MODE": self.mode.value,
            "STRATEGY": self.strategy,
            "ROWSREAD": self.rows_read,
            "ROWSINSERTED": self.counts.inserted,
            "ROWSUPDATED": self.counts.updated,
            "ROWSUNCHANGED": self.counts.unchanged,
            "ROWSREMOVED": self.counts.removed,
            "ROWSUNPARSED": self.rows_unparsed,
            "APICALLS": self.api_calls,
            "RATELIMITED": self.rate_limited,
            "STARTEDAT": naive(self.started_at),
            "FINISHEDAT": naive(self.finished_at),
            "RUNID": self.run_id,
            "PROGRESS": json.dumps(dict(self.progress)) if self.progress is not None else None,
        }
        return pa.Table.from_pylist([row], schema=SYNCS.schema)


def progress_of(work: Work, rows_read: int) -> dict[str, Any]:
    """Return what a later sync needs to go on with some work; `state.py` reads it back."""
    return {
        "rows_read": work.rows_before + rows_read,
        "outstanding": work.outstanding.to_json(),
        "sync_ids": list(work.sync_ids),
        "began_at": work.began_at.isoformat(),
        "notes": dict(work.notes) if work.notes is not None else None,
        CRITERIA: dict(work.criteria),
    }


def naive(instant: datetime | None) -> datetime | None:
    """Return an instant as the warehouse stores it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant is not None else None


def aware(instant: datetime | None) -> datetime | None:
    """Return a stored instant with its zone."""
    return instant.replace(tzinfo=UTC) if instant is not None else None
