"""Definitions of the properties that records of an object type have, and which of them can be read."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec

from hubspot_assets.hubspot import lenient
from hubspot_assets.hubspot.records.refused_properties import refused_properties
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes

PLAIN = "non_sensitive"
SENSITIVITIES = (PLAIN, "sensitive", "highly_sensitive")
"""Each has to be asked for by itself; an answer never mixes them."""

_log = logging.getLogger(__name__)


class PropertyDefinition(msgspec.Struct, frozen=True, rename="camel"):
    """One property as HubSpot defines it.

    Attributes:
        name: How records spell it.
        label: How people read it.
        description: What it is for.
        type: Of its values: `string`, `number`, `date`, `datetime`, `bool`, `enumeration`, and more to come.
        field_type: How it is edited (`text`, `select`, …).
        group_name: The group it is shown in.
        options: The values of an enumeration, as a JSON array.
        calculated: Whether HubSpot computes it, which may leave the record's `updatedAt` as it was.
        hubspot_defined: Whether it comes with HubSpot.
        data_sensitivity: One of `SENSITIVITIES`.
        archived: Whether it is in the recycle bin.
        created_at: ISO 8601 text, None where HubSpot does not say.
        updated_at: Likewise.
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
    data_sensitivity: str = PLAIN
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None


class Definitions(list[PropertyDefinition]):
    """The property definitions of an object type, one per name, in HubSpot's order, sensitive ones last.

    Args:
        definitions: All that the credential may see.
        refused: Those of them whose values it may not read: name to the scopes of which one is missing.

    Attributes:
        refused: As given. Naming one of them in a request fails it as a whole.
    """

    def __init__(
        self, definitions: Iterable[PropertyDefinition], refused: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        super().__init__(definitions)
        self.refused = dict(refused or {})

    @property
    def readable(self) -> list[PropertyDefinition]:
        """The definitions of the properties that can be asked for."""
        return [definition for definition in self if definition.name not in self.refused]


def property_definitions(client: Client, object_type_path: str) -> Definitions:
    """Read the definitions of an object type, of all data sensitivities that the credential may see.

    Definitions are shown to many whom HubSpot refuses the values; where there are sensitive ones, one more request
    tells, and only where that is refused a few more.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.

    Raises:
        MissingScopes: Not even the properties that are not sensitive may be read.
        UnknownObjectType: The account has no such object type.
        HubSpotError: What else the client could not get over.
    """
    merged: dict[str, PropertyDefinition] = {}
    with ThreadPoolExecutor(len(SENSITIVITIES)) as threads:
        for definitions in threads.map(partial(_definitions, client, object_type_path), SENSITIVITIES):
            for definition in definitions:
                merged.setdefault(definition.name, definition)
    names: dict[str, list[str]] = {sensitivity: [] for sensitivity in SENSITIVITIES[1:]}
    for definition in merged.values():
        if definition.data_sensitivity != PLAIN:
            names.setdefault(definition.data_sensitivity, []).append(definition.name)
    return Definitions(merged.values(), refused_properties(client, object_type_path, list(names.values())))


def _definitions(client: Client, object_type_path: str, sensitivity: str) -> Sequence[PropertyDefinition]:
    try:
        answer = client.get(paths.properties(client.api_version, object_type_path), {"dataSensitivity": sensitivity})
    except (MissingScopes, Forbidden):
        # Sensitive data has scopes and a subscription of its own; what may not be seen is left out.
        if sensitivity == PLAIN:
            raise
        return ()
    received = lenient.results(answer)
    definitions = [property_definition(each, sensitivity) for each in received if lenient.text(each.get("name"))]
    if nameless := len(received) - len(definitions):
        _log.warning("%d properties of %s lack a name; HubSpot cannot be asked for them.", nameless, object_type_path)
    return definitions


def property_definition(received: Mapping[str, Any], sensitivity: str = PLAIN) -> PropertyDefinition:
    """Return a definition as HubSpot sent it, with what is missing or odd filled in.

    Args:
        received: At least with a `name`.
        sensitivity: What it is where it does not say.
    """

    def text(field: str) -> str:
        return lenient.text(received.get(field))

    type_, options, stated = received.get("type"), received.get("options"), received.get("dataSensitivity")
    return PropertyDefinition(
        name=text("name"),
        label=text("label"),
        description=text("description"),
        type=type_ if isinstance(type_, str) and type_ else "string",
        field_type=text("fieldType"),
        group_name=text("groupName"),
        options=msgspec.Raw(b"[]" if options is None else lenient.as_json(options).encode()),
        calculated=lenient.flag(received.get("calculated")),
        hubspot_defined=lenient.flag(received.get("hubspotDefined")),
        data_sensitivity=stated if stated in SENSITIVITIES else sensitivity,
        archived=lenient.flag(received.get("archived")),
        created_at=text("createdAt") or None,
        updated_at=text("updatedAt") or None,
    )
