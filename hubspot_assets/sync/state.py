"""What the warehouse remembers of earlier syncs: the covered instant of a table, and a read that was cut short.

The state lives with the data. The rows of SYNCS stay, so that a record's SYNCID leads to the sync that wrote it, but
a sync asks only for the newest covered instant and for what is unfinished since: its cost does not grow with their
number. The state of a table that was dropped or emptied does not count, whatever SYNCS still holds of it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.criteria import ACCOUNT, Values, agree, asked_for
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.source import Interrupted, Mode, Target, Work
from hubspot_assets.sync.syncs import CRITERIA, SYNCS, aware
from hubspot_assets.warehouse.base import Filters, Patch, Warehouse

STATE = ("COVEREDUNTIL", "PROGRESS")
"""The columns of SYNCS that later syncs go by; the others only tell."""


class TableTaken(Exception):
    """The table holds another object type; writing into it would mix the two."""

    permanent = True

    def __init__(self, target: Target, holder: str) -> None:
        super().__init__(
            f"{target.table} holds objects of the type {holder}, so {target.object_type_id} cannot be written there: "
            f"drop or rename {target.table}, or leave one of the two out of HUBSPOT_OBJECTS."
        )


class OtherAccount(Exception):
    """The destination holds another HubSpot account; its ids would meet those of this one."""

    permanent = True

    def __init__(self, table: str, held: str, asked: str) -> None:
        super().__init__(
            f"{table} holds data of the HubSpot account {held}, and the settings lead to the account {asked}: rows of "
            "both would be mixed. Give each account a destination of its own (HUBSPOT_DUCKDB_PATH, SNOWFLAKE_SCHEMA or "
            "S3_URL), or drop what is there with `hubspot-assets reset`, without names."
        )


@dataclass(frozen=True, slots=True)
class State:
    """Where the syncs of one target stand.

    Attributes:
        covered_until: Every change up to here is in the table; None where no sync has finished.
        interrupted: A read that the next sync of its kind goes on with.
        notes: What the last finished sync noted for the next one.
        held: By which values of the settings the table is complete; what nobody noted is not there.
        holder: Id of the sync that noted these values and nothing else; None where another one has to note them anew.
        open: Ids of the syncs that these two come from, and of those that died before; void once a sync finishes.
        unfinished: Ids of those among them that never finished.
        rows: How many rows the slice has.
        rows_in_table: How many rows the whole table has.
        void: Ids of syncs whose state no longer counts, because their table was dropped or emptied.
    """

    covered_until: datetime | None = None
    interrupted: Interrupted | None = None
    notes: Mapping[str, Any] | None = None
    held: Values = field(default_factory=dict)
    holder: str | None = None
    open: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    rows: int = 0
    rows_in_table: int = 0
    void: tuple[str, ...] = ()

    def mode(self, *, full: bool) -> Mode:
        """How the next sync reads, given whether everything is asked for."""
        if full:
            return Mode.FULL
        return Mode.INITIAL if self.covered_until is None else Mode.INCREMENTAL

    def resumable(self, mode: Mode) -> Interrupted | None:
        """The read that was cut short, for a sync that reads in the same way; None for one that begins anew."""
        return self.interrupted if self.interrupted is not None and self.interrupted.mode is mode else None

    def noting(self, notes: Mapping[str, Any] | None, held: Values) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
        """Tell what a sync that finishes notes, and whose notes are void from then on.

        Where there is nothing new to note, what stands stays, so that no row is written for it.

        Args:
            notes: What the next sync is to know.
            held: By which values of the settings the table is complete now.
        """
        if notes is None and self.holder is not None and held == self.held:
            return None, tuple(each for each in self.open if each != self.holder)
        return ({**(notes or {}), CRITERIA: dict(held)} if held else notes), self.open


def forget(sync_ids: Collection[str], *columns: str) -> Patch:
    """Keep what some syncs left behind from ever counting again; their rows in SYNCS stay.

    Args:
        sync_ids: The syncs.
        columns: The columns of SYNCS that are to be empty.
    """
    empty = {column: pa.nulls(len(sync_ids), SYNCS.schema.field(column).type) for column in columns}
    return Patch(SYNCS, pa.table({"SYNCID": pa.array(list(sync_ids), pa.string()), **empty}))


def read_state(warehouse: Warehouse, target: Target, account: Values | None = None) -> State:
    """Read the state of one target.

    Args:
        warehouse: Where it is.
        target: The table, or the slice of it.
        account: Whose data is to be written; None where nothing is.

    Raises:
        TableTaken: The table holds another object type.
        OtherAccount: It holds another account, or is new in a destination that does.
    """
    account = account or {}
    of_table: Filters = (("TABLENAME", "=", target.table),)
    with warehouse.reading():
        exists = warehouse.schema(target.table) is not None
        rows_in_table = warehouse.count(target.table) if exists else 0
        rows = warehouse.count(target.table, target.where) if exists and target.where else rows_in_table
        stored = warehouse.schema(SYNCS.name)
        if stored is None:
            return State(rows=rows, rows_in_table=rows_in_table)
        # SYNCS of earlier versions has no object types.
        finished = _finished(
            warehouse, of_table, [each for each in ("RECORDS", "OBJECTTYPEID") if each in stored.names]
        )
        left = warehouse.read(SYNCS.name, where=(*of_table, ("PROGRESS", "is not null", None))).to_pylist()
        inserted = sum(row["ROWSINSERTED"] or 0 for row in (*finished, *left))
        if not exists or (inserted and not rows_in_table):
            _refuse_other_account(warehouse, account)
            return State(rows=rows, rows_in_table=rows_in_table, void=void(warehouse, [target.table]))
        _refuse_other_type(warehouse, target, (*finished, *left))
        if not finished and not left:
            _refuse_other_account(warehouse, account)
    for row in left:
        refuse_other(target.table, _criteria(row), account)
    covered = max((row["COVEREDUNTIL"] for row in finished if _is(row, target) and row["COVEREDUNTIL"]), default=None)
    last_finished = max((row["STARTEDAT"] for row in finished if _is(row, target)), default=datetime.min)
    ours = sorted((row for row in left if _is(row, target)), key=lambda row: row["STARTEDAT"])
    # A sync that finished has read whatever those before it left.
    last = ours[-1] if ours and ours[-1]["FINISHEDAT"] is None and ours[-1]["STARTEDAT"] >= last_finished else None
    noted = [row for row in ours if row["FINISHEDAT"] is not None]
    notes = json.loads(noted[-1]["PROGRESS"]) if noted else {}
    held = notes.pop(CRITERIA, {})
    if last is not None and not agree(asked_for(target.criteria, account), _criteria(last)):
        # What that one has read is stored; what it left out by other settings would be missing for good.
        last = None
    return State(
        covered_until=aware(covered),
        interrupted=_interrupted(last) if last else None,
        notes=notes or None,
        held=held,
        holder=noted[-1]["SYNCID"] if noted and held and not notes else None,
        open=tuple(row["SYNCID"] for row in ours),
        unfinished=tuple(row["SYNCID"] for row in ours if row["FINISHEDAT"] is None),
        rows=rows,
        rows_in_table=rows_in_table,
    )


def covered_until(warehouse: Warehouse, tables: Collection[str], slice_: str | None) -> dict[str, datetime]:
    """Read the covered instant of one slice of several tables at once; a table never synced to its end is left out.

    A sync that finds nothing changed writes nothing, so the instant may be later than it says here.
    """
    if warehouse.schema(SYNCS.name) is None:
        return {}
    newest = warehouse.aggregate(
        SYNCS.name,
        ["TABLENAME"],
        {"COVEREDUNTIL": "max"},
        (
            ("TABLENAME", "in", list(tables)),
            ("RECORDS", "is null", None) if slice_ is None else ("RECORDS", "=", slice_),
            ("COVEREDUNTIL", "is not null", None),
        ),
    )
    return {row["TABLENAME"]: row["COVEREDUNTIL"].replace(tzinfo=UTC) for row in newest.to_pylist()}


def known_tables(warehouse: Warehouse) -> dict[str, str]:
    """Return the tables of records that the warehouse has, by object type id."""
    with warehouse.reading():
        stored = warehouse.schema(SYNCS.name)
        if stored is None or "OBJECTTYPEID" not in stored.names:
            return {}
        of_records: Filters = (
            ("OBJECTTYPEID", "is not null", None),
            ("COVEREDUNTIL", "is not null", None),
            # Versions are of an object type too.
            ("RECORDS", "in", [each.value for each in Slice]),
        )
        newest = warehouse.aggregate(
            SYNCS.name, ["OBJECTTYPEID", "TABLENAME"], {"STARTEDAT": "max"}, of_records
        ).to_pylist()
        known = {row["OBJECTTYPEID"]: row["TABLENAME"] for row in sorted(newest, key=lambda row: row["STARTEDAT"])}
        return {type_id: table for type_id, table in known.items() if warehouse.schema(table) is not None}


def _finished(warehouse: Warehouse, of_table: Filters, by: Sequence[str]) -> list[dict[str, Any]]:
    """What the finished syncs of a table come to, by slice and object type."""
    return warehouse.aggregate(
        SYNCS.name,
        by,
        {"COVEREDUNTIL": "max", "STARTEDAT": "max", "ROWSINSERTED": "sum"},
        (*of_table, ("FINISHEDAT", "is not null", None)),
    ).to_pylist()


def _is(row: Mapping[str, Any], target: Target) -> bool:
    return row["RECORDS"] == target.slice


def void(warehouse: Warehouse, tables: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the syncs of some tables that later ones would still go by."""
    of_table: Filters = (("TABLENAME", "in", list(tables)),)
    ids: set[str] = set()
    for column in STATE:
        rows = warehouse.read(SYNCS.name, ["SYNCID"], (*of_table, (column, "is not null", None)))
        ids.update(rows["SYNCID"].to_pylist())
    return tuple(sorted(ids))


def _refuse_other_type(warehouse: Warehouse, target: Target, syncs: Iterable[Mapping[str, Any]]) -> None:
    """See to it that no table takes in the rows of two types: their ids would meet, and one would be lost."""
    if target.object_type_id is None:
        return
    counting = [row for row in syncs if row["COVEREDUNTIL"] is not None or row.get("PROGRESS") is not None]
    types = {row.get("OBJECTTYPEID") for row in counting} - {None}
    if not types:
        # Syncs of earlier versions did not write down their type; the rows tell.
        other: Filters = (("OBJECTTYPEID", "!=", target.object_type_id),)
        types: set[str | None] = set(
            warehouse.aggregate(target.table, ["OBJECTTYPEID"], {}, other)["OBJECTTYPEID"].to_pylist()
        )
    if strangers := sorted(each for each in types if each not in (None, target.object_type_id)):
        raise TableTaken(target, strangers[0])


def held_values(warehouse: Warehouse) -> Mapping[tuple[str, str | None], Values]:
    """Return by which values of the settings the tables of a warehouse are complete, by table and slice.

    Where nobody has noted any, the values are empty; tables that were dropped are among them.
    """
    if warehouse.schema(SYNCS.name) is None:
        return {}
    columns = ["TABLENAME", "RECORDS", "STARTEDAT", "PROGRESS"]
    finished: Filters = (("FINISHEDAT", "is not null", None), ("COVEREDUNTIL", "is not null", None))
    covered = warehouse.aggregate(SYNCS.name, columns[:2], {"COVEREDUNTIL": "max"}, finished).to_pylist()
    noted = warehouse.read(SYNCS.name, columns, (*finished, ("PROGRESS", "is not null", None))).to_pylist()
    nothing: dict[tuple[str, str | None], Values] = {(row["TABLENAME"], row["RECORDS"]): {} for row in covered}
    by_age = sorted(noted, key=lambda row: row["STARTEDAT"])
    return nothing | {(row["TABLENAME"], row["RECORDS"]): _criteria(row) for row in by_age}


def _criteria(row: Mapping[str, Any]) -> Values:
    return json.loads(row["PROGRESS"]).get(CRITERIA, {})


def _refuse_other_account(warehouse: Warehouse, account: Values) -> None:
    """See to it that no new table is put beside those of another account."""
    if not account:
        return
    noted = warehouse.read(SYNCS.name, ["TABLENAME", "PROGRESS"], (("PROGRESS", "is not null", None),)).to_pylist()
    others = {row["TABLENAME"]: _criteria(row) for row in noted if not agree(account, _criteria(row))}
    for table, held in others.items():
        if warehouse.count(table):
            refuse_other(table, held, account)


def refuse_other(table: str, held: Values, account: Values) -> None:
    """See to it that no table takes in the rows of two accounts.

    Raises:
        OtherAccount: It holds another one.
    """
    if not agree(account, held):
        raise OtherAccount(table, held[ACCOUNT], account[ACCOUNT])


def _interrupted(row: Mapping[str, Any]) -> Interrupted:
    progress = json.loads(row["PROGRESS"])
    window = Window(aware(row["WINDOWSTART"]), aware(row["WINDOWEND"]))
    work = Work(
        sync_ids=tuple(progress["sync_ids"]),
        began_at=datetime.fromisoformat(progress["began_at"]),
        outstanding=Outstanding.from_json(progress["outstanding"]),
        strategy=row["STRATEGY"],
        rows_before=progress["rows_read"],
        notes=progress.get("notes"),
    )
    return Interrupted(Mode(row["MODE"]), window, work)
