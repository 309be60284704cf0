"""A table as its log has it at one instant: its columns, and the files that hold its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema

from hubspot_assets.warehouse.lake.log import Logs
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
        delta: The table as deltalake reads it from a copy of its log.
    """

    def __init__(self, delta: DeltaTable) -> None:
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

    def redefined(self, schema: pa.Schema) -> dict[str, Any]:
        """What the log is to say of the table where its columns become others."""
        was = self.delta.metadata()
        return {
            "metaData": {
                "id": str(was.id),
                "name": was.name,
                "description": was.description,
                "format": {"provider": "parquet", "options": {}},
                "schemaString": Schema.from_arrow(schema).to_json(),
                "partitionColumns": [],
                "createdTime": was.created_time,
                "configuration": was.configuration,
            }
        }


def opened(logs: Logs, table: str) -> Snapshot | None:
    """A table as it is now, None when there is none."""
    delta = logs.newest(table)
    return Snapshot(delta) if delta is not None else None
