"""The SQL that DuckDB tables need: names, types, conditions, and how values are spelled as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from hubspot_assets.warehouse.base import Filters, WarehouseError, naive_utc

DATABASE = "warehouse"
"""The name by which a connection knows the DuckDB file, whatever the file is called."""

SCHEMA = "main"
"""The DuckDB schema of every table."""


def quoted(name: str) -> str:
    """An identifier that means itself, whatever it is called."""
    return '"' + name.replace('"', '""') + '"'


def qualified(table: str) -> str:
    """The full, quoted name of a table."""
    return f"{DATABASE}.{SCHEMA}.{quoted(table)}"


def literal(text: str) -> str:
    """A text literal, for statements that take no parameters."""
    return "'" + text.replace("\0", "").replace("'", "''") + "'"


def column_type(type_: pa.DataType, *, json: bool = False) -> str:
    """DuckDB's name of an Arrow type, as its catalog spells it.

    Raises:
        WarehouseError: For a type that no table of ours uses.
    """
    if json:
        return "JSON"
    if pa.types.is_decimal(type_):
        return f"DECIMAL({type_.precision},{type_.scale})"
    for test, name in _TYPES:
        if test(type_):
            return name
    raise WarehouseError(f"a column of Arrow type {type_} has no type in DuckDB here; cast it first")


_TYPES = (
    (lambda type_: pa.types.is_string(type_) or pa.types.is_large_string(type_), "VARCHAR"),
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_int64, "BIGINT"),
    (pa.types.is_int32, "INTEGER"),
    (pa.types.is_float64, "DOUBLE"),
    (pa.types.is_date32, "DATE"),
    (lambda type_: pa.types.is_timestamp(type_) and type_.tz is None, "TIMESTAMP"),
)

_WIDENINGS = frozenset({("INTEGER", "BIGINT"), ("VARCHAR", "JSON")})


def holds(stored: str, wanted: str) -> bool:
    """Whether a column of the stored type keeps every value of the wanted type as it is."""
    return stored in (wanted, "VARCHAR") or (wanted, stored) in _WIDENINGS


def spelled(expression: str, type_: str) -> str:
    """Text of a value of a DuckDB type, as HubSpot spells it."""
    text = f"CAST({expression} AS VARCHAR)"
    if type_.startswith("DECIMAL"):
        return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"
    if type_ == "TIMESTAMP":
        second = f"strftime({expression}, '%Y-%m-%dT%H:%M:%S"
        return f"CASE WHEN microsecond({expression}) % 1000 = 0 THEN {second}.%gZ') ELSE {second}.%fZ') END"
    return text


def as_stored(expression: str, wanted: str, stored: str) -> str:
    """A value of the wanted type as a column of the stored type keeps it; `holds` must be true of the two."""
    return spelled(expression, wanted) if stored == "VARCHAR" and wanted != "VARCHAR" else expression


def equal(left: str, right: str, columns: Iterable[str]) -> str:
    """True where two rows have equal columns, a NULL being equal to a NULL."""
    pairs = [f"{left}.{quoted(c)} IS NOT DISTINCT FROM {right}.{quoted(c)}" for c in columns]
    return " AND ".join(pairs) or "TRUE"


def newer(left: str, right: str, version: Sequence[str]) -> str:
    """True where the left row's version is greater, a NULL being the least; never NULL."""
    cases = []
    for rank, column in enumerate(version):
        a, b = f"{left}.{quoted(column)}", f"{right}.{quoted(column)}"
        greater = f"coalesce({a} > {b}, {a} IS NOT NULL AND {b} IS NULL)"
        cases.append(f"({equal(left, right, version[:rank])} AND {greater})")
    return f"({' OR '.join(cases)})" if cases else "FALSE"


def condition(where: Filters) -> tuple[str, list[object]]:
    """The text of a WHERE clause, and the values it binds."""
    terms: list[str] = []
    values: list[object] = []
    for column, comparison, value in where:
        name = quoted(column)
        match comparison:
            case "is null" | "is not null":
                terms.append(f"{name} {comparison.upper()}")
            case "in":
                members = [naive_utc(v) for v in value]  # pyright: ignore[reportGeneralTypeIssues]
                terms.append(f"{name} IN (SELECT unnest(?))" if members else "FALSE")
                values.extend([members] if members else [])
            case "=" | "!=" | "<" | "<=" | ">" | ">=":
                if value is None:
                    raise ValueError(f'{column} {comparison} None: say "is null" or "is not null"')
                terms.append(f"{name} {'IS DISTINCT FROM' if comparison == '!=' else comparison} ?")
                values.append(naive_utc(value))
            case _:
                raise ValueError(f"{comparison!r} is no comparison")
    return " AND ".join(terms) or "TRUE", values
