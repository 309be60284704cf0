"""The rows of PROPERTY_DEFINITIONS: what each property means and which column holds it."""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables import values

PROPERTY_DEFINITIONS_SCHEMA = pa.schema(
    [
        pa.field("OBJECTTYPEID", pa.string()),
        pa.field("NAME", pa.string()),
        pa.field("LABEL", pa.string()),
        pa.field("DESCRIPTION", pa.string()),
        pa.field("TYPE", pa.string()),
        pa.field("FIELDTYPE", pa.string()),
        pa.field("GROUPNAME", pa.string()),
        pa.field("OPTIONS", pa.string()),
        pa.field("CALCULATED", pa.bool_()),
        pa.field("DATASENSITIVITY", pa.string()),
        pa.field("ARCHIVED", pa.bool_()),
        pa.field("HUBSPOTDEFINED", pa.bool_()),
        pa.field("CREATEDAT", pa.timestamp("us")),
        pa.field("UPDATEDAT", pa.timestamp("us")),
        pa.field("COLUMNNAME", pa.string()),
        pa.field("BACKFILLEDAT", pa.timestamp("us")),
    ]
)
"""Key: OBJECTTYPEID, NAME. OPTIONS is JSON text. BACKFILLEDAT is since when every stored record has the property's
values; null while that is still to be done."""


def definition_rows(
    object_type_id: str, definitions: Iterable[PropertyDefinition], columns: Mapping[str, str]
) -> pa.Table:
    """Return one row per property of an object type.

    Args:
        object_type_id: `0-1`, `2-1234567`...
        definitions: The properties.
        columns: Property -> column, for those that have one.

    Returns:
        A table of `PROPERTY_DEFINITIONS_SCHEMA`, BACKFILLEDAT null.
    """
    rows = [
        {
            "OBJECTTYPEID": object_type_id,
            "NAME": definition.name,
            "LABEL": definition.label,
            "DESCRIPTION": definition.description,
            "TYPE": definition.type,
            "FIELDTYPE": definition.field_type,
            "GROUPNAME": definition.group_name,
            "OPTIONS": bytes(definition.options).decode(),
            "CALCULATED": definition.calculated,
            "DATASENSITIVITY": definition.data_sensitivity,
            "ARCHIVED": definition.archived,
            "HUBSPOTDEFINED": definition.hubspot_defined,
            "CREATEDAT": values.timestamp(definition.created_at or ""),
            "UPDATEDAT": values.timestamp(definition.updated_at or ""),
            "COLUMNNAME": columns.get(definition.name),
        }
        for definition in definitions
    ]
    return pa.Table.from_pylist(rows, PROPERTY_DEFINITIONS_SCHEMA)
