"""Definitions of the properties that records of an object type have."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes

SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")
"""Each has to be asked for by itself; an answer never mixes them."""


class PropertyDefinition(msgspec.Struct, frozen=True, rename="camel"):
    """One property as HubSpot defines it.

    Attributes:
        name: how records spell it.
        label: how people read it.
        description: what it is for.
        type: of its values: `string`, `number`, `date`, `datetime`, `bool`, `enumeration`, and more to come.
        field_type: how it is edited (`text`, `select`, …).
        group_name: the group it is shown in.
        options: the values of an enumeration, as the JSON array that HubSpot sent.
        calculated: whether HubSpot computes it, which may leave the record's `updatedAt` as it was.
        hubspot_defined: whether it comes with HubSpot.
        data_sensitivity: one of `SENSITIVITIES`.
        archived: whether it is in the recycle bin.
        created_at: ISO 8601 text, None where HubSpot does not say.
        updated_at: likewise.
    """

    name: str
    label: str = ""
    description: str = ""
    type: str = "string"
    field_type: str = ""
    group_name: str = ""
    options: msgspec.Raw = msgspec.Raw(b"[]")
    calculated: bool = False
    hubspot_defined: bool = False
    data_sensitivity: str = "non_sensitive"
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None


class _Received(msgspec.Struct, rename="camel"):
    """A definition as it comes: anything but the name may be missing or null."""

    name: str
    label: str | None = None
    description: str | None = None
    type: str | None = None
    field_type: str | None = None
    group_name: str | None = None
    options: msgspec.Raw = msgspec.Raw(b"[]")
    calculated: bool | None = None
    hubspot_defined: bool | None = None
    data_sensitivity: str | None = None
    archived: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class _Definitions(msgspec.Struct):
    results: list[_Received]


def property_definitions(client: Client, object_type_path: str) -> list[PropertyDefinition]:
    """Read the definitions of an object type, of all data sensitivities that the credential may see.

    Args:
        client: the HubSpot client.
        object_type_path: how object endpoints spell the type.

    Returns:
        One definition per name, in HubSpot's order, sensitive ones last.

    Raises:
        MissingScopes: not even the properties that are not sensitive may be read.
        UnknownObjectType: the account has no such object type.
        HubSpotError: what else the client could not get over.
    """
    merged: dict[str, PropertyDefinition] = {}
    with ThreadPoolExecutor(len(SENSITIVITIES)) as threads:
        for definitions in threads.map(partial(_definitions, client, object_type_path), SENSITIVITIES):
            for definition in definitions:
                merged.setdefault(definition.name, definition)
    return list(merged.values())


def _definitions(client: Client, object_type_path: str, sensitivity: str) -> Sequence[PropertyDefinition]:
    try:
        answer = client.get(paths.properties(client.api_version, object_type_path), {"dataSensitivity": sensitivity})
    except (MissingScopes, Forbidden):
        # Sensitive data has scopes and a subscription of its own; what may not be seen is left out.
        if sensitivity == "non_sensitive":
            raise
        return ()
    return [_definition(received, sensitivity) for received in answer.decode(_Definitions).results]


def _definition(received: _Received, sensitivity: str) -> PropertyDefinition:
    options = bytes(received.options)
    return PropertyDefinition(
        name=received.name,
        label=received.label or "",
        description=received.description or "",
        type=received.type or "string",
        field_type=received.field_type or "",
        group_name=received.group_name or "",
        options=msgspec.Raw(b"[]" if options == b"null" else options),
        calculated=received.calculated or False,
        hubspot_defined=received.hubspot_defined or False,
        data_sensitivity=received.data_sensitivity or sensitivity,
        archived=received.archived or False,
        created_at=received.created_at,
        updated_at=received.updated_at,
    )
