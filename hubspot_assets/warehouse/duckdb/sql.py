"""The SQL that DuckDB tables need: names, types, conditions, and how values are spelled as text."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from hubspot_assets.warehouse.sql import Dialect

DATABASE = "warehouse"
"""The name by which a connection knows the DuckDB file, whatever the file is called."""

SCHEMA = "main"
"""The DuckDB schema of every table."""


def _membership(name: str, members: Sequence[object]) -> tuple[str, list[object]]:
    return f"{name} IN (SELECT unnest(?))", [members]


def spelled(expression: str, type_: str) -> str:
    """Text of a value of a DuckDB type, as HubSpot spells it."""
    text = f"CAST({expression} AS VARCHAR)"
    if type_.startswith("DECIMAL"):
        return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    if type_ == "TIMESTAMP":
        second = f"strftime({expression}, '%Y-%m-%dT%H:%M:%S"
        return f"CASE WHEN microsecond({expression}) % 1000 = 0 THEN {second}.%gZ') ELSE {second}.%fZ') END"
    return text


def _json_object(values: Mapping[str, str]) -> str:
    # A merge patch takes out what is NULL.
    pairs = ", ".join(f"{key}, {value}" for key, value in values.items())
    return f"json_merge_patch('{{}}', json_object({pairs}))"


def _json_key(column: str, key: str) -> str:
    # As RFC 6901 points to a key, so that none is taken for a path.
    return f"json_extract_string({column}, '/' || replace(replace({key}, '~', '~0'), '/', '~1'))"


def _unpivoted(source: str, columns: Sequence[str], values: Mapping[str, str]) -> str:
    names, texts = (f"unnest([{', '.join(each)}])" for each in (values.keys(), values.values()))
    pairs = ", ".join([*columns, f"{names} AS NAME", f"{texts} AS VALUE"])
    return f"SELECT * FROM (SELECT {pairs} FROM {source}) WHERE VALUE IS NOT NULL"


DIALECT = Dialect(
    database="DuckDB",
    parameter="?",
    types={
        pa.string(): "VARCHAR",
        pa.large_string(): "VARCHAR",
        pa.bool_(): "BOOLEAN",
        pa.int64(): "BIGINT",
        pa.int32(): "INTEGER",
        pa.float64(): "DOUBLE",
        pa.date32(): "DATE",
        pa.timestamp("us"): "TIMESTAMP",
    },
    decimal="DECIMAL",
    json="JSON",
    membership=_membership,
    spelled=spelled,
    json_object=_json_object,
    json_key=_json_key,
    unpivoted=_unpivoted,
)
quoted, column_type = DIALECT.quoted, DIALECT.column_type
literal, aggregation, by_day = DIALECT.literal, DIALECT.aggregation, DIALECT.by_day
equal, newer, condition = DIALECT.equal, DIALECT.newer, DIALECT.condition


def qualified(table: str) -> str:
    """The full, quoted name of a table."""
    return f"{DATABASE}.{SCHEMA}.{quoted(table)}"


_WIDENINGS = frozenset({("INTEGER", "BIGINT"), ("VARCHAR", "JSON")})


def holds(stored: str, wanted: str) -> bool:
    """Whether a column of the stored type keeps every value of the wanted type as it is."""
    return stored in (wanted, "VARCHAR") or (wanted, stored) in _WIDENINGS


def as_stored(expression: str, wanted: str, stored: str) -> str:
    """A value of the wanted type as a column of the stored type keeps it; `holds` must be true of the two."""
    return spelled(expression, wanted) if stored == "VARCHAR" and wanted != "VARCHAR" else expression
