"""Rows that wait on this machine's disk: a typed, zstd-compressed Parquet file."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from hubspot_assets.warehouse.base import Stage, Table, WarehouseError, conformed

POSITION = "STAGED$POSITION"
"""Column beside staged rows: the order in which they came. `$` occurs in no column of ours."""

FOLDER_PREFIX = "hubspot-assets-stage-"

_ROW_GROUP_BYTES = 8 * 2**20
"""Rows wait in memory until a row group is worth compressing."""


class ParquetStage(Stage):
    """Rows in one Parquet file.

    Args:
        table: What the rows are for.
        full_rows: Rows after which the stage is full.
        full_bytes: Compressed bytes after which it is, however few its rows.
    """

    def __init__(self, table: Table, *, full_rows: int, full_bytes: int) -> None:
        self._table = table
        self._full_rows = full_rows
        self._full_bytes = full_bytes
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._rows = 0
        self.columns: tuple[str, ...] = ()
        """The table's columns that the rows have."""

    @property
    @override
    def rows(self) -> int:
        return self._rows

    @property
    @override
    def full(self) -> bool:
        return self._rows >= self._full_rows or (
            self._folder is not None and self._path.stat().st_size >= self._full_bytes
        )

    @override
    def write(self, rows: pa.Table) -> None:
        rows = conformed(self._table, rows)
        columns = tuple(rows.column_names)
        if self._rows and columns != self.columns:
            # As NULL in some of the rows, the columns would overwrite what is stored.
            raise WarehouseError(f"rows for table {self._table.name} have other columns than those staged before")
        self.columns = columns
        position = pa.array(np.arange(self._rows, self._rows + rows.num_rows))
        self._waiting.append(rows.append_column(POSITION, position))
        self._waiting_bytes += rows.nbytes
        self._rows += rows.num_rows
        if self._waiting_bytes >= _ROW_GROUP_BYTES:
            self._write_row_group()

    @override
    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._writer, self._waiting, self._waiting_bytes, self._rows = None, None, [], 0, 0

    def file(self) -> Path:
        """The finished file; nothing may be written after this."""
        self._write_row_group()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            # Whoever merges the rows needs the memory that compressing them took.
            pa.default_memory_pool().release_unused()
        return self._path

    def keys(self) -> int:
        """How many different keys the rows of the finished file have."""
        key = list(self._table.key)
        return self.selected(key).group_by(key).aggregate([]).num_rows

    def selected(self, columns: Sequence[str]) -> pa.Table:
        """Some columns of the finished file."""
        return pq.read_table(self.file(), columns=list(columns))

    @property
    def _path(self) -> Path:
        assert self._folder is not None, "a stage without rows has no file"
        return Path(self._folder.name, "part-0.parquet")

    def _write_row_group(self) -> None:
        if not self._waiting:
            return
        rows = pa.concat_tables(self._waiting)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX)
            self._writer = pq.ParquetWriter(self._path, rows.schema, compression="zstd")
        assert self._writer is not None, "nothing may be written to a finished stage"
        self._writer.write_table(rows)
        self._waiting, self._waiting_bytes = [], 0
