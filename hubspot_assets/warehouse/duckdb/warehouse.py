"""A DuckDB file as the destination: rows wait in memory as Arrow, and the file is open only to take them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from hubspot_assets.warehouse.duckdb.file import DuckDBFile
from hubspot_assets.warehouse.duckdb.schema import StoredTable, evolution, find
from hubspot_assets.warehouse.duckdb.sql import DIALECT, aggregation, condition, quoted
from hubspot_assets.warehouse.duckdb.views import outdated
from hubspot_assets.warehouse.spool import spooled
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.writes import is_idle


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
        if not self._file.exists():
            return None
        with self._file.open(read_only=True) as connection:
            stored = find(connection, table)
            if stored is None:
                return None
            return connection.sql(f"FROM {stored.name} LIMIT 0").to_arrow_table().schema

    @override
    def ensure(self, *tables: Table) -> list[SchemaChange]:
        if self._file.exists():
            with self._file.open(read_only=True) as connection:
                if not any(evolution(connection, table) for table in tables):
                    return []
        with self._file.open(read_only=False) as connection:
            steps = [step for table in tables for step in evolution(connection, table)]
            connection.begin()
            for step in steps:
                for statement in step.statements:
                    connection.execute(statement)
            connection.commit()
        return [step.change for step in steps]

    @override
    def ensure_views(self, *views: View) -> list[SchemaChange]:
        if self._file.exists():
            with self._file.open(read_only=True) as connection:
                if not outdated(connection, views):
                    return []
        with self._file.open(read_only=False) as connection:
            steps = outdated(connection, views)
            connection.begin()
            for step in steps:
                for statement in step.statements:
                    connection.execute(statement)
            connection.commit()
        return [step.change for step in steps]

    @override
    def stage(self, table: Table) -> ArrowStage:
        return ArrowStage(table, self.chunk_rows, self._chunk_bytes)

    @override
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        if all(is_idle(write) for write in writes):
            return [Counts() for _ in writes]
        counts: list[Counts] = []
        with self._existing(read_only=False) as connection:
            connection.begin()
            for write in writes:
                counts.append(self._written(connection, write(counts) if callable(write) else write))
            connection.commit()
        return counts

    @override
    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._file.kept_open():
            yield

    @override
    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        with self._existing(read_only=True) as connection:
            stored = self._stored(connection, table)
            self._know(stored, table, columns or (), where)
            chosen = ", ".join(quoted(c) for c in columns) if columns is not None else "*"
            text, values = condition(where)
            query = f"SELECT {chosen} FROM {stored.name} WHERE {text}"
            return connection.sql(query, params=values).to_arrow_table()

    @override
    def count(self, table: str, where: Filters = ()) -> int:
        if not self._file.exists():
            return 0
        with self._file.open(read_only=True) as connection:
            stored = find(connection, table)
            if stored is None:
                return 0
            self._know(stored, table, (), where)
            text, values = condition(where)
            [(rows,)] = connection.execute(f"SELECT count(*) FROM {stored.name} WHERE {text}", values).fetchall()
            return rows

    @override
    def duplicates(self, table: str, key: Sequence[str]) -> int:
        if not self._file.exists():
            return 0
        with self._file.open(read_only=True) as connection:
            stored = find(connection, table)
            if stored is None:
                return 0
            self._know(stored, table, key, ())
            columns = ", ".join(map(quoted, key))
            groups = f"(SELECT count(*) AS n FROM {stored.name} GROUP BY {columns})"
            [(rows,)] = connection.execute(f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM {groups}").fetchall()
            return rows

    @override
    def aggregate(
        self, table: str, by: Sequence[str], values: Mapping[str, Aggregate], where: Filters = ()
    ) -> pa.Table:
        with self._existing(read_only=True) as connection:
            stored = self._stored(connection, table)
            self._know(stored, table, (*by, *values), where)
            text, bound = condition(where)
            computed, grouped = aggregation(by, values)
            found = connection.sql(f"SELECT {computed} FROM {stored.name} WHERE {text}{grouped}", params=bound)
            columns = ", ".join(map(quoted, (*by, *values)))
            types = connection.sql(f"SELECT {columns} FROM {stored.name} LIMIT 0").to_arrow_table().schema
            return found.to_arrow_table().cast(types)

    @override
    def missing(
        self, table: str, where: Filters, seen: str, seen_where: Filters, key: Sequence[str]
    ) -> Iterator[pa.Table]:
        with self._existing(read_only=True) as connection:
            columns = ", ".join(map(quoted, key))
            sides, values = [], []
            for name, conditions in ((table, where), (seen, seen_where)):
                stored = self._stored(connection, name)
                self._know(stored, name, key, conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {columns} FROM {stored.name} WHERE {text})")
                values.extend(bound)
            query = f"FROM {sides[0]} ANTI JOIN {sides[1]} USING ({columns})"
            found = connection.sql(query, params=values).to_arrow_reader()
            return spooled(found.schema, found)

    @contextmanager
    def _existing(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        if not self._file.exists():
            raise TableNotFound(f"{self.describe()} does not exist; sync a table into it first.")
        with self._file.open(read_only=read_only) as connection:
            yield connection

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
        connection.execute(f"SET memory_limit = '{_memory(stored, rows)}MiB'")
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


def _memory(stored: StoredTable, rows: pa.Table) -> int:
    """MiB that DuckDB may use to write the rows.

    It needs some for every column and goes to disk for the rest, but keeps what it has read as long as it may. So
    this is a little more than the least that did, measured with 60 to 1,200 columns and values of up to 400 kB.
    """
    return 64 + len(stored.columns) // 4 + 3 * rows.nbytes // 2**20
