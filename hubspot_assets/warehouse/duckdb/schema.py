"""What is stored in a DuckDB file, and the steps from there to the tables a sync wants."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from hubspot_assets.warehouse.base import COMMENT, PROPERTY, UNPARSED, SchemaChange, Table, WarehouseError
from hubspot_assets.warehouse.duckdb.sql import (
    column_type,
    holds,
    literal,
    qualified,
    quoted,
    spelled,
)


@dataclass(frozen=True)
class StoredTable:
    """A stored table or view: its qualified, quoted name, and its upper-case columns with their DuckDB types."""

    name: str
    columns: Mapping[str, str]
    is_view: bool = False


@dataclass(frozen=True)
class Step:
    """A change of schema, and the statements that make it."""

    change: SchemaChange
    statements: tuple[str, ...]


def find(connection: duckdb.DuckDBPyConnection, name: str) -> StoredTable | None:
    """The table or view of that name, None when there is none.

    An open transaction does not survive a None.
    """
    try:
        # A quarter of the time of a DESCRIBE and a look into duckdb_tables().
        found = connection.table(qualified(name))
    except duckdb.CatalogException:
        return None
    columns = {column.upper(): str(type_) for column, type_ in zip(found.columns, found.types, strict=True)}
    return StoredTable(qualified(name), columns, is_view=found.type != "TABLE_RELATION")


def evolution(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Step]:
    """The steps from what is stored to what the table wants; none when it is there already.

    Raises:
        WarehouseError: If what is stored by that name can never become the table.
    """
    stored = find(connection, table.name)
    if stored is None:
        return [_creation(qualified(table.name), table)]
    if stored.is_view:
        raise WarehouseError(f"{table.name} is a view here and a sync needs a table; drop or rename the view.")
    steps = []
    for field in table.schema:
        wanted = _wanted(table, field)
        has = stored.columns.get(field.name)
        if has is None:
            statement = f"ALTER TABLE {stored.name} ADD COLUMN {quoted(field.name)} {wanted}"
            change = SchemaChange(table.name, "added", field.name)
            steps.append(Step(change, (statement, *_comments(stored.name, field))))
        elif field.name in (*table.key, *table.version):
            # As text these would neither be found nor ordered.
            if has != wanted and not (holds(has, wanted) and has != "VARCHAR"):
                raise WarehouseError(
                    f"column {field.name} of table {table.name} is stored as {has}, where a sync needs {wanted}; "
                    "another program made this table: rename or drop it."
                )
        elif not holds(has, wanted):
            statements = _widening(stored, table, field, has)
            steps.append(Step(SchemaChange(table.name, "widened", field.name, has), statements))
    return steps


def _wanted(table: Table, field: pa.Field) -> str:
    return column_type(field.type, json=field.name in table.json)


def _creation(name: str, table: Table) -> Step:
    columns = ", ".join(f"{quoted(field.name)} {_wanted(table, field)}" for field in table.schema)
    comments = [statement for field in table.schema for statement in _comments(name, field)]
    if table.comment:
        comments.append(f"COMMENT ON TABLE {name} IS {literal(table.comment)}")
    return Step(SchemaChange(table.name, "created"), (f"CREATE TABLE {name} ({columns})", *comments))


def _comments(name: str, field: pa.Field) -> list[str]:
    comment = _metadata(field, COMMENT)
    return [f"COMMENT ON COLUMN {name}.{quoted(field.name)} IS {literal(comment)}"] if comment else []


def _widening(stored: StoredTable, table: Table, field: pa.Field, has: str) -> tuple[str, ...]:
    """Turn a column into text by a plain cast, and spell it afterwards.

    Were the spelling part of the ALTER, the write-ahead log would hold its functions, and after a crash no DuckDB
    could open the file that has not loaded them before (shown with 2.0.0: "core_functions" while replaying the WAL).
    """
    column = quoted(field.name)
    alter = f"ALTER TABLE {stored.name} ALTER {column} TYPE VARCHAR"
    text = spelled(f"CAST({column} AS {has})", has)
    property_name = _metadata(field, PROPERTY)
    if property_name is None or UNPARSED not in stored.columns or UNPARSED not in table.json:
        return (alter, f"UPDATE {stored.name} SET {column} = {text} WHERE {column} IS NOT NULL")
    raw, path = quoted(UNPARSED), literal(_pointer(property_name))
    without = f"json_merge_patch({raw}, {literal(json.dumps({property_name: None}))})"
    return (
        alter,
        f"UPDATE {stored.name} SET {column} = coalesce({text}, json_extract_string({raw}, {path})) "
        f"WHERE {column} IS NOT NULL OR json_exists({raw}, {path})",
        f"UPDATE {stored.name} SET {raw} = nullif(CAST({without} AS VARCHAR), '{{}}') WHERE json_exists({raw}, {path})",
    )


def _pointer(key: str) -> str:
    """A key of a JSON object as RFC 6901 points to it."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _metadata(field: pa.Field, key: bytes) -> str | None:
    value = (field.metadata or {}).get(key)
    return value.decode() if value else None
