"""Object types that only the account itself can describe."""

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.hubspot.schemas import resolve_object_type
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.tables.names import table_name


def object_type_called(client: Client, name: str) -> ObjectType:
    """The object type that a name of `HUBSPOT_OBJECTS` means: one of the catalog, or a custom object.

    Args:
        client: the HubSpot client; asked only for custom objects.
        name: a name of the catalog, or a custom object's name, fully qualified name or type id.

    Raises:
        UnknownObjectType: the account has none of that name; the message names near matches.
    """
    if name in STANDARD_OBJECT_TYPES:
        return STANDARD_OBJECT_TYPES[name]
    found = resolve_object_type(client, name)
    return ObjectType(
        name=name,
        object_type_id=found.object_type_id,
        path=found.object_type_id,
        label=found.label,
        singular_label=found.singular_label,
        description=found.description or "",
        scopes=("crm.objects.custom.read",),
        family="custom",
        table=table_name(found.label),
    )
