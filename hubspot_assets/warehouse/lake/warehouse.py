"""Delta Lake tables on S3 as the destination: DuckDB computes on this machine, deltalake keeps the logs."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from typing_extensions import override

from hubspot_assets.warehouse.base import (
    Aggregate,
    Counts,
    Filters,
    SchemaChange,
    Table,
    TableNotFound,
    Warehouse,
    WarehouseError,
    Write,
    WriteAfter,
)
from hubspot_assets.warehouse.duckdb.sql import aggregation, by_day, condition, quoted
from hubspot_assets.warehouse.lake.bucket import Bucket, Place
from hubspot_assets.warehouse.lake.check import check
from hubspot_assets.warehouse.lake.commits import Committer
from hubspot_assets.warehouse.lake.desk import Questions
from hubspot_assets.warehouse.lake.errors import named_errors
from hubspot_assets.warehouse.lake.log import Logs
from hubspot_assets.warehouse.lake.removal import remove
from hubspot_assets.warehouse.lake.schema import ensured
from hubspot_assets.warehouse.lake.small_files import SmallFiles
from hubspot_assets.warehouse.lake.snapshot import DataFile, Snapshot, opened
from hubspot_assets.warehouse.lake.sql import DIALECT, as_read
from hubspot_assets.warehouse.parquet_stage import ParquetStage
from hubspot_assets.warehouse.spool import spooled
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.writes import is_idle


class LakeWarehouse(Warehouse):
    """Tables below one prefix of one bucket.

    Args:
        bucket: The place, and the credentials for it.
        chunk_rows: Rows after which a stage is full: a commit writes anew every file that it touches, so that fewer
            and larger ones are cheaper.
        chunk_bytes: Compressed bytes after which a stage is full, however few its rows.
        keep_days: How long files are kept that no table needs any more, for readers of older versions.
    """

    has_views = False

    def __init__(
        self, bucket: Bucket, *, chunk_rows: int = 100_000, chunk_bytes: int = 128 * 2**20, keep_days: int = 2
    ) -> None:
        self.chunk_rows = chunk_rows
        self.place = bucket.place
        self._bucket = bucket
        self._chunk_bytes = chunk_bytes
        self._keep_days = keep_days
        self._logs = Logs(bucket)
        self._small_files = SmallFiles(bucket)
        self._committer = Committer(bucket, self._logs, self._small_files)
        self._questions = Questions()
        self._kept = threading.local()

    @property
    @override
    def dialect(self) -> Dialect:
        return DIALECT

    @override
    def describe(self) -> str:
        return f"lake {self.place}"

    @override
    def check(self) -> None:
        check(self._bucket)

    @override
    @contextmanager
    def reading(self) -> Iterator[None]:
        """Do the rest of commits that were cut short, then let each table be opened once for several reads."""
        if self._opened is not None:
            yield
            return
        with named_errors(self.place):
            self._committer.recover()
        self._kept.opened = {}
        try:
            yield
        finally:
            self._kept.opened = None

    @override
    def schema(self, table: str) -> pa.Schema | None:
        with named_errors(self.place):
            snapshot = self._open(table)
        return snapshot.schema if snapshot is not None else None

    @override
    def ensure(self, *tables: Table) -> list[SchemaChange]:
        with named_errors(self.place):
            return [
                change
                for table in tables
                for change in ensured(self._bucket, self._logs, self._committer, table, self._keep_days)
            ]

    @override
    def drop(self, *tables: str) -> None:
        with named_errors(self.place):
            for table in tables:
                remove(self._bucket, self._logs, self._committer, table)

    @override
    def stage(self, table: Table) -> ParquetStage:
        return ParquetStage(table, full_rows=self.chunk_rows, full_bytes=self._chunk_bytes)

    @override
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        if all(is_idle(write) for write in writes):
            return [Counts() for _ in writes]
        with named_errors(self.place):
            return self._committer.commit(writes)

    @override
    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        with self._asking() as ask:
            snapshot = ask.about(table, columns or (), where)
            wanted = snapshot.schema if columns is None else pa.schema([snapshot.schema.field(c) for c in columns])
            chosen = ", ".join(map(quoted, wanted.names))
            text, values = condition(where)
            found = ask.answer(f"SELECT {chosen} FROM {quoted(table)} WHERE {text}", values)
            return found.to_arrow_table().cast(wanted)

    @override
    def count(self, table: str, where: Filters = ()) -> int:
        with self._asking() as ask:
            try:
                snapshot = ask.about(table, (), where)
            except TableNotFound:
                return 0
            if not where:
                return sum(file.rows for file in snapshot.files())
            text, values = condition(where)
            [(rows,)] = ask.answer(f"SELECT count(*) FROM {quoted(table)} WHERE {text}", values).fetchall()
            return rows

    @override
    def duplicates(self, table: str, key: Sequence[str]) -> int:
        with self._asking() as ask:
            try:
                ask.about(table, key, ())
            except TableNotFound:
                return 0
            groups = f"(SELECT count(*) AS n FROM {quoted(table)} GROUP BY {', '.join(map(quoted, key))})"
            [(rows,)] = ask.answer(f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM {groups}", []).fetchall()
            return rows

    @override
    def aggregate(
        self, table: str, by: Sequence[str], values: Mapping[str, Aggregate], where: Filters = ()
    ) -> pa.Table:
        with self._asking() as ask:
            snapshot = ask.about(table, (*by, *values), where)
            text, bound = condition(where)
            computed, grouped = aggregation(by, values)
            found = ask.answer(f"SELECT {computed} FROM {quoted(table)} WHERE {text}{grouped}", bound)
            return found.to_arrow_table().cast(pa.schema([snapshot.schema.field(c) for c in (*by, *values)]))

    @override
    def count_by_day(self, table: str, column: str, where: Filters = ()) -> Mapping[date, int]:
        with self._asking() as ask:
            ask.about(table, (column,), where)
            text, bound = condition(where)
            counted, grouped = by_day(column)
            return dict(ask.answer(f"SELECT {counted} FROM {quoted(table)} WHERE {text}{grouped}", bound).fetchall())

    @override
    def missing(
        self, table: str, where: Filters, seen: str, seen_where: Filters, key: Sequence[str]
    ) -> Iterator[pa.Table]:
        with self._asking() as ask:
            columns, sides, values = ", ".join(map(quoted, key)), [], []
            for name, conditions in ((table, where), (seen, seen_where)):
                ask.about(name, key, conditions)
                text, bound = condition(conditions)
                sides.append(f"(SELECT {columns} FROM {quoted(name)} WHERE {text})")
                values.extend(bound)
            found = ask.answer(f"FROM {sides[0]} ANTI JOIN {sides[1]} USING ({columns})", values).to_arrow_reader()
            return spooled(found.schema, found)

    def tables(self) -> list[str]:
        """The names of the tables that there are."""
        with named_errors(self.place):
            return [name for name in self._bucket.folders() if not name.startswith("_")]

    def files(self, table: str) -> tuple[Sequence[DataFile], int]:
        """The data files of a table as it is now, and its version.

        Raises:
            TableNotFound: If there is no such table.
        """
        with named_errors(self.place):
            snapshot = self._open(table)
        if snapshot is None:
            raise TableNotFound(f"There is no table {table} in lake {self.place}; sync it first.")
        return snapshot.files(), snapshot.version

    def upkeep(self) -> int:
        """Remove the files that no table needs any more: of older versions, and of writers that were killed.

        Returns:
            How many there were.
        """
        removed = 0
        with named_errors(self.place):
            self._committer.recover()
            for name in self.tables():
                uri, options = self.place.uri(name), self._bucket.storage_options()
                if not DeltaTable.is_deltatable(uri, options):
                    continue
                table = DeltaTable(uri, storage_options=options)
                # Without `full`, files that no log has ever named would stay.
                removed += len(table.vacuum(retention_hours=self._keep_days * 24, dry_run=False, full=True))
                table.cleanup_metadata()
        return removed

    @property
    def _opened(self) -> dict[str, Snapshot | None] | None:
        """The tables that this thread keeps open, None when it keeps none."""
        return getattr(self._kept, "opened", None)

    def _open(self, table: str) -> Snapshot | None:
        kept = self._opened
        if kept is None:
            return opened(self._logs, table)
        if table not in kept:
            kept[table] = opened(self._logs, table)
        return kept[table]

    @contextmanager
    def _asking(self) -> Iterator["_Asking"]:
        with named_errors(self.place), self._questions.connection() as connection:
            yield _Asking(self.place, connection, self._open, self._small_files)


class _Asking:
    """Questions about tables, which DuckDB answers from as few parts of their files as it can."""

    def __init__(
        self,
        place: Place,
        connection: duckdb.DuckDBPyConnection,
        open_: Callable[[str], Snapshot | None],
        small_files: SmallFiles,
    ) -> None:
        self._place = place
        self._open = open_
        self._small_files = small_files
        self._connection = connection
        self.answer: Callable[[str, list[object]], duckdb.DuckDBPyRelation] = lambda query, values: connection.sql(
            query, params=values
        )

    def about(self, table: str, columns: Sequence[str], where: Filters) -> Snapshot:
        """Show a table to DuckDB under its name.

        Raises:
            TableNotFound: If there is no such table.
            WarehouseError: If it lacks a column that is asked for.
        """
        snapshot = self._open(table)
        if snapshot is None:
            raise TableNotFound(f"There is no table {table} in lake {self._place}; sync it first.")
        asked = [*columns, *(column for column, _, _ in where)]
        if unknown := [column for column in asked if column not in snapshot.columns]:
            raise WarehouseError(f"Table {table} in lake {self._place} has no column {', '.join(unknown)}.")
        filesystem = self._small_files.filesystem(table, snapshot.files())
        files = snapshot.delta.to_pyarrow_dataset(filesystem=filesystem)
        source = f"files of {table}"
        self._connection.register(source, files)
        read = ", ".join(f"{as_read(c, type_)} AS {quoted(c)}" for c, type_ in snapshot.columns.items())
        self._connection.execute(f"CREATE TEMP VIEW {quoted(table)} AS SELECT {read} FROM {quoted(source)}")
        return snapshot
