"""Views in a DuckDB file: which of those wanted are lacking or out of date."""

from collections.abc import Sequence

import duckdb

from hubspot_assets.warehouse.base import SchemaChange, View, WarehouseError
from hubspot_assets.warehouse.duckdb.schema import Step, find
from hubspot_assets.warehouse.duckdb.sql import DATABASE, SCHEMA, literal, qualified


def outdated(connection: duckdb.DuckDBPyConnection, views: Sequence[View]) -> list[Step]:
    """The steps from the views that are stored to those that are wanted; none when they are there already.

    Raises:
        WarehouseError: If a table or somebody else's view has one of the names.
    """
    stored = connection.execute(
        "SELECT upper(view_name), comment FROM duckdb_views() WHERE database_name = ? AND schema_name = ?",
        [DATABASE, SCHEMA],
    )
    comments = dict(stored.fetchall())
    steps = []
    for view in views:
        exists, comment = view.name in comments, comments.get(view.name)
        if not exists and find(connection, view.name):
            raise WarehouseError(f"{view.name} is a table here and should be a view; drop or rename the table.")
        if exists and not View.is_ours(comment):
            raise WarehouseError(f"somebody else has made the view {view.name}; drop or rename it.")
        if comment != view.stored_comment:
            name = qualified(view.name)
            statements = (
                f"CREATE OR REPLACE VIEW {name} AS {view.query}",
                f"COMMENT ON VIEW {name} IS {literal(view.stored_comment)}",
            )
            steps.append(Step(SchemaChange(view.name, "replaced" if exists else "created"), statements))
    return steps
