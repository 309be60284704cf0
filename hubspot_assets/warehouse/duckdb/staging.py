"""Incoming rows as DuckDB sees them: in the types in which they will be stored, numbered in the order they came."""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from hubspot_assets.warehouse.base import Table, WarehouseBusy
from hubspot_assets.warehouse.duckdb.schema import StoredTable
from hubspot_assets.warehouse.duckdb.sql import DIALECT, as_stored, holds, quoted
from hubspot_assets.warehouse.sql import Dialect

# The blanks keep these names apart from any table or column of ours, and from a user's.
POSITION = '"staged position"'
"""Column of the number."""
STAGED = 'temp."staged rows"'
"""View of the rows."""
NEWEST = 'temp."newest staged"'
"""Table of one candidate per key: its position, key and version."""
_ARROW = "staged arrow"


def stage(
    connection: duckdb.DuckDBPyConnection, table: Table, target: StoredTable, rows: pa.Table, dialect: Dialect = DIALECT
) -> None:
    """Show rows to DuckDB as they will be stored, numbered in the order they came."""
    connection.register(_ARROW, rows.append_column(POSITION.strip('"'), pa.arange(0, rows.num_rows)))
    show(connection, table, target, rows.column_names, f"temp.{quoted(_ARROW)}", dialect)


def show(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    target: StoredTable,
    columns: Sequence[str],
    source: str,
    dialect: Dialect = DIALECT,
) -> None:
    """Show some columns of a source, which has POSITION too, to DuckDB as they will be stored.

    Raises:
        WarehouseBusy: If the stored table cannot take them.
    """
    stored_as = []
    for field in (table.schema.field(column) for column in columns):
        wanted = dialect.column_type(field.type, json=field.name in table.json)
        stored = target.columns.get(field.name)
        if stored is None or not holds(stored, wanted):
            raise WarehouseBusy(
                f"column {field.name} of table {table.name} is stored as {stored or 'nothing'}, rows bring {wanted}; "
                "the table was changed while this ran: run it again."
            )
        stored_as.append(f"{as_stored(quoted(field.name), wanted, stored)} AS {quoted(field.name)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {STAGED} AS SELECT {POSITION}, {', '.join(stored_as)} FROM {source}"
    )


def collapse(connection: duckdb.DuckDBPyConnection, table: Table, version: Sequence[str]) -> int:
    """Leave one candidate per key, the newest, and return how many there are."""
    key = ", ".join(quoted(c) for c in table.key)
    order = ", ".join([f"{quoted(c)} DESC NULLS LAST" for c in version] + [f"{POSITION} DESC"])
    columns = ", ".join(quoted(c) for c in dict.fromkeys((*table.key, *version)))
    return create(
        connection,
        NEWEST,
        f"SELECT {POSITION}, {columns} FROM {STAGED} "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1",
    )


def same_key(table: Table) -> str:
    """True where a stored row `t` and a candidate `n` have one key."""
    return " AND ".join(f"t.{quoted(c)} = n.{quoted(c)}" for c in table.key)


def create(
    connection: duckdb.DuckDBPyConnection, name: str, query: str, values: Mapping[str, object] | None = None
) -> int:
    """Keep the answer of a query as a temporary table, and return how many rows it has."""
    [(rows,)] = connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", values).fetchall()
    return rows


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number that a query answers."""
    # An answer that is not fetched to its end keeps the connection busy.
    [(answer, *_)] = connection.execute(query).fetchall()
    return int(answer)
