"""A table as its log has it at one instant: its columns, and the files that hold its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.sql import DIALECT, arrow_schema


@dataclass(frozen=True)
class DataFile:
    """A Parquet file of a table; it never changes.

    Attributes:
        path: Below the table.
        rows: How many rows it has.
        size: Bytes.
        lows: The least value of some columns.
        highs: The greatest value of some columns.
        stats: What the log is to say of a new file, as JSON.
    """

    path: str
    rows: int
    size: int
    lows: Mapping[str, object] = field(default_factory=dict)
    highs: Mapping[str, object] = field(default_factory=dict)
    stats: str = ""


class Snapshot:
    """A table at one instant.

    Args:
        name: The table.
        delta: The same as deltalake opened it.
        options: What it was opened with.
    """

    def __init__(self, name: str, delta: DeltaTable, options: Mapping[str, str]) -> None:
        self._name = name
        self._options = options
        self.delta = delta
        self.version = delta.version()
        self.stored = pa.schema(delta.schema().to_arrow())
        self.schema = arrow_schema(self.stored)
        self.columns = {f.name: DIALECT.column_type(f.type) for f in self.schema}
        """The columns with DuckDB's names of their types."""

    def files(self) -> list[DataFile]:
        """The files that hold its rows."""
        found = pa.table(self.delta.get_add_actions(flatten=True)).to_pylist()
        return [
            DataFile(
                path=each["path"],
                rows=each["num_records"],
                size=each["size_bytes"],
                lows={name.removeprefix("min."): v for name, v in each.items() if name.startswith("min.")},
                highs={name.removeprefix("max."): v for name, v in each.items() if name.startswith("max.")},
            )
            for each in found
        ]

    def renewed(self, bucket: Bucket) -> "Snapshot | None":
        """The table as it is now, for a few requests; this snapshot is of no use after that.

        Returns:
            None if it must be opened anew: the credentials are others, or the table was dropped.
        """
        if bucket.storage_options() != self._options:
            return None
        if bucket.get(f"{self._name}/_delta_log/{self.delta.version():020}.json") is None:
            return None
        self.delta.update_incremental()
        return Snapshot(self._name, self.delta, self._options)


def opened(bucket: Bucket, table: str) -> Snapshot | None:
    """A table as it is now, None when there is none."""
    options = bucket.storage_options()
    try:
        return Snapshot(table, DeltaTable(bucket.place.uri(table), storage_options=options), options)
    except TableNotFoundError:
        return None
