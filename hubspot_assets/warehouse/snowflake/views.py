"""Views in a Snowflake schema: which of those wanted are lacking or out of date."""

from collections.abc import Mapping, Sequence

from hubspot_assets.warehouse.base import SchemaChange, View, WarehouseError
from hubspot_assets.warehouse.snowflake.schema import Statement, Step
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import Place


def outdated(session: Session, place: Place, views: Sequence[View]) -> list[Step]:
    """The steps from the views that are stored to those that are wanted; wakes no warehouse.

    Raises:
        WarehouseError: If a table or somebody else's view has one of the names.
    """
    stored = _shown(session, place, "VIEWS")
    tables = _shown(session, place, "TABLES") if any(view.name not in stored for view in views) else {}
    steps = []
    for view in views:
        if view.name in tables:
            raise WarehouseError(f"{view.name} is a table here and should be a view; drop or rename the table.")
        comment = stored.get(view.name)
        if comment is not None and not View.is_ours(comment):
            raise WarehouseError(f"somebody else has made the view {view.name}; drop or rename it.")
        if comment != view.stored_comment:
            # Without COPY GRANTS whoever may read the view could no longer do so.
            text = f"CREATE OR REPLACE VIEW {place.table(view.name)} COPY GRANTS COMMENT = %s AS {view.query}"
            change = SchemaChange(view.name, "created" if comment is None else "replaced")
            steps.append(Step((change,), (Statement(text, (view.stored_comment,)),)))
    return steps


def _shown(session: Session, place: Place, kind: str) -> Mapping[str, str]:
    """The comments of all tables or views of the schema, by name."""
    cursor = session.execute(f"SHOW {kind} IN SCHEMA {place.schema_name}")
    columns = [column.name.lower() for column in cursor.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return {str(row["name"]): str(row["comment"] or "") for row in rows}
