"""The files of a table: fetched where they are needed whole, read in parts where not, and written anew."""

import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_assets.warehouse.base import Table
from hubspot_assets.warehouse.duckdb.sql import literal, quoted
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.small_files import SMALL, SmallFiles
from hubspot_assets.warehouse.lake.snapshot import DataFile
from hubspot_assets.warehouse.lake.sql import as_read, as_written

ROW = '"stored row"'
"""Column beside stored rows: which row of its file it is."""

_ROW_GROUP = (50_000, "12MB")
_WIDE = 200
_ROW_GROUP_WHEN_WIDE = (20_000, "24MB")

SKIPPED_BY = ("ARCHIVED", "ARCHIVEDAT", "DELETEDAT", "REMOVEDAT", "OBJECTTYPEID")
"""Columns besides key and version by whose bounds readers skip files."""


def bounded(table: Table, columns: Iterable[str]) -> list[str]:
    """The columns whose bounds the log knows for each file."""
    named = dict.fromkeys((*table.key, *table.version, *SKIPPED_BY))
    return [c for c in named if c in set(columns)]


class Parts:
    """The files of one table.

    Args:
        bucket: Where they are.
        small_files: Copies of small ones.
        table: The table.
        columns: Its columns as they are stored, with DuckDB's names of their types.
        connection: Reads and writes them.
        folder: Keeps files on this machine.
    """

    def __init__(
        self,
        bucket: Bucket,
        small_files: SmallFiles,
        table: Table,
        columns: Mapping[str, str],
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
    ) -> None:
        self._bucket = bucket
        self._small_files = small_files
        self._table = table
        self._columns = columns
        self._connection = connection
        self._folder = folder
        self._files = bucket.filesystem(table.name)

    def whole(self, file: DataFile) -> str:
        """A query of all columns of a file and ROW; fetches the file."""
        return self._query(self._fetched(file), self._columns)

    def some(self, file: DataFile, columns: Sequence[str]) -> str:
        """A query of a few columns of a file and ROW; fetches nothing else, unless the file is small.

        Good until the next one is asked for.
        """
        chosen = {c: self._columns[c] for c in dict.fromkeys(columns)}
        if file.size <= SMALL or self.local(file).exists():
            return self._query(self._fetched(file), chosen)
        with self._files.open_input_file(file.path) as opened:
            parquet = pq.ParquetFile(opened)
            found = [c for c in chosen if c in parquet.schema_arrow.names]
            rows = parquet.read(columns=found).append_column(ROW.strip('"'), pa.arange(0, file.rows))
        self._connection.register("stored columns", rows)
        values = [self._value(c, type_, c in found) for c, type_ in chosen.items()]
        return f'SELECT {", ".join([*values, ROW])} FROM temp."stored columns"'

    def write(self, query: str, columns: Mapping[str, str] | None = None) -> DataFile | None:
        """Write the rows of a query into a new file on this machine.

        Args:
            query: Has all columns.
            columns: The columns, where they are not those that are stored.

        Returns:
            The file; None if there are no rows.
        """
        # Reading and writing the files before leaves much memory that nobody uses and the process still has.
        pa.default_memory_pool().release_unused()
        columns = columns or self._columns
        path = self._folder / f"part-{uuid.uuid4()}.zstd.parquet"
        values = ", ".join(f"{as_written(c, type_)} AS {quoted(c)}" for c, type_ in columns.items())
        most_rows, most_bytes = _ROW_GROUP
        if len(columns) > _WIDE:
            # Each thread holds a row group of its own.
            most_rows, most_bytes = _ROW_GROUP_WHEN_WIDE
            self._connection.execute("SET threads = 1")
        [(_, rows, _, _, found, *_)] = self._connection.execute(
            f"COPY (SELECT {values} FROM ({query})) TO {literal(str(path))} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {most_rows}, ROW_GROUP_SIZE_BYTES '{most_bytes}', "
            "RETURN_STATS)"
        ).fetchall()
        if not rows:
            path.unlink()
            return None
        nulls = {c: int(found[quoted(c)]["null_count"]) for c in columns}
        return self._described(path, rows, columns, nulls)

    def upload(self, file: DataFile) -> None:
        """Bring a new file to the others; nobody sees it before the log has it."""
        self._bucket.upload(self.local(file), f"{self._table.name}/{file.path}")
        self._small_files.keep(self._table.name, self.local(file))

    def local(self, file: DataFile) -> Path:
        """Where a file is on this machine, if it is."""
        return self._folder / file.path

    def _fetched(self, file: DataFile) -> Path:
        path = self.local(file)
        if path.exists():
            return path
        if file.size <= SMALL:
            self._small_files.copy(self._table.name, file, path)
        else:
            self._bucket.download(f"{self._table.name}/{file.path}", path, file.size)
        return path

    def _query(self, path: Path, columns: Mapping[str, str]) -> str:
        found = set(pq.read_schema(path).names)
        values = [self._value(c, type_, c in found) for c, type_ in columns.items()]
        rows = f"read_parquet({literal(str(path))}, file_row_number = true)"
        return f"SELECT {', '.join([*values, f'file_row_number AS {ROW}'])} FROM {rows}"

    def _value(self, column: str, type_: str, found: bool) -> str:
        # A column that was added later is in no older file.
        return f"{as_read(column, type_) if found else f'NULL::{type_}'} AS {quoted(column)}"

    def _described(self, path: Path, rows: int, columns: Mapping[str, str], nulls: Mapping[str, int]) -> DataFile:
        names = bounded(self._table, columns)
        asked = ", ".join(f"min({quoted(c)}), max({quoted(c)})" for c in names)
        source = self._query(path, {c: columns[c] for c in names})
        [values] = self._connection.execute(f"SELECT {asked} FROM ({source})").fetchall()
        lows, highs = dict(zip(names, values[::2], strict=True)), dict(zip(names, values[1::2], strict=True))
        stats = {
            "numRecords": rows,
            "minValues": {c: _bound(v, up=False) for c, v in lows.items() if v is not None},
            "maxValues": {c: _bound(v, up=True) for c, v in highs.items() if v is not None},
            "nullCount": {c: nulls[c] for c in names},
        }
        return DataFile(path.name, rows, path.stat().st_size, lows, highs, json.dumps(stats))


def _bound(value: object, *, up: bool) -> object:
    """A bound as the log spells it: an instant in whole milliseconds, rounded away from the values."""
    if isinstance(value, datetime):
        thousands = (math.ceil if up else math.floor)(value.microsecond / 1_000)
        whole = value.replace(microsecond=0)
        if thousands == 1_000:
            return f"{whole.isoformat()}.999999Z"
        return f"{whole.isoformat()}.{thousands:03}Z"
    return value.isoformat() if isinstance(value, date) else value
