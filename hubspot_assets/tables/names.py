"""Names of tables and columns, from HubSpot's labels and internal names.

A property's column is `PROPERTY_` and its internal name in upper case, every character outside `[A-Z0-9_]` as
`_`, as in HubSpot's own data share. The prefix keeps every name clear of SQL keywords and of the core columns.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables import values

# Snowflake's limit of 255 characters is the shortest of the warehouses'; four are kept for a suffix (`_999`).
LONGEST_NAME = 251


def column_name(property_name: str) -> str:
    """Return the column of a property, as long as no other property's name maps to it too."""
    return _identifier("PROPERTY_", property_name)


def table_name(plural_label: str) -> str:
    """The table of an object type, from its plural label: `Line items` gives `OBJECTS_LINE_ITEMS`."""
    return _identifier("OBJECTS_", plural_label)


def id_stem(singular_label: str) -> str:
    """Return what id columns of associations begin with: `Line item` gives `LINE_ITEM`, as in `LINE_ITEM_OBJECTID`."""
    return _identifier("", singular_label)


def column_names(definitions: Iterable[PropertyDefinition], known: Mapping[str, str]) -> dict[str, str]:
    """Return the column of every property, no two alike.

    Where several properties map to one name, the first created keeps it and the later ones get `_2`, `_3`...
    The answer does not depend on the order of the definitions.

    Args:
        definitions: The properties to name.
        known: Columns given earlier (property -> column). They never change, and are given to no other
            property, even when HubSpot no longer has theirs.

    Returns:
        Property -> column, for the properties of `definitions`.
    """
    taken = set(known.values())
    columns: dict[str, str] = {}
    for definition in sorted(definitions, key=_age):
        column = known.get(definition.name)
        if column is None:
            column = _free(column_name(definition.name), taken)
            taken.add(column)
        columns[definition.name] = column
    return columns


def _age(definition: PropertyDefinition) -> tuple[datetime, str]:
    # HubSpot's own properties may have no creation date: they were there before any other.
    return values.timestamp(definition.created_at or "") or datetime.min, definition.name


def _free(column: str, taken: set[str]) -> str:
    candidate, suffix = column, 2
    while candidate in taken:
        candidate, suffix = f"{column}_{suffix}", suffix + 1
    return candidate


def _identifier(prefix: str, name: str) -> str:
    return (prefix + re.sub(r"[^A-Z0-9_]", "_", name.upper()))[:LONGEST_NAME]
