"""Rows on their way to Snowflake: typed, zstd-compressed Parquet files on this machine's disk."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_assets.warehouse.base import Stage, Table, conformed
from hubspot_assets.warehouse.snowflake_sql import POSITION

FOLDER_PREFIX = "hubspot-assets-stage-"

_ROW_GROUP_BYTES = 32 * 2**20
"""Rows wait in memory until a row group is worth compressing."""


class ParquetStage(Stage):
    """Rows in Parquet files, one file as long as they bring the same columns.

    Args:
        table: What the rows are for.
        full_rows: Rows after which the stage is full.
        full_bytes: Compressed bytes after which it is, however few its rows. Snowflake loads files of 100 to 250 MB
            best.
    """

    def __init__(self, table: Table, *, full_rows: int, full_bytes: int) -> None:
        self._table = table
        self._full_rows = full_rows
        self._full_bytes = full_bytes
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._columns: list[str] = []
        self._brought: set[str] = set()
        self._rows = 0

    @property
    def rows(self) -> int:
        """See `Stage.rows`."""
        return self._rows

    @property
    def full(self) -> bool:
        """See `Stage.full`."""
        return self._rows >= self._full_rows or sum(f.stat().st_size for f in self._files) >= self._full_bytes

    def write(self, rows: pa.Table) -> None:
        """See `Stage.write`."""
        rows = conformed(self._table, rows)
        position = pa.array(np.arange(self._rows, self._rows + rows.num_rows))
        if rows.column_names != self._columns:
            self._end_file()
            self._columns = rows.column_names
            self._brought.update(rows.column_names)
        self._waiting.append(rows.append_column(POSITION, position))
        self._rows += rows.num_rows
        if sum(part.nbytes for part in self._waiting) >= _ROW_GROUP_BYTES:
            self._write_row_group()

    def close(self) -> None:
        """See `Stage.close`."""
        if self._writer is not None:
            self._writer.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._writer, self._files, self._waiting, self._rows = None, None, [], [], 0

    def files(self) -> Sequence[Path]:
        """The finished files, all in one folder; rows written after this start another."""
        self._end_file()
        return self._files

    def columns(self) -> tuple[str, ...]:
        """The table's columns that some of the rows have, in the table's order."""
        return tuple(name for name in self._table.schema.names if name in self._brought)

    def keys(self) -> int:
        """How many different keys the rows have."""
        key = list(self._table.key)
        parts = [pq.read_table(file, columns=key) for file in self.files()]
        return pa.concat_tables(parts).group_by(key).aggregate([]).num_rows

    def _end_file(self) -> None:
        self._write_row_group()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_row_group(self) -> None:
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting)
        if self._writer is None:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)
            file = Path(self._folder.name, f"part-{len(self._files)}.parquet")
            self._writer = pq.ParquetWriter(file, rows.schema, compression="zstd")
            self._files.append(file)
        self._writer.write_table(rows)
        self._waiting = []
