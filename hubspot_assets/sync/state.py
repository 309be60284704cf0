"""What the warehouse remembers of earlier syncs of one table: the covered instant, and reads cut short."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.plan import Strategy
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.records.request import Mode, Records
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Filters, Warehouse


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A sync that committed something and then died.

    Attributes:
        mode: why it read.
        window: what it read; its end is the instant that its rows cover once the rest is read.
        strategy: how it read.
        rows_read: how many rows it and those before it committed.
        outstanding: the id ranges it had not read.
        sync_ids: the syncs that read the rest of it, the first first.
        began_at: when the first of them began, by this machine's clock.
    """

    mode: Mode
    window: Window
    strategy: Strategy
    rows_read: int
    outstanding: Outstanding
    sync_ids: tuple[str, ...]
    began_at: datetime


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where the syncs of one slice of a table stand.

    Attributes:
        covered_until: every change up to here is in the table; None where no sync has finished.
        interrupted: a read that the next sync of its kind goes on with.
        unfinished: ids of all syncs of the slice that never finished.
        rows: how many rows the slice has.
        rows_in_table: how many rows the whole table has.
    """

    covered_until: datetime | None
    interrupted: Interrupted | None
    unfinished: tuple[str, ...]
    rows: int
    rows_in_table: int


def read_state(warehouse: Warehouse, table: str, records: Records) -> SyncState:
    """Read the state of one slice; a slice without rows has none, so that dropping a table begins afresh."""
    where: Filters = (("TABLENAME", "=", table), ("RECORDS", "=", records.value))
    with warehouse.reading():
        rows, rows_in_table = warehouse.count(table, (records.filter,)), warehouse.count(table)
        no_table = any(warehouse.schema(name) is None for name in (table, SYNCS.name))
        if no_table or (records is Records.LATEST and rows == 0):
            return SyncState(None, None, (), rows, rows_in_table)
        syncs = sorted(warehouse.read(SYNCS.name, where=where).to_pylist(), key=lambda row: row["STARTEDAT"])
    covered = max((row["COVEREDUNTIL"] for row in syncs if row["COVEREDUNTIL"] is not None), default=None)
    # A sync that finished has read whatever those before it left.
    last = syncs[-1] if syncs and syncs[-1]["FINISHEDAT"] is None else None
    unfinished = tuple(row["SYNCID"] for row in syncs if row["FINISHEDAT"] is None)
    return SyncState(_aware(covered), _interrupted(last) if last else None, unfinished, rows, rows_in_table)


def covered_until(warehouse: Warehouse, tables: Collection[str], records: Records) -> dict[str, datetime]:
    """The covered instant of one slice of several tables, in one read; a table never synced to its end is left out.

    A sync that finds nothing changed writes nothing, so the instant may be later than it says here.
    """
    if warehouse.schema(SYNCS.name) is None:
        return {}
    where: Filters = (
        ("TABLENAME", "in", list(tables)),
        ("RECORDS", "=", records.value),
        ("COVEREDUNTIL", "is not null", None),
    )
    newest: dict[str, datetime] = {}
    for row in warehouse.read(SYNCS.name, ["TABLENAME", "COVEREDUNTIL"], where).to_pylist():
        instant: datetime = row["COVEREDUNTIL"].replace(tzinfo=UTC)
        newest[row["TABLENAME"]] = max(instant, newest.get(row["TABLENAME"], instant))
    return newest


def _interrupted(row: dict) -> Interrupted:
    progress = json.loads(row["PROGRESS"])
    return Interrupted(
        mode=Mode(row["MODE"]),
        window=Window(_aware(row["WINDOWSTART"]), _aware(row["WINDOWEND"])),
        strategy=Strategy(row["STRATEGY"]),
        rows_read=progress["rows_read"],
        outstanding=Outstanding.from_json(progress["outstanding"]),
        sync_ids=tuple(progress["sync_ids"]),
        began_at=datetime.fromisoformat(progress["began_at"]),
    )


@dataclass(slots=True)
class SyncRow:
    """The row of SYNCS that one sync writes, at every commit anew.

    Attributes are the columns; times are aware, UTC.
    """

    sync_id: str
    table: str
    records: Records
    window: Window
    mode: Mode
    strategy: Strategy
    started_at: datetime
    run_id: str
    covered_until: datetime | None = None
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_unparsed: int = 0
    api_calls: int = 0
    rate_limited: int = 0
    finished_at: datetime | None = None
    progress: dict[str, object] = field(default_factory=dict)

    def to_arrow(self) -> pa.Table:
        """As one row of SYNCS."""
        finished = self.finished_at is not None
        row = {
            "SYNCID": self.sync_id,
            "TABLENAME": self.table,
            "RECORDS": self.records.value,
            "WINDOWSTART": naive(self.window.after),
            "WINDOWEND": naive(self.window.before),
            "COVEREDUNTIL": naive(self.covered_until) if finished else None,
            "MODE": self.mode.value,
            "STRATEGY": self.strategy.value,
            "ROWSREAD": self.rows_read,
            "ROWSINSERTED": self.rows_inserted,
            "ROWSUPDATED": self.rows_updated,
            "ROWSUNCHANGED": self.rows_unchanged,
            "ROWSUNPARSED": self.rows_unparsed,
            "APICALLS": self.api_calls,
            "RATELIMITED": self.rate_limited,
            "STARTEDAT": naive(self.started_at),
            "FINISHEDAT": naive(self.finished_at),
            "RUNID": self.run_id,
            "PROGRESS": None if finished else json.dumps(self.progress),
        }
        return pa.Table.from_pylist([row], schema=SYNCS.schema)


def naive(instant: datetime | None) -> datetime | None:
    """An instant as the warehouse stores it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant is not None else None


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant is not None else None
