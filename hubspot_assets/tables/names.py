"""Names of tables and columns, from HubSpot's labels and internal names.

A property's column is `PROPERTY_` and its internal name in upper case, every character outside `[A-Z0-9_]` as
`_`, as in HubSpot's own data share. The prefix keeps every name clear of SQL keywords and of the core columns.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables import values
from hubspot_assets.tables.identifiers import identifier, plain
from hubspot_assets.tables.latin import in_latin_letters

_LONGEST_LABEL = 100
"""Two of them fit into the name of a table of associations."""


def column_name(property_name: str) -> str:
    """Return the column of a property, as long as no other property's name maps to it too."""
    return identifier("PROPERTY_", property_name)


def table_names(labels: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the table of every custom object type, no two alike, and none that belongs to a standard type.

    `Line items` gives `OBJECTS_LINE_ITEMS`; labels in other alphabets are transliterated. The type id stands for a
    label that cannot be written in Latin letters (`OBJECTS_2_1234567`), and is added where the table belongs to another
    type: of types with one label the oldest has its name, so a new type never changes the name of another. The answer
    does not depend on any order.

    Args:
        labels: The plural label of each of the account's custom object types, by type id.
        known: Tables given earlier, by type id. A type keeps its table whatever it is called today, and no other type
            gets it, even when HubSpot no longer has the first.

    Returns:
        Type id -> table, for the types of `labels`.
    """
    taken = {standard.table for standard in STANDARD_OBJECT_TYPES.values()}
    tables: dict[str, str] = {}
    for type_id in sorted(known, key=_age_of_type):
        if known[type_id] not in taken:
            tables[type_id] = known[type_id]
            taken.add(known[type_id])
    for type_id in sorted(labels.keys() - tables.keys(), key=_age_of_type):
        table = f"OBJECTS_{_readable(labels[type_id]) or plain(type_id)}"
        while table in taken:
            table = f"{table}_{plain(type_id)}"
        tables[type_id] = table
        taken.add(table)
    return {type_id: tables[type_id] for type_id in labels}


def id_stem(singular_label: str, object_type_id: str) -> str:
    """Return what id columns of associations begin with: `Line item` gives `LINE_ITEM`, as in `LINE_ITEM_OBJECTID`.

    Args:
        singular_label: The object type's label; transliterated from other alphabets.
        object_type_id: Its type id, which stands in for a label that is not readable in Latin letters.
    """
    return _readable(singular_label) or f"OBJECT_{plain(object_type_id)}"


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


def _age_of_type(type_id: str) -> tuple[int, str]:
    # HubSpot counts type ids upwards.
    return len(type_id), type_id


def _readable(label: str) -> str:
    """The label as part of a name; empty where letters would be lost, or where it has none."""
    latin = in_latin_letters(label.strip())
    lost = any(each.isalpha() and not each.isascii() for each in latin)
    name = plain(latin)[:_LONGEST_LABEL]
    return "" if lost or not name.strip("_") else name
