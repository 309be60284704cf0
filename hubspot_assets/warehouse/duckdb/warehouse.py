"""A DuckDB file as the destination: rows wait in memory as Arrow, and the file is open only to take them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from typing_extensions import override

from hubspot_assets.warehouse.base import (
    Aggregate,
    Counts,
    Delete,
    Filters,
    Merge,
    Patch,
    Replace,
    SchemaChange,
    Stage,
    Table,
    TableNotFound,
    View,
    Warehouse,
    WarehouseError,
    Write,
    WriteAfter,
    conformed,
)
from hubspot_assets.warehouse.duckdb import merge as duckdb_merge
from hubspot_assets.warehouse.duckdb.file import LEAST_MEMORY, DuckDBFile, Result
from hubspot_assets.warehouse.duckdb.schema import Step, StoredTable, evolution, find
from hubspot_assets.warehouse.duckdb.sql import DIALECT, aggregation, by_day, condition, qualified, quoted
from hubspot_assets.warehouse.duckdb.views import outdated
from hubspot_assets.warehouse.spool import spooled
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.writes import is_idle

LEAST_COMMIT = 64
"""MiB that DuckDB may use for a commit, however small."""
MEMORY_PER_BYTE = 2
"""Bytes that it may use more for each byte of rows."""


class ArrowStage(Stage):
    """Rows that wait in memory."""

    def __init__(self, table: Table, full_rows: int, full_bytes: int) -> None:
        self._table = table
        self._full_rows = full_rows
        self._full_bytes = full_bytes
        self._parts: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0

    @property
    @override
    def rows(self) -> int:
        return self._rows

    @property
    @override
    def full(self) -> bool:
        return self._rows >= self._full_rows or self._bytes >= self._full_bytes

    @override
    def write(self, rows: pa.Table) -> None:
        part = conformed(self._table, rows)
        if self._parts and part.column_names != self._parts[0].column_names:
            # As NULL in some of the rows, the columns would overwrite what is stored.
            raise WarehouseError(f"rows for table {self._table.name} have other columns than those staged before")
        self._parts.append(part)
        self._rows += part.num_rows
        self._bytes += part.nbytes

    @override
    def close(self) -> None:
        self._parts = []
        self._rows = self._bytes = 0

    def arrow(self) -> pa.Table:
        """All rows."""
        return pa.concat_tables(self._parts) if self._parts else self._table.schema.empty_table()


class DuckDBWarehouse(Warehouse):
    """Tables in one DuckDB file, in its schema `main`.

    Args:
        path: The file; made, with its folder, when the first table is.
        lock_timeout: Seconds to wait for another process that has the file open.
        chunk_rows: Rows after which a stage is full; the memory a commit needs grows with it.
        chunk_bytes: Bytes after which a stage is full, however few its rows.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        lock_timeout: float = 600.0,
        chunk_rows: int = 25_000,
        chunk_bytes: int = 32 * 2**20,
    ) -> None:
        self.chunk_rows = chunk_rows
        self._chunk_bytes = chunk_bytes
        self._file = DuckDBFile(Path(path), lock_timeout=lock_timeout)

    @property
    @override
    def dialect(self) -> Dialect:
        return DIALECT

    @override
    def describe(self) -> str:
        return f"DuckDB file {self._file.path}"

    @override
    def check(self) -> None:
        self._file.check()

    @override
    def schema(self, table: str) -> pa.Schema | None:
        def query(connection: duckdb.DuckDBPyConnection) -> pa.Schema | None:
            stored = find(connection, table)
            return _schema(connection, stored, "*") if stored is not None else None

        return self._file.run(query, read_only=True) if self._file.exists() else None

    @override
    def ensure(self, *tables: Table) -> list[SchemaChange]:
        return self._changed(lambda connection: [step for table in tables for step in evolution(connection, table)])

    @override
    def ensure_views(self, *views: View) -> list[SchemaChange]:
        return self._changed(lambda connection: outdated(connection, views))

    def _changed(self, steps: Callable[[duckdb.DuckDBPyConnection], list[Step]]) -> list[SchemaChange]:
        """Take the steps that are needed, and open the file for writing only if there are some."""

        def change(connection: duckdb.DuckDBPyConnection) -> list[SchemaChange]:
            needed = steps(connection)
            connection.begin()
            for step in needed:
                for statement in step.statements:
                    connection.execute(statement)
            connection.commit()
            return [step.change for step in needed]

        if self._file.exists() and not self._file.run(steps, read_only=True):
            return []
        return self._file.run(change, read_only=False)

    @override
    def drop(self, *tables: str) -> None:
        def drop(connection: duckdb.DuckDBPyConnection) -> None:
            for table in tables:
                connection.execute(f"DROP TABLE IF EXISTS {qualified(table)}")

        if tables and self._file.exists():
            self._file.run(drop, read_only=False)

    @override
    def stage(self, table: Table) -> ArrowStage:
        return ArrowStage(table, self.chunk_rows, self._chunk_bytes)

    @override
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        if all(is_idle(write) for write in writes):
            return [Counts() for _ in writes]

        def committed(connection: duckdb.DuckDBPyConnection) -> list[Counts]:
            counts: list[Counts] = []
            connection.begin()
            for write in writes:
                counts.append(self._written(connection, write(counts) if callable(write) else write))
            connection.commit()
            return counts

        return self._run(committed, read_only=False, memory=max(map(_memory, writes)))

    @override
    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._file.kept_open():
            yield

    @override
    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        def query(connection: duckdb.DuckDBPyConnection) -> pa.Table:
            stored = self._stored(connection, table)
            self._know(stored, table, columns or (), where)
            chosen = ", ".join(quoted(c) for c in columns) if columns is not None else "*"
            text, values = condition(where)
            statement = f"SELECT {chosen} FROM {stored.name} WHERE {text}"
            return connection.sql(statement, params=values).to_arrow_table()

        return self._run(query, read_only=True)

    @override
    def count(self, table: str, where: Filters = ()) -> int:
        def query(connection: duckdb.DuckDBPyConnection) -> int:
            stored = find(connection, table)
            if stored is None:
                return 0
            self._know(stored, table, (), where)
            text, values = condition(where)
            [(rows,)] = connection.execute(f"SELECT count(*) FROM {stored.name} WHERE {text}", values).fetchall()
            return rows

        return self._file.run(query, read_only=True) if self._file.exists() else 0

    @override
    def duplicates(self, table: str, key: Sequence[str]) -> int:
        def query(connection: duckdb.DuckDBPyConnection) -> int:
            stored = find(connection, table)
            if stored is None:
                return 0
            self._know(stored, table, key, ())
            columns = ", ".join(map(quoted, key))
            groups = f"(SELECT count(*) AS n FROM {stored.name} GROUP BY {columns})"
            [(rows,)] = connection.execute(f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM {groups}").fetchall()
            return rows

        return self._file.run(query, read_only=True) if self._file.exists() else 0

    @override
    def aggregate(
        self, table: str, by: Sequence[str], values: Mapping[str, Aggregate], where: Filters = ()
    ) -> pa.Table:
        def query(connection: duckdb.DuckDBPyConnection) -> pa.Table:
            stored = self._stored(connection, table)
            self._know(stored, table, (*by, *values), where)
            text, bound = condition(where)
            computed, grouped = aggregation(by, values)
            found = connection.sql(f"SELECT {computed} FROM {stored.name} WHERE {text}{grouped}", params=bound)
            return found.to_arrow_table().cast(_schema(connection, stored, ", ".join(map(quoted, (*by, *values)))))

        return self._run(query, read_only=True)

    @override
    def count_by_day(self, table: str, column: str, where: Filters = ()) -> Mapping[date, int]:
        def query(connection: duckdb.DuckDBPyConnection) -> Mapping[date, int]:
            stored = self._stored(connection, table)
            self._know(stored, table, (column,), where)
            text, bound = condition(where)
            counted, grouped = by_day(column)
            found = connection.sql(f"SELECT {counted} FROM {stored.name} WHERE {text}{grouped}", params=bound)
            return dict(found.fetchall())

        return self._run(query, read_only=True)

    @override
    def missing(
        self, table: str, where: Filters, seen: str, seen_where: Filters, key: Sequence[str]
    ) -> Iterator[pa.Table]:
        def query(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.Table]:
            columns = ", ".join(map(quoted, key))
            sides, values = [], []
            for name, conditions in ((table, where), (seen, seen_where)):
                stored = self._stored(connection, name)
                self._know(stored, name, key, conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {columns} FROM {stored.name} WHERE {text})")
                values.extend(bound)
            statement = f"FROM {sides[0]} ANTI JOIN {sides[1]} USING ({columns})"
            found = connection.sql(statement, params=values).to_arrow_reader()
            return spooled(found.schema, found)

        return self._run(query, read_only=True)

    def _run(
        self, work: Callable[[duckdb.DuckDBPyConnection], Result], *, read_only: bool, memory: int = LEAST_MEMORY
    ) -> Result:
        if not self._file.exists():
            raise TableNotFound(f"{self.describe()} does not exist; sync a table into it first.")
        return self._file.run(work, read_only=read_only, memory=memory)

    def _written(self, connection: duckdb.DuckDBPyConnection, write: Write) -> Counts:
        table = write.table
        stored = self._stored(connection, table.name)
        if isinstance(write, Delete):
            self._know(stored, table.name, (), write.where)
            text, values = condition(write.where)
            [(rows,)] = connection.execute(f"DELETE FROM {stored.name} WHERE {text}", values).fetchall()
            return Counts(deleted=rows)
        if is_idle(write):
            return Counts()
        rows = write.rows.arrow() if isinstance(write.rows, ArrowStage) else write.rows
        if isinstance(rows, Stage):
            raise TypeError(f"a stage of another warehouse cannot be merged into {table.name}")
        match write:
            case Merge():
                return duckdb_merge.merge(connection, table, stored, conformed(table, rows))
            case Patch():
                return duckdb_merge.patch(connection, write, stored, conformed(table, rows))
            case Replace():
                return duckdb_merge.replace(connection, write, stored, conformed(table, rows))

    def _stored(self, connection: duckdb.DuckDBPyConnection, table: str) -> StoredTable:
        stored = find(connection, table)
        if stored is None:
            raise TableNotFound(f"There is no table {table} in {self.describe()}; sync it first.")
        return stored

    def _know(self, stored: StoredTable, table: str, columns: Sequence[str], where: Filters) -> None:
        asked = [*columns, *(column for column, _, _ in where)]
        if unknown := [column for column in asked if column.upper() not in stored.columns]:
            raise WarehouseError(f"Table {table} in {self.describe()} has no column {', '.join(unknown)}.")


def _schema(connection: duckdb.DuckDBPyConnection, stored: StoredTable, columns: str) -> pa.Schema:
    return connection.sql(f"SELECT {columns} FROM {stored.name} LIMIT 0").to_arrow_table().schema


def _memory(write: Write | WriteAfter) -> int:
    """MiB that DuckDB is likely to need for a write: some for every column, and several times the rows.

    Measured with 60 to 1,200 columns, with some to spare. Too little is no harm, only a repetition.
    """
    if callable(write) or isinstance(write, Delete):
        return LEAST_COMMIT
    rows = write.rows
    size = rows.arrow().nbytes if isinstance(rows, ArrowStage) else 0 if isinstance(rows, Stage) else rows.nbytes
    return LEAST_COMMIT + len(write.table.schema) // 4 + MEMORY_PER_BYTE * size // 2**20
