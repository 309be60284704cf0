"""How staged rows meet stored ones in Snowflake: the text of MERGE.

A source is what follows FROM: a staging table, or the rows themselves where they are few. It has the table's
columns in the types that rows bring (JSON as text), and POSITION.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa

from hubspot_assets.warehouse.base import Replace, Table, WarehouseBusy, naive_utc
from hubspot_assets.warehouse.parquet_stage import POSITION
from hubspot_assets.warehouse.snowflake.sql import (
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


def merge(table: Table, name: str, stored: Mapping[str, str], source: Source, *, unmarked: str | None = None) -> str:
    """The MERGE of a source by the table's key and version.

    Args:
        table: The table that the rows are for.
        name: Its full, quoted name.
        stored: Its columns and their types as stored.
        source: The rows.
        unmarked: Column that is set to NULL, whatever the rows have there.
    """
    columns = [*(c for c in _fitting(table, stored, source) if c != unmarked), *([unmarked] if unmarked else [])]
    others = [c for c in columns if c not in table.key]
    version = [c for c in table.version if c in columns]
    compared = {c: stored[c] for c in others if c not in table.provenance}
    update = ""
    if compared and not table.immutable:
        older = f"NOT ({newer('t', 's', version)}) AND " if version else ""
        update = (
            f" WHEN MATCHED AND {older}({differs('t', 's', compared)})"
            f" THEN UPDATE SET {', '.join(f't.{quoted(c)} = s.{quoted(c)}' for c in others)}"
        )
    return (
        f"MERGE INTO {name} t USING ({_typed(table, stored, columns, source, version, unmarked)}) s "
        f"ON {_same_key(table)}{update}"
        f" WHEN NOT MATCHED THEN INSERT ({listed(columns)}) VALUES ({listed(columns, 's.')})"
    )


def patch(
    table: Table, name: str, stored: Mapping[str, str], source: Source, only_if_older_than: Sequence[str]
) -> tuple[str, str]:
    """A query for the number of rows that a patch meets, and the MERGE that patches those that it changes."""
    columns = [c for c in _fitting(table, stored, source) if c not in table.key]
    compared = [c for c in columns if c not in table.provenance] or columns
    older = f"({newer('s', 't', only_if_older_than)}) AND " if only_if_older_than else ""
    rows = _typed(table, stored, source.columns, source, only_if_older_than)
    return (
        f"SELECT COUNT(*) FROM {name} t JOIN ({rows}) s ON {_same_key(table)}",
        f"MERGE INTO {name} t USING ({rows}) s ON {_same_key(table)} "
        f"WHEN MATCHED AND {older}({differs('t', 's', {c: stored[c] for c in compared})}) "
        f"THEN UPDATE SET {', '.join(f't.{quoted(c)} = s.{quoted(c)}' for c in columns)}",
    )


def removal(
    write: Replace, name: str, stored: Mapping[str, str], rows: Source | None, scopes: Source | None
) -> tuple[str, tuple[object, ...]]:
    """The MERGE that marks the stored rows of some scopes that a batch lacks, and the values it binds.

    Args:
        write: What is replaced.
        name: The full, quoted name of its table.
        stored: The table's columns and their types as stored.
        rows: The batch, None for one without rows.
        scopes: The scopes, None for the whole table.
    """
    table = write.table
    marks = [f"CAST(%s AS {stored[c]}) AS {quoted(c)}" for c in write.mark]
    text = f"SELECT DISTINCT {listed(table.key, 'p.')}, {', '.join(marks)} FROM {name} p"
    values: list[object] = [_text(naive_utc(value)) for value in write.mark.values()]
    if scopes is not None:
        same = " AND ".join(f"c.{quoted(c)} = p.{quoted(c)}" for c in write.scope)
        text += f" JOIN (SELECT DISTINCT {listed(write.scope)} FROM {scopes.text}) c ON {same}"
        values += scopes.values
    lacking = ""
    if rows is not None:
        same = " AND ".join(f"r.{quoted(c)} = p.{quoted(c)}" for c in table.key)
        text += f" LEFT JOIN (SELECT DISTINCT {listed(table.key)} FROM {rows.text}) r ON {same}"
        values += rows.values
        lacking = f" AND r.{quoted(table.key[0])} IS NULL"
    text += f" WHERE p.{quoted(write.removal)} IS NULL{lacking}"
    for column in write.instants:
        text += f" AND (p.{quoted(column)} <= CAST(%s AS {stored[column]}) OR p.{quoted(column)} IS NULL)"
        values.append(_text(naive_utc(write.removed_at)))
    change = ", ".join(f"t.{quoted(c)} = s.{quoted(c)}" for c in write.mark)
    return (
        f"MERGE INTO {name} t USING ({text}) s ON {_same_key(table)} "
        f"WHEN MATCHED AND t.{quoted(write.removal)} IS NULL THEN UPDATE SET {change}"
    ), tuple(values)


def _typed(
    table: Table,
    stored: Mapping[str, str],
    columns: Sequence[str],
    source: Source,
    version: Sequence[str],
    unmarked: str | None = None,
) -> str:
    """The newest row per key, its values as the table stores them."""
    chosen = newest(source.text, table.key, version)
    values = [
        f"CAST(NULL AS {stored[c]})" if c == unmarked else as_stored(quoted(c), _wanted(table, c), stored[c])
        for c in columns
    ]
    named = ", ".join(f"{value} AS {quoted(c)}" for value, c in zip(values, columns, strict=True))
    return f"SELECT {named} FROM ({chosen})"


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
