"""Expressions and queries that views are made of, in the dialect of a destination.

An expression is SQL text; those made here come out as text. Tables are named without their schema, so that a view
works wherever its schema is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.table import UNPARSED


def as_text(dialect: Dialect, column: str, type_: pa.DataType) -> str:
    """The value of a column as text, in HubSpot's spelling.

    Args:
        dialect: Of the destination.
        column: Its name.
        type_: Its Arrow type, as `Warehouse.schema` gives it.
    """
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return dialect.quoted(column)
    return dialect.spelled(dialect.quoted(column), dialect.column_type(type_))


def json_key(dialect: Dialect, column: str, key: str) -> str:
    """The text that a JSON column has under a key, which means itself whatever it is called; NULL without it."""
    return dialect.json_key(dialect.quoted(column), dialect.literal(key))


def json_object(dialect: Dialect, values: Mapping[str, str]) -> str:
    """A JSON object of expressions of text by their keys; those that are NULL are left out."""
    return dialect.json_object({dialect.literal(key): value for key, value in values.items()})


def property_texts(dialect: Dialect, schema: pa.Schema, properties: Mapping[str, str]) -> dict[str, str]:
    """The values of properties as text, those among them that did not fit their column's type.

    Args:
        dialect: Of the destination.
        schema: The table as it is stored.
        properties: Names of properties by their columns.

    Returns:
        Expressions by the names of the properties.
    """
    texts = {}
    for column, name in properties.items():
        type_ = schema.field(column).type
        text = as_text(dialect, column, type_)
        if UNPARSED in schema.names and not pa.types.is_string(type_):
            # Text columns take everything, so of those nothing is ever unparsed.
            text = f"COALESCE({text}, {json_key(dialect, UNPARSED, name)})"
        texts[name] = text
    return texts


def unpivoted(dialect: Dialect, table: str, columns: Sequence[str], values: Mapping[str, str]) -> str:
    """A query with one row per row of a table and value that is not NULL.

    Args:
        dialect: Of the destination.
        table: Name of the table.
        columns: Columns of it that are repeated beside each value.
        values: Expressions of text by name, at least one.

    Returns:
        A query of the columns, NAME and VALUE.
    """
    named = {dialect.literal(name): value for name, value in values.items()}
    return dialect.unpivoted(dialect.quoted(table), [dialect.quoted(column) for column in columns], named)


@dataclass(frozen=True)
class Select:
    """A query whose columns are known.

    Attributes:
        columns: Expressions by the names that they get, all of columns of the source.
        source: What follows FROM: a quoted table, or a query in brackets with an alias.
        where: What follows WHERE; none means every row.
    """

    columns: Mapping[str, str]
    source: str
    where: str = ""

    def sql(self, dialect: Dialect, names: Sequence[str] = ()) -> str:
        """The query; of the names, if any are given, with NULL where it lacks one."""
        chosen = ", ".join(
            f"{self.columns.get(name, 'NULL')} AS {dialect.quoted(name)}" for name in names or self.columns
        )
        return f"SELECT {chosen} FROM {self.source}" + (f" WHERE {self.where}" if self.where else "")


def union_all(dialect: Dialect, selects: Sequence[Select]) -> str:
    """The rows of several queries, columns matched by name; one that a query lacks is NULL there."""
    names = list(dict.fromkeys(name for select in selects for name in select.columns))
    return " UNION ALL ".join(select.sql(dialect, names) for select in selects)
