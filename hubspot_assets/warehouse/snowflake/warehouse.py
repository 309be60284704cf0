"""A Snowflake schema as the destination: rows go through Parquet files and staging tables into one MERGE.

What changes the schema or prepares a staging table commits by itself and happens before; the transaction holds only
the writes. A statement is sent only when there is something to write or to ask: whatever reads or writes rows may
wake a warehouse, and a warehouse that wakes up is paid for a minute.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
from snowflake.connector import errors

from hubspot_assets.warehouse.base import (
    Append,
    Counts,
    Delete,
    Filters,
    Merge,
    Patch,
    SchemaChange,
    Stage,
    Table,
    TableNotFound,
    Warehouse,
    WarehouseError,
    Write,
    WriteAfter,
    conformed,
)
from hubspot_assets.warehouse.snowflake import merge as snowflake_merge
from hubspot_assets.warehouse.snowflake.check import Examined, examine
from hubspot_assets.warehouse.snowflake.errors import is_absent
from hubspot_assets.warehouse.snowflake.load import Load, clear_leftovers
from hubspot_assets.warehouse.snowflake.merge import Source, inline
from hubspot_assets.warehouse.snowflake.schema import columns, evolution
from hubspot_assets.warehouse.snowflake.session import Result, Session, Sessions
from hubspot_assets.warehouse.snowflake.sql import Place, arrow_type, as_read, condition, portions, quoted
from hubspot_assets.warehouse.snowflake.stage import ParquetStage

if TYPE_CHECKING:
    from hubspot_assets.warehouse.snowflake.session import Connect

INLINE_VALUES = 10_000
"""Values that may travel within a statement, if they are also small."""
INLINE_BYTES = 128 * 2**10
"""Bytes that may; Snowflake takes statements of up to 1 MB."""

LEFT_AFTER = timedelta(days=1)
"""No load takes so long: what is older was left by a process that was killed."""

_log = logging.getLogger(__name__)


class SnowflakeWarehouse(Warehouse):
    """Tables in one Snowflake schema.

    Args:
        connect: Opens a connection with autocommit on, TIMEZONE UTC, numbers as decimals and a network timeout.
        place: The schema it leads to.
        chunk_rows: Rows after which a stage is full.
        chunk_bytes: Compressed bytes after which a stage is full, however few its rows.
        wait: Seconds before the first repetition of what failed in passing.
        left_after: Age at which files in the stage are taken for leftovers.
    """

    def __init__(
        self,
        connect: Connect,
        place: Place,
        *,
        chunk_rows: int = 500_000,
        chunk_bytes: int = 100 * 2**20,
        wait: float = 1.0,
        left_after: timedelta = LEFT_AFTER,
    ) -> None:
        self.chunk_rows = chunk_rows
        self.place = place
        self._chunk_bytes = chunk_bytes
        self._left_after = left_after
        self._sessions = Sessions(connect, place, wait=wait)
        self._cleared: set[str] = set()
        self._tag = ""

    def tagged(self, tag: Mapping[str, str]) -> SnowflakeWarehouse:
        """See `Warehouse.tagged`: the tag stands beside each statement in Snowflake's query history."""
        tagged = copy.copy(self)
        tagged._tag = json.dumps(tag)[:2_000]
        return tagged

    def close(self) -> None:
        """Ends the idle sessions; others open when they are needed."""
        self._sessions.close()

    def describe(self) -> str:
        """See `Warehouse.describe`."""
        return f"Snowflake schema {self.place.database}.{self.place.schema} of account {self.place.account}"

    def check(self) -> None:
        """See `Warehouse.check`; what is written to see whether it can be is taken away again."""
        for examined in self.examine():
            if not examined.works:
                raise WarehouseError(examined.detail)

    def examine(self) -> Iterator[Examined]:
        """Everything that a sync needs, tried one after the other."""
        return examine(self._sessions)

    def schema(self, table: str) -> pa.Schema | None:
        """See `Warehouse.schema`."""
        stored = self._run(lambda session: columns(session, self.place, table))
        return pa.schema([(c, arrow_type(type_)) for c, type_ in stored.items()]) if stored is not None else None

    def ensure(self, *tables: Table) -> list[SchemaChange]:
        """See `Warehouse.ensure`."""

        def change(session: Session) -> list[SchemaChange]:
            changes: list[SchemaChange] = []
            for table in tables:
                for step in evolution(columns(session, self.place, table.name), self.place, table):
                    for statement in step.statements:
                        session.execute(statement.text, statement.values)
                    changes.extend(step.changes)
            return changes

        return self._run(change)

    def stage(self, table: Table) -> ParquetStage:
        """See `Warehouse.stage`."""
        return ParquetStage(table, full_rows=self.chunk_rows, full_bytes=self._chunk_bytes)

    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        """See `Warehouse.commit`."""
        if not any(callable(write) or isinstance(write, Delete) or _length(write.rows) for write in writes):
            return [Counts() for _ in writes]
        return self._run(lambda session: self._committed(session, writes))

    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        """See `Warehouse.read`."""

        def query(session: Session) -> pa.Table:
            stored = self._stored(session, table)
            self._know(stored, table, columns or (), where)
            chosen = list(stored) if columns is None else list(columns)
            wanted = pa.schema([(c, arrow_type(stored[c])) for c in chosen])
            expressions = ", ".join(as_read(c, stored[c]) for c in chosen)
            parts = []
            for portion in portions(where):
                text, values = condition(portion)
                parts.append(
                    _fetched(
                        session, f"SELECT {expressions} FROM {self.place.table(table)} WHERE {text}", values, wanted
                    )
                )
            return pa.concat_tables(parts)

        return self._run(query)

    def count(self, table: str, where: Filters = ()) -> int:
        """See `Warehouse.count`."""

        def query(session: Session) -> int:
            rows = 0
            for portion in portions(where):
                text, values = condition(portion)
                statement = f"SELECT COUNT(*) FROM {self.place.table(table)} WHERE {text}"
                try:
                    [(number,)] = session.rows(statement, values)
                except errors.ProgrammingError as error:
                    stored = None if is_absent(error) else columns(session, self.place, table)
                    if stored is None:
                        return 0
                    self._know(stored, table, (), where)
                    raise
                rows += int(number)
            return rows

        return self._run(query)

    def duplicates(self, table: str, key: Sequence[str]) -> int:
        """See `Warehouse.duplicates`."""

        def query(session: Session) -> int:
            keys = ", ".join(map(quoted, key))
            groups = f"(SELECT COUNT(*) AS N FROM {self.place.table(table)} GROUP BY {keys})"
            try:
                [(rows,)] = session.rows(f"SELECT COALESCE(SUM(N - 1), 0) FROM {groups}", [])
            except errors.ProgrammingError as error:
                if is_absent(error):
                    return 0
                raise
            return int(rows)

        return self._run(query)

    def missing(self, table: str, where: Filters, seen: str, seen_where: Filters, key: str) -> pa.Table:
        """See `Warehouse.missing`."""

        def query(session: Session) -> pa.Table:
            name = quoted(key)
            sides, values = [], []
            for side, conditions in ((table, where), (seen, seen_where)):
                self._know(self._stored(session, side), side, (key,), conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {name} FROM {self.place.table(side)} WHERE {text})")
                values.extend(bound)
            type_ = arrow_type(self._stored(session, table)[key])
            both = f"{sides[0]} t LEFT JOIN {sides[1]} s ON s.{name} = t.{name}"
            statement = f"SELECT t.{name} FROM {both} WHERE s.{name} IS NULL"
            return _fetched(session, statement, values, pa.schema([(key, type_)]))

        return self._run(query)

    def _run(self, work: Callable[[Session], Result]) -> Result:
        return self._sessions.run(work, self._tag)

    def _committed(self, session: Session, writes: Sequence[Write | WriteAfter]) -> list[Counts]:
        loads: list[Load] = []
        try:
            sources = {
                place: self._source(session, write, loads)
                for place, write in enumerate(writes)
                if not callable(write) and not isinstance(write, Delete) and _length(write.rows)
            }
            stored: dict[str, Mapping[str, str]] = {}
            counts: list[Counts] = []
            started = time.monotonic()
            with session.transaction():
                for place, write in enumerate(writes):
                    made = write(counts) if callable(write) else write
                    if made.table.name not in stored:
                        stored[made.table.name] = self._stored(session, made.table.name)
                    counts.append(self._written(session, made, stored[made.table.name], sources.get(place)))
            _log.debug("Snowflake: %d writes committed in %.2f s", len(writes), time.monotonic() - started)
        except BaseException:
            # Whatever went wrong, this session may be of no more use.
            self._clean_up(loads, self._run)
            raise
        self._clean_up(loads, lambda work: work(session))
        return counts

    def _source(self, session: Session, write: Merge | Patch | Append, loads: list[Load]) -> Source:
        """The rows of a write where Snowflake can reach them; loads to be cleaned up are noted as they begin.

        Staged rows go through a file however few they are: no value of a record shows in the query history. Rows
        given as they are, of which ours hold ids and states only, go within the statement if they fit.
        """
        if isinstance(write.rows, pa.Table):
            rows = conformed(write.table, write.rows)
            if rows.num_rows * rows.num_columns <= INLINE_VALUES and rows.nbytes <= INLINE_BYTES:
                return inline(write.table, rows)
        elif not isinstance(write.rows, ParquetStage):
            raise TypeError(f"a stage of another warehouse cannot be merged into {write.table.name}")
        if write.table.name not in self._cleared:
            self._cleared.add(write.table.name)
            clear_leftovers(session, self.place, write.table, self._left_after)
        load = Load(self.place, write.table)
        loads.append(load)
        if isinstance(write.rows, ParquetStage):
            return load.run(session, write.rows)
        with self.stage(write.table) as stage:
            stage.write(write.rows)
            return load.run(session, stage)

    def _clean_up(self, loads: Sequence[Load], run: Callable[[Callable[[Session], None]], None]) -> None:
        """Best done, but not worth failing what is committed: the next load finds what is left."""
        for load in loads:
            try:
                run(load.clean_up)
            except (WarehouseError, errors.Error) as error:
                _log.warning("A load into Snowflake was not cleaned up: %s", error)

    def _written(self, session: Session, write: Write, stored: Mapping[str, str], source: Source | None) -> Counts:
        table, name = write.table, self.place.table(write.table.name)
        if isinstance(write, Delete):
            self._know(stored, table.name, (), write.where)
            deleted = 0
            for portion in portions(write.where):
                text, values = condition(portion)
                deleted += session.counts(f"DELETE FROM {name} WHERE {text}", values)["deleted"]
            return Counts(deleted=deleted)
        if not _length(write.rows):
            return Counts()
        if source is None:
            if not isinstance(write.rows, pa.Table):
                raise TypeError(f"rows for {table.name} that depend on other writes must be an Arrow table")
            source = inline(table, conformed(table, write.rows))
        match write:
            case Merge():
                done = session.counts(snowflake_merge.merge(table, name, stored, source), source.values)
                inserted, updated = done.get("inserted", 0), done.get("updated", 0)
                return Counts(inserted, updated, max(0, source.candidates - inserted - updated))
            case Append():
                session.execute(snowflake_merge.append(table, name, stored, source), source.values)
                return Counts(inserted=source.rows)
            case Patch():
                older = write.only_if_older_than or ()
                met, change = snowflake_merge.patch(table, name, stored, source, older)
                [(matched,)] = session.rows(met, source.values)
                updated = session.counts(change, source.values)["updated"]
                return Counts(updated=updated, unchanged=max(0, int(matched) - updated))

    def _stored(self, session: Session, table: str) -> Mapping[str, str]:
        stored = columns(session, self.place, table)
        if stored is None:
            raise TableNotFound(f"There is no table {table} in {self.describe()}; sync it first.")
        return stored

    def _know(self, stored: Mapping[str, str], table: str, columns: Sequence[str], where: Filters) -> None:
        asked = [*columns, *(column for column, _, _ in where)]
        if unknown := [column for column in asked if column not in stored]:
            raise WarehouseError(f"Table {table} in {self.describe()} has no column {', '.join(unknown)}.")


def _fetched(session: Session, statement: str, values: Sequence[object], wanted: pa.Schema) -> pa.Table:
    """A result in the types wanted: the driver chooses narrower integers and finer times by what a batch holds."""
    cursor = session.execute(statement, values)
    table = cursor.fetch_arrow_all(force_return_table=True, force_microsecond_precision=True)
    if not table.num_rows:
        return wanted.empty_table()
    return table.rename_columns(wanted.names).cast(wanted)


def _length(rows: Stage | pa.Table) -> int:
    return rows.rows if isinstance(rows, Stage) else rows.num_rows
