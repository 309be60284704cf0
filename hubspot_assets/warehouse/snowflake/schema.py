"""What is stored in a Snowflake schema, and the statements from there to the tables a sync wants.

Snowflake cannot turn a typed column into text, so one is made beside it, filled, and takes its name. No two of
these statements share a transaction. Whoever finds a column half-way, after a crash, goes on from there; and a sync
that still writes into the typed column meanwhile loses nothing: once that column has another name nobody writes
into it, and only then what was written last is brought over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from snowflake.connector import errors

from hubspot_assets.warehouse.base import (
    COMMENT,
    PROPERTY,
    UNPARSED,
    Filters,
    SchemaChange,
    Table,
    TableNotFound,
    WarehouseError,
)
from hubspot_assets.warehouse.snowflake.errors import is_absent
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import Place, column_type, holds, quoted, spelled

TEXT_SUFFIX = "$TEXT"
"""Ends the name of the text that is to take a column's place; `$` occurs in no column of ours."""
TYPED_SUFFIX = "$TYPED"
"""Ends the name of the typed column whose place a text takes."""


@dataclass(frozen=True)
class Statement:
    """Text and the values it binds."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Step:
    """Changes of one table's schema, and the statements that make them."""

    changes: tuple[SchemaChange, ...]
    statements: tuple[Statement, ...]


def columns(session: Session, place: Place, table: str) -> Mapping[str, str] | None:
    """The columns of a table or view with their Snowflake types; None when there is neither. Wakes no warehouse."""
    try:
        described = session.rows(f"DESCRIBE TABLE {place.table(table)}")
    except errors.ProgrammingError as error:
        if is_absent(error):
            return None
        raise
    return {name: type_ for name, type_, *_ in described}


def required(stored: Mapping[str, str] | None, place: Place, table: str) -> Mapping[str, str]:
    """Return the columns of a table that must be there.

    Raises:
        TableNotFound: There is no such table.
    """
    if stored is None:
        raise TableNotFound(f"There is no table {table} in {place}; sync it first.")
    return stored


def know(stored: Mapping[str, str], place: Place, table: str, columns: Sequence[str], where: Filters) -> None:
    """See to it that a table has the columns that are asked for.

    Raises:
        WarehouseError: If it lacks one.
    """
    asked = [*columns, *(column for column, _, _ in where)]
    if unknown := [column for column in asked if column not in stored]:
        raise WarehouseError(f"Table {table} in {place} has no column {', '.join(unknown)}.")


def evolution(stored: Mapping[str, str] | None, place: Place, table: Table) -> list[Step]:
    """The steps from what is stored to what the table wants; none when it is there already.

    Raises:
        WarehouseError: If what is stored by that name can never become the table.
    """
    name = place.table(table.name)
    if stored is None:
        definitions, comments = _definitions(table, list(table.schema))
        text = f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(definitions)})"
        if table.comment:
            text += " COMMENT = %s"
            comments = (*comments, table.comment)
        return [Step((SchemaChange(table.name, "created"),), (Statement(text, comments),))]
    steps = []
    added = [field for field in table.schema if field.name not in stored and field.name + TEXT_SUFFIX not in stored]
    if added:
        definitions, comments = _definitions(table, added)
        text = f"ALTER TABLE {name} ADD COLUMN " + ", ".join(f"IF NOT EXISTS {d}" for d in definitions)
        changes = tuple(SchemaChange(table.name, "added", field.name) for field in added)
        steps.append(Step(changes, (Statement(text, comments),)))
    for field in table.schema:
        wanted = _wanted(table, field)
        has = stored.get(field.name)
        half_way = stored.get(field.name + TYPED_SUFFIX)
        if has is not None and field.name in (*table.key, *table.version):
            # As text these would neither be found nor ordered.
            if has.startswith("VARCHAR") != (wanted == "VARCHAR") or not holds(has, wanted):
                raise WarehouseError(
                    f"column {field.name} of table {table.name} is stored as {has}, where a sync needs {wanted}; "
                    "another program made this table: rename or drop it."
                )
        elif (has is not None and not holds(has, wanted)) or (has is None and field not in added):
            change = SchemaChange(table.name, "widened", field.name, has or half_way)
            steps.append(Step((change,), tuple(_widening(stored, table, name, field))))
    return steps


def _widening(stored: Mapping[str, str], table: Table, name: str, field: pa.Field) -> list[Statement]:
    """What remains to be done until a typed column is text, however far an earlier attempt came."""
    column, text, typed = (quoted(field.name + suffix) for suffix in ("", TEXT_SUFFIX, TYPED_SUFFIX))
    property_name = _metadata(field, PROPERTY)
    raw_kept = property_name is not None and UNPARSED in stored and UNPARSED in table.json
    path = (property_name,) if raw_kept else ()
    raw = f"CAST({quoted(UNPARSED)}[%s] AS VARCHAR)"

    def filling(source: str, type_: str) -> Statement:
        value = f"COALESCE({spelled(source, type_)}, {raw})" if raw_kept else spelled(source, type_)
        return Statement(f"UPDATE {name} SET {text} = {value} WHERE {text} IS DISTINCT FROM {value}", (*path, *path))

    statements = []
    has = stored.get(field.name)
    if has is not None:
        statements = [
            Statement(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {text} VARCHAR"),
            filling(column, has),
            Statement(f"ALTER TABLE {name} RENAME COLUMN {column} TO {typed}"),
        ]
    typed_as = has or stored.get(field.name + TYPED_SUFFIX)
    if typed_as is not None:
        statements += [filling(typed, typed_as), Statement(f"ALTER TABLE {name} DROP COLUMN {typed}")]
    if raw_kept:
        without = f"OBJECT_DELETE(CAST({quoted(UNPARSED)} AS OBJECT), %s)"
        statements.append(
            Statement(
                f"UPDATE {name} SET {quoted(UNPARSED)} = "
                f"CASE WHEN TO_JSON({without}) = '{{}}' THEN NULL ELSE {without} END WHERE {raw} IS NOT NULL",
                path * 3,
            )
        )
    return [*statements, Statement(f"ALTER TABLE {name} RENAME COLUMN {text} TO {column}")]


def _definitions(table: Table, fields: Sequence[pa.Field]) -> tuple[list[str], tuple[object, ...]]:
    """Column definitions, and the comments they bind."""
    definitions, comments = [], []
    for field in fields:
        comment = _metadata(field, COMMENT)
        definitions.append(f"{quoted(field.name)} {_wanted(table, field)}" + (" COMMENT %s" if comment else ""))
        comments += [comment] if comment else []
    return definitions, tuple(comments)


def _wanted(table: Table, field: pa.Field) -> str:
    return column_type(field.type, json=field.name in table.json)


def _metadata(field: pa.Field, key: bytes) -> str | None:
    value = (field.metadata or {}).get(key)
    return value.decode() if value else None
