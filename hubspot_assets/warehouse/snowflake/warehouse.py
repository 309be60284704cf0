"""A Snowflake schema as the destination: rows go through Parquet files and staging tables into one MERGE.

What changes the schema or prepares a staging table commits by itself and happens before; the transaction holds only
the writes. A statement is sent only when there is something to write or to ask: whatever reads or writes rows may
wake a warehouse, and a warehouse that wakes up is paid for a minute.
"""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Self

import pyarrow as pa
from snowflake.connector import errors
from typing_extensions import override

from hubspot_assets.warehouse.base import (
    Aggregate,
    Counts,
    Filters,
    SchemaChange,
    Table,
    View,
    Warehouse,
    WarehouseError,
    Write,
    WriteAfter,
)
from hubspot_assets.warehouse.parquet_stage import ParquetStage
from hubspot_assets.warehouse.snowflake.check import Examined, examine
from hubspot_assets.warehouse.snowflake.commits import Committer
from hubspot_assets.warehouse.snowflake.descriptions import Descriptions
from hubspot_assets.warehouse.snowflake.errors import is_absent
from hubspot_assets.warehouse.snowflake.schema import columns, evolution, know
from hubspot_assets.warehouse.snowflake.session import Connect, Result, Session, Sessions
from hubspot_assets.warehouse.snowflake.sql import (
    DIALECT,
    Place,
    aggregation,
    arrow_type,
    as_read,
    by_day,
    condition,
    listed,
    portions,
    quoted,
)
from hubspot_assets.warehouse.snowflake.views import outdated
from hubspot_assets.warehouse.spool import spooled
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.writes import is_idle

LEFT_AFTER = timedelta(days=1)
"""No load takes so long: what is older was left by a process that was killed."""


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
        self._sessions = Sessions(connect, place, wait=wait)
        self._descriptions = Descriptions(place)
        self._committer = Committer(place, self.stage, left_after)
        self._tag = ""

    @override
    def tagged(self, tag: Mapping[str, str]) -> Self:
        # The tag stands beside each statement in Snowflake's query history.
        tagged = copy.copy(self)
        tagged._tag = json.dumps(tag)[:2_000]
        return tagged

    def close(self) -> None:
        """End the idle sessions; others open when they are needed."""
        self._sessions.close()

    @property
    @override
    def dialect(self) -> Dialect:
        return DIALECT

    @override
    def describe(self) -> str:
        return str(self.place)

    @override
    def check(self) -> None:
        # What is written to see whether it can be is taken away again.
        for examined in self.examine():
            if not examined.works:
                raise WarehouseError(examined.detail)

    def examine(self) -> Iterator[Examined]:
        """Everything that a sync needs, tried one after the other."""
        return examine(self._sessions)

    @override
    def schema(self, table: str) -> pa.Schema | None:
        stored = self._run(lambda session: self._descriptions.of(session, table))
        return pa.schema([(c, arrow_type(type_)) for c, type_ in stored.items()]) if stored is not None else None

    @override
    def ensure(self, *tables: Table) -> list[SchemaChange]:

        def change(session: Session) -> list[SchemaChange]:
            changes: list[SchemaChange] = []
            for table in tables:
                for step in evolution(columns(session, self.place, table.name), self.place, table):
                    for statement in step.statements:
                        session.execute(statement.text, statement.values)
                    changes.extend(step.changes)
            return changes

        return self._run(change)

    @override
    def ensure_views(self, *views: View) -> list[SchemaChange]:
        def change(session: Session) -> list[SchemaChange]:
            changes = []
            for step in outdated(session, self.place, views):
                for statement in step.statements:
                    session.execute(statement.text, statement.values)
                changes.extend(step.changes)
            return changes

        return self._run(change) if views else []

    @override
    def drop(self, *tables: str) -> None:
        def drop(session: Session) -> None:
            for table in tables:
                session.execute(f"DROP TABLE IF EXISTS {self.place.table(table)}")

        self._run(drop)

    @override
    def stage(self, table: Table) -> ParquetStage:
        return ParquetStage(table, full_rows=self.chunk_rows, full_bytes=self._chunk_bytes)

    @override
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        if all(is_idle(write) for write in writes):
            return [Counts() for _ in writes]
        return self._run(lambda session: self._committer.commit(session, writes, self._run))

    @override
    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._descriptions.kept():
            yield

    @override
    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:

        def query(session: Session) -> pa.Table:
            stored = self._descriptions.stored(session, table)
            know(stored, self.place, table, columns or (), where)
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

    @override
    def count(self, table: str, where: Filters = ()) -> int:

        def query(session: Session) -> int:
            rows = 0
            for portion in portions(where):
                text, values = condition(portion)
                statement = f"SELECT COUNT(*) FROM {self.place.table(table)} WHERE {text}"
                try:
                    [(number,)] = session.rows(statement, values)
                except errors.ProgrammingError as error:
                    stored = None if is_absent(error) else self._descriptions.of(session, table)
                    if stored is None:
                        return 0
                    know(stored, self.place, table, (), where)
                    raise
                rows += int(number)
            return rows

        return self._run(query)

    @override
    def duplicates(self, table: str, key: Sequence[str]) -> int:

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

    @override
    def aggregate(
        self, table: str, by: Sequence[str], values: Mapping[str, Aggregate], where: Filters = ()
    ) -> pa.Table:
        def query(session: Session) -> pa.Table:
            stored = self._descriptions.stored(session, table)
            know(stored, self.place, table, (*by, *values), where)
            wanted = pa.schema([(c, arrow_type(stored[c])) for c in (*by, *values)])
            computed, grouped = aggregation(by, values)
            parts = []
            for portion in portions(where):
                text, bound = condition(portion)
                statement = f"SELECT {computed} FROM {self.place.table(table)} WHERE {text}{grouped}"
                parts.append(_fetched(session, statement, bound, wanted))
            if len(parts) == 1:
                return parts[0]
            # A group may have rows in several portions, and is then counted in each.
            again = [(c, "sum" if f == "count" else f) for c, f in values.items()]
            found = pa.concat_tables(parts).group_by(list(by)).aggregate(again)
            return found.select([*by, *(f"{c}_{f}" for c, f in again)]).rename_columns(wanted.names)

        return self._run(query)

    @override
    def count_by_day(self, table: str, column: str, where: Filters = ()) -> Mapping[date, int]:
        def query(session: Session) -> Mapping[date, int]:
            know(self._descriptions.stored(session, table), self.place, table, (column,), where)
            text, bound = condition(where)
            counted, grouped = by_day(column)
            rows = session.rows(f"SELECT {counted} FROM {self.place.table(table)} WHERE {text}{grouped}", bound)
            return {day: int(number) for day, number in rows}

        return self._run(query)

    @override
    def missing(
        self, table: str, where: Filters, seen: str, seen_where: Filters, key: Sequence[str]
    ) -> Iterator[pa.Table]:
        def query(session: Session) -> Iterator[pa.Table]:
            sides, values = [], []
            for side, conditions in ((table, where), (seen, seen_where)):
                know(self._descriptions.stored(session, side), self.place, side, key, conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {listed(key)} FROM {self.place.table(side)} WHERE {text})")
                values.extend(bound)
            stored = self._descriptions.stored(session, table)
            wanted = pa.schema([(c, arrow_type(stored[c])) for c in key])
            same = " AND ".join(f"s.{quoted(c)} = t.{quoted(c)}" for c in key)
            both = f"{sides[0]} t LEFT JOIN {sides[1]} s ON {same}"
            statement = f"SELECT {listed(key, 't.')} FROM {both} WHERE s.{quoted(key[0])} IS NULL"
            cursor = session.execute(statement, values)
            return spooled(wanted, _batches(cursor.fetch_arrow_batches(force_microsecond_precision=True), wanted))

        return self._run(query)

    def _run(self, work: Callable[[Session], Result]) -> Result:
        return self._sessions.run(work, self._tag)


def _fetched(session: Session, statement: str, values: Sequence[object], wanted: pa.Schema) -> pa.Table:
    """A result in the types wanted: the driver chooses narrower integers and finer times by what a batch holds."""
    cursor = session.execute(statement, values)
    table = cursor.fetch_arrow_all(force_return_table=True, force_microsecond_precision=True)
    if not table.num_rows:
        return wanted.empty_table()
    return table.rename_columns(wanted.names).cast(wanted)


def _batches(tables: Iterator[pa.Table], wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    for table in tables:
        yield from table.rename_columns(wanted.names).cast(wanted).to_batches()
