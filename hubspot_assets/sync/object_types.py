"""Object types that only the account itself can describe."""

from collections.abc import Mapping, Sequence

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.hubspot.schemas import CustomObjectType, candidates, find_object_type
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.tables.names import table_names


class NamedTwice(Exception):
    """Two names of `HUBSPOT_OBJECTS` mean one object type; both would be written into one table."""

    permanent = True

    def __init__(self, object_type_id: str, first: str, second: str) -> None:
        super().__init__(
            f"HUBSPOT_OBJECTS names the object type {object_type_id} twice, as {first} and as {second}: keep one of "
            "them."
        )


def object_type_called(
    client: Client, name: str, names: Sequence[str] = (), known_tables: Mapping[str, str] | None = None
) -> ObjectType:
    """Return the object type that a name of `HUBSPOT_OBJECTS` means: one of the catalog, or a custom object.

    Args:
        client: The HubSpot client; asked only for custom objects.
        name: A name of the catalog, or a custom object's name, fully qualified name or type id.
        names: All of `HUBSPOT_OBJECTS`. Of two names that mean one type, the first is right.
        known_tables: The tables that the warehouse has, by type id: a custom object keeps its table when it is renamed.

    Raises:
        UnknownObjectType: The account has none of that name; the message names near matches.
        NamedTwice: An earlier one of `names` means the same object type.
    """
    if name in STANDARD_OBJECT_TYPES:
        return STANDARD_OBJECT_TYPES[name]
    types = candidates(client, name)
    found = find_object_type(types, name)
    first = next((other for other in names if other == name or found.is_called(other)), name)
    if first != name:
        raise NamedTwice(found.object_type_id, first, name)
    tables = table_names({each.object_type_id: each.label for each in types}, known_tables or {})
    return custom_object_type(found, name, tables[found.object_type_id])


def custom_object_type(described: CustomObjectType, name: str, table: str) -> ObjectType:
    """Return a custom object as the catalog describes its own.

    Args:
        described: What HubSpot says of it.
        name: How `HUBSPOT_OBJECTS` names it.
        table: Where its records are written.
    """
    return ObjectType(
        name=name,
        object_type_id=described.object_type_id,
        path=described.object_type_id,
        label=described.label,
        singular_label=described.singular_label,
        description=described.description or "",
        scopes=("crm.objects.custom.read",),
        family="custom",
        table=table,
    )
