"""The SQL of the engines that read a lake, for views over its tables; instants come with a zone, JSON as text."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
from typing_extensions import override

from hubspot_assets.warehouse.duckdb.sql import DIALECT as DUCKDB_FILE
from hubspot_assets.warehouse.snowflake.sql import DIALECT as SNOWFLAKE_TABLES
from hubspot_assets.warehouse.sql import Dialect

_MOST_ELEMENTS = 200
"""Elements of an array that Athena takes in one place."""


def _utc(dialect: Dialect, instant: Callable[[str], str]) -> Callable[[str, str], str]:
    """How a dialect spells values where an instant must first lose its zone."""
    named = dialect.types[pa.timestamp("us")]
    return lambda expression, type_: dialect.spelled(instant(expression) if type_ == named else expression, type_)


DUCKDB = dataclasses.replace(
    DUCKDB_FILE, json="VARCHAR", spelled=_utc(DUCKDB_FILE, lambda value: f"({value} AT TIME ZONE 'UTC')")
)

SNOWFLAKE = dataclasses.replace(
    SNOWFLAKE_TABLES,
    # These statements are read by people, and go through no driver that binds values.
    parameter="?",
    json="VARCHAR",
    spelled=_utc(SNOWFLAKE_TABLES, lambda value: f"CAST(CONVERT_TIMEZONE('UTC', {value}) AS TIMESTAMP_NTZ)"),
    json_key=lambda column, key: f"CAST(PARSE_JSON({column})[{key}] AS VARCHAR)",
)


def _athena_spelled(expression: str, type_: str) -> str:
    text = f"CAST({expression} AS VARCHAR)"
    if type_.startswith("DECIMAL"):
        return f"regexp_replace({text}, '[.]?0+$', '')"
    return f"to_iso8601(CAST({expression} AS TIMESTAMP(3) WITH TIME ZONE))" if type_ == "TIMESTAMP" else text


def _athena_array(values: Sequence[str]) -> str:
    parts = [values[start : start + _MOST_ELEMENTS] for start in range(0, len(values), _MOST_ELEMENTS)]
    return " || ".join(f"ARRAY[{', '.join(part)}]" for part in parts) or "ARRAY[]"


def _athena_json_object(values: Mapping[str, str]) -> str:
    pairs = f"MAP({_athena_array(list(values))}, {_athena_array(list(values.values()))})"
    return f"json_format(CAST(map_filter({pairs}, (k, v) -> v IS NOT NULL) AS JSON))"


def _athena_unpivoted(source: str, columns: Sequence[str], values: Mapping[str, str]) -> str:
    arrays = f"{_athena_array(list(values))}, {_athena_array(list(values.values()))}"
    chosen = ", ".join([*columns, "p.NAME", "p.VALUE"])
    return f"SELECT {chosen} FROM {source} CROSS JOIN UNNEST({arrays}) AS p (NAME, VALUE) WHERE p.VALUE IS NOT NULL"


ATHENA = dataclasses.replace(
    DUCKDB_FILE,
    database="Athena",
    json="VARCHAR",
    spelled=_athena_spelled,
    json_object=_athena_json_object,
    json_key=lambda column, key: f"json_extract_scalar({column}, '$[\"' || {key} || '\"]')",
    unpivoted=_athena_unpivoted,
)


def _databricks_spelled(expression: str, type_: str) -> str:
    text = f"CAST({expression} AS STRING)"
    if type_.startswith("DECIMAL"):
        return f"regexp_replace({text}, '[.]?0+$', '')"
    if type_ == "TIMESTAMP":
        instant = f"to_utc_timestamp({expression}, current_timezone())"
        return f"date_format({instant}, \"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\")"
    return text


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{key}, {value}" for key, value in values.items())


def _databricks_unpivoted(source: str, columns: Sequence[str], values: Mapping[str, str]) -> str:
    rows = f"stack({len(values)}, {_pairs(values)})"
    chosen = ", ".join([*columns, "NAME", "VALUE"])
    return f"SELECT {chosen} FROM {source} LATERAL VIEW {rows} p AS NAME, VALUE WHERE VALUE IS NOT NULL"


class _Backticked(Dialect):
    @override
    def quoted(self, name: str) -> str:
        return f"`{name.replace('`', '``')}`"


def _fields(dialect: Dialect) -> Iterator[tuple[str, object]]:
    return ((field.name, getattr(dialect, field.name)) for field in dataclasses.fields(dialect))


DATABRICKS = _Backticked(
    **{  # pyright: ignore[reportArgumentType]
        **dict(_fields(DUCKDB_FILE)),
        "database": "Databricks",
        "json": "STRING",
        "spelled": _databricks_spelled,
        "json_object": lambda values: f"to_json(map_filter(map({_pairs(values)}), (k, v) -> v IS NOT NULL))",
        "json_key": lambda column, key: f"get_json_object({column}, concat('$.', {key}))",
        "unpivoted": _databricks_unpivoted,
    }
)

ENGINES: Mapping[str, Dialect] = {
    "snowflake": SNOWFLAKE,
    "athena": ATHENA,
    "databricks": DATABRICKS,
    "duckdb": DUCKDB,
}
"""The engines by name."""
