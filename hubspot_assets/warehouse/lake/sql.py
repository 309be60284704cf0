"""The SQL of a lake: DuckDB's, over Parquet files, with JSON as text and instants as every reader knows them."""

import dataclasses

import pyarrow as pa

from hubspot_assets.warehouse.duckdb.sql import DIALECT as DUCKDB
from hubspot_assets.warehouse.duckdb.sql import quoted

DIALECT = dataclasses.replace(DUCKDB, database="a lake", json="VARCHAR")

_INSTANT = pa.timestamp("us", "UTC")


def lake_schema(schema: pa.Schema) -> pa.Schema:
    """A schema as it is stored: an instant without a time zone would need newer readers than many have."""
    return pa.schema([f.with_type(_INSTANT) if pa.types.is_timestamp(f.type) else f for f in schema])


def arrow_schema(schema: pa.Schema) -> pa.Schema:
    """A stored schema as `read` returns it."""
    return pa.schema([pa.field(f.name, _read_as(f.type)) for f in schema])


def _read_as(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(type_):
        return pa.timestamp("us")
    return pa.string() if pa.types.is_large_string(type_) or type_ == pa.string_view() else type_


def as_read(column: str, type_: str) -> str:
    """A column of a Parquet file in the type that we compute with."""
    return f"CAST({quoted(column)} AS TIMESTAMP)" if type_ == "TIMESTAMP" else quoted(column)


def as_written(column: str, type_: str) -> str:
    """A column that we computed in the type that a Parquet file has."""
    return f"CAST({quoted(column)} AS TIMESTAMPTZ)" if type_ == "TIMESTAMP" else quoted(column)
