"""A DuckDB file as the destination: rows wait in memory as Arrow, and the file is open only to take them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

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
from hubspot_assets.warehouse.duckdb import merge as duckdb_merge
from hubspot_assets.warehouse.duckdb.file import DuckDBFile
from hubspot_assets.warehouse.duckdb.schema import StoredTable, evolution, find
from hubspot_assets.warehouse.duckdb.sql import condition, quoted


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
    def rows(self) -> int:
        """See `Stage.rows`."""
        return self._rows

    @property
    def full(self) -> bool:
        """See `Stage.full`."""
        return self._rows >= self._full_rows or self._bytes >= self._full_bytes

    def write(self, rows: pa.Table) -> None:
        """See `Stage.write`."""
        part = conformed(self._table, rows)
        if self._parts and part.column_names != self._parts[0].column_names:
            # As NULL in some of the rows, the columns would overwrite what is stored.
            raise WarehouseError(f"rows for table {self._table.name} have other columns than those staged before")
        self._parts.append(part)
        self._rows += part.num_rows
        self._bytes += part.nbytes

    def close(self) -> None:
        """See `Stage.close`."""
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

    def describe(self) -> str:
        """See `Warehouse.describe`."""
        return f"DuckDB file {self._file.path}"

    def check(self) -> None:
        """See `Warehouse.check`."""
        self._file.check()

    def schema(self, table: str) -> pa.Schema | None:
        """See `Warehouse.schema`."""
        if not self._file.exists():
            return None
        with self._file.open(read_only=True) as connection:
            stored = find(connection, table)
            if stored is None:
                return None
            return connection.sql(f"FROM {stored.name} LIMIT 0").to_arrow_table().schema

    def ensure(self, *tables: Table) -> list[SchemaChange]:
        """See `Warehouse.ensure`."""
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

    def stage(self, table: Table) -> ArrowStage:
        """See `Warehouse.stage`."""
        return ArrowStage(table, self.chunk_rows, self._chunk_bytes)

    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        """See `Warehouse.commit`."""
        if not any(callable(write) or isinstance(write, Delete) or _length(write.rows) for write in writes):
            return [Counts() for _ in writes]
        counts: list[Counts] = []
        with self._existing(read_only=False) as connection:
            connection.begin()
            for write in writes:
                counts.append(self._written(connection, write(counts) if callable(write) else write))
            connection.commit()
        return counts

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See `Warehouse.reading`."""
        with self._file.kept_open():
            yield

    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        """See `Warehouse.read`."""
        with self._existing(read_only=True) as connection:
            stored = self._stored(connection, table)
            self._know(stored, table, columns or (), where)
            chosen = ", ".join(quoted(c) for c in columns) if columns is not None else "*"
            text, values = condition(where)
            query = f"SELECT {chosen} FROM {stored.name} WHERE {text}"
            return connection.sql(query, params=values).to_arrow_table()

    def count(self, table: str, where: Filters = ()) -> int:
        """See `Warehouse.count`."""
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

    def duplicates(self, table: str, key: Sequence[str]) -> int:
        """See `Warehouse.duplicates`."""
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

    def missing(self, table: str, where: Filters, seen: str, seen_where: Filters, key: str) -> pa.Table:
        """See `Warehouse.missing`."""
        with self._existing(read_only=True) as connection:
            sides, values = [], []
            for name, conditions in ((table, where), (seen, seen_where)):
                stored = self._stored(connection, name)
                self._know(stored, name, (key,), conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {quoted(key)} FROM {stored.name} WHERE {text})")
                values.extend(bound)
            query = f"FROM {sides[0]} ANTI JOIN {sides[1]} USING ({quoted(key)})"
            return connection.sql(query, params=values).to_arrow_table()

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
        if not _length(write.rows):
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
            case Append():
                return duckdb_merge.append(connection, table, stored, conformed(table, rows))

    def _stored(self, connection: duckdb.DuckDBPyConnection, table: str) -> StoredTable:
        stored = find(connection, table)
        if stored is None:
            raise TableNotFound(f"There is no table {table} in {self.describe()}; sync it first.")
        return stored

    def _know(self, stored: StoredTable, table: str, columns: Sequence[str], where: Filters) -> None:
        asked = [*columns, *(column for column, _, _ in where)]
        if unknown := [column for column in asked if column.upper() not in stored.columns]:
            raise WarehouseError(f"Table {table} in {self.describe()} has no column {', '.join(unknown)}.")


def _length(rows: Stage | pa.Table) -> int:
    return rows.rows if isinstance(rows, Stage) else rows.num_rows


def _memory(stored: StoredTable, rows: pa.Table) -> int:
    """MiB that DuckDB may use to write the rows.

    It needs some for every column and goes to disk for the rest, but keeps what it has read as long as it may. So
    this is a little more than the least that did, measured with 60 to 1,200 columns and values of up to 400 kB.
    """
    return 64 + len(stored.columns) // 4 + 3 * rows.nbytes // 2**20
