"""How staged rows meet stored ones in Snowflake: the text of MERGE, INSERT and DELETE.

A source is what follows FROM: a staging table, or the rows themselves where they are few. It has the table's
columns in the types that rows bring (JSON as text), and POSITION.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from hubspot_assets.warehouse.base import Table, WarehouseBusy
from hubspot_assets.warehouse.snowflake.sql import (
    POSITION,
    as_stored,
    column_type,
    differs,
    holds,
    listed,
    newer,
    newest,
    quoted,
)


@dataclass(frozen=True)
class Source:
    """Rows on their way into a table.

    Attributes:
        text: What follows FROM.
        values: What the text binds.
        columns: The table's columns that the rows have.
        candidates: How many different keys they have.
        rows: How many rows there are.
    """

    text: str
    values: tuple[object, ...]
    columns: tuple[str, ...]
    candidates: int
    rows: int


def inline(table: Table, rows: pa.Table) -> Source:
    """Few rows as a source of their own, so that they need no file and no staging table."""
    casts = [
        f"CAST({quoted(field.name)} AS {column_type(field.type)}) AS {quoted(field.name)}" for field in rows.schema
    ]
    one = f"({', '.join(['%s'] * (len(casts) + 1))})"
    lists = [rows[column].to_pylist() for column in rows.column_names]
    values: list[object] = []
    for position, row in enumerate(zip(*lists, strict=True)):
        values += [_text(value) for value in row]
        values.append(str(position))
    names = listed([*rows.column_names, POSITION])
    text = (
        f"(SELECT {', '.join(casts)}, CAST({quoted(POSITION)} AS NUMBER(38,0)) AS {quoted(POSITION)} "
        f"FROM (VALUES {', '.join([one] * rows.num_rows)}) AS v ({names}))"
    )
    candidates = rows.group_by(list(table.key)).aggregate([]).num_rows
    return Source(text, tuple(values), tuple(rows.column_names), candidates, rows.num_rows)


def merge(table: Table, name: str, stored: Mapping[str, str], source: Source) -> str:
    """The MERGE of a source by the table's key and version.

    Args:
        table: The table that the rows are for.
        name: Its full, quoted name.
        stored: Its columns and their types as stored.
        source: The rows.
    """
    columns = _fitting(table, stored, source)
    others = [c for c in columns if c not in table.key]
    version = [c for c in table.version if c in columns]
    compared = {c: stored[c] for c in others if c not in table.provenance}
    update = ""
    if compared:
        older = f"NOT ({newer('t', 's', version)}) AND " if version else ""
        update = (
            f" WHEN MATCHED AND {older}({differs('t', 's', compared)})"
            f" THEN UPDATE SET {', '.join(f't.{quoted(c)} = s.{quoted(c)}' for c in others)}"
        )
    return (
        f"MERGE INTO {name} t USING ({_typed(table, stored, source, version)}) s ON {_same_key(table)}{update}"
        f" WHEN NOT MATCHED THEN INSERT ({listed(columns)}) VALUES ({listed(columns, 's.')})"
    )


def patch(
    table: Table, name: str, stored: Mapping[str, str], source: Source, only_if_older_than: Sequence[str]
) -> tuple[str, str]:
    """A query for the number of rows that a patch meets, and the MERGE that patches those that it changes."""
    columns = [c for c in _fitting(table, stored, source) if c not in table.key]
    compared = [c for c in columns if c not in table.provenance] or columns
    older = f"({newer('s', 't', only_if_older_than)}) AND " if only_if_older_than else ""
    rows = _typed(table, stored, source, only_if_older_than)
    return (
        f"SELECT COUNT(*) FROM {name} t JOIN ({rows}) s ON {_same_key(table)}",
        f"MERGE INTO {name} t USING ({rows}) s ON {_same_key(table)} "
        f"WHEN MATCHED AND {older}({differs('t', 's', {c: stored[c] for c in compared})}) "
        f"THEN UPDATE SET {', '.join(f't.{quoted(c)} = s.{quoted(c)}' for c in columns)}",
    )


def append(table: Table, name: str, stored: Mapping[str, str], source: Source) -> str:
    """The INSERT of a source."""
    columns = _fitting(table, stored, source)
    return f"INSERT INTO {name} ({listed(columns)}) SELECT {_as_stored(table, stored, columns)} FROM {source.text}"


def _typed(table: Table, stored: Mapping[str, str], source: Source, version: Sequence[str]) -> str:
    """The newest row per key, its values as the table stores them."""
    chosen = newest(source.text, table.key, version)
    return f"SELECT {_as_stored(table, stored, source.columns)} FROM ({chosen})"


def _as_stored(table: Table, stored: Mapping[str, str], columns: Sequence[str]) -> str:
    return ", ".join(f"{as_stored(quoted(c), _wanted(table, c), stored[c])} AS {quoted(c)}" for c in columns)


def _fitting(table: Table, stored: Mapping[str, str], source: Source) -> Sequence[str]:
    for column in source.columns:
        has = stored.get(column)
        if has is None or not holds(has, _wanted(table, column)):
            raise WarehouseBusy(
                f"column {column} of table {table.name} is stored as {has or 'nothing'} and rows bring "
                f"{_wanted(table, column)}; the table was changed while this ran: run it again."
            )
    return source.columns


def _wanted(table: Table, column: str) -> str:
    return column_type(table.schema.field(column).type, json=column in table.json)


def _same_key(table: Table) -> str:
    return " AND ".join(f"t.{quoted(c)} = s.{quoted(c)}" for c in table.key)


def _text(value: object) -> str | None:
    """A value as text that casts back to it exactly."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ", timespec="microseconds")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case float():
            return repr(value)
    return str(value)
