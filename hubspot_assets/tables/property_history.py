"""The tables of versions: one per object type, a row per value that a property has had."""

from datetime import datetime

import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.property_history import VersionRows
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import instant, satellite, text, whole
from hubspot_assets.warehouse.base import Table

COLUMNS = (
    text("OBJECTTYPEID", "HubSpot's id of the object type."),
    whole("OBJECTID", "The record."),
    text("NAME", "The property."),
    text("VALUE", "The value, in HubSpot's spelling; an empty text where it was cleared."),
    instant("UPDATEDAT", "Since when the value held"),
    text("SOURCETYPE", "Who set it: CRM_UI, IMPORT, INTEGRATION, CALCULATED, MERGE_OBJECTS …; an open set."),
    text("SOURCEID", "The user, import or app that set it."),
    text("SOURCELABEL", "The name of that, where HubSpot knows one."),
    whole("UPDATEDBYUSERID", "The user, where it was one (OWNERS.USERID)."),
)


def history_table(object_type: ObjectType) -> Table:
    """Return the table of an object type's versions: `OBJECT_PROPERTIES_HISTORY_DEALS`.

    HubSpot keeps a bounded number of versions, the table every one ever read. Two in one millisecond are two rows.
    """
    return satellite(
        f"OBJECT_PROPERTIES_HISTORY_{object_type.table.removeprefix('OBJECTS_')}",
        f"{object_type.label}: every value that their properties have had, and who set it.",
        COLUMNS,
        key=("OBJECTID", "NAME", "UPDATEDAT", "VALUE"),
        immutable=True,
    )


def version_rows(table: Table, object_type_id: str, rows: VersionRows, *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return versions as rows of such a table.

    Raises:
        UnreadableAnswer: HubSpot sent an unreadable instant.
    """
    return filled(
        table,
        {
            "OBJECTTYPEID": [object_type_id] * len(rows),
            "OBJECTID": rows.object_ids,
            "NAME": rows.names,
            "VALUE": rows.values,
            "UPDATEDAT": rows.instants,
            "SOURCETYPE": rows.source_types,
            "SOURCEID": rows.source_ids,
            "SOURCELABEL": rows.source_labels,
            "UPDATEDBYUSERID": rows.user_ids,
        },
        read_at=read_at,
        sync_id=sync_id,
    )
