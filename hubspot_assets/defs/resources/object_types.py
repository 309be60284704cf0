"""The object types that the settings name, as HubSpot and the warehouse know them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.hubspot.transport.client import Client


def object_types(client: "Client", settings: Settings, called: Iterable[str]) -> dict[str, ObjectType]:
    """Return object types by the names that `HUBSPOT_OBJECTS` has for them.

    HubSpot and the warehouse are asked only where one of them is a custom object: its labels may have changed, but its
    table stays.

    Raises:
        UnknownObjectType: The account has none of that name; the message names near matches.
        NamedTwice: Two names of `HUBSPOT_OBJECTS` mean one object type.
    """
    called = list(dict.fromkeys(called))
    if all(name in STANDARD_OBJECT_TYPES for name in called):
        return {name: STANDARD_OBJECT_TYPES[name] for name in called}
    from hubspot_assets.sync.object_types import object_type_called
    from hubspot_assets.sync.state import known_tables

    known = known_tables(warehouse_of(settings))
    return {name: object_type_called(client, name, settings.objects, known) for name in called}
