"""Which types of events there are, and what those of the account's own hold."""

from collections.abc import Sequence
from typing import Any

import msgspec

from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.properties import PropertyDefinition, property_definition
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, NotFound


class EventsNotInPlan(Forbidden):
    """403: the account has no Enterprise subscription, without which HubSpot gives out no events."""


class Labels(msgspec.Struct, frozen=True):
    """How people call events of the type."""

    singular: str | None = None
    plural: str | None = None


class EventDefinition(msgspec.Struct, frozen=True, rename="camel"):
    """A type of events of the account's own.

    Attributes:
        fully_qualified_name: What events carry as their type (`pe7654321_login`).
        object_type_id: HubSpot's id of it (`6-1000001`).
        primary_object: What the events are about, in capitals (`CONTACT`).
        received_properties: The properties as they came; `properties` is for use.
    """

    fully_qualified_name: str
    id: str | None = None
    name: str | None = None
    labels: Labels = Labels()
    description: str | None = None
    object_type_id: str | None = None
    primary_object: str | None = None
    archived: bool | None = None
    created_at: str | None = None
    received_properties: list[dict[str, Any]] = msgspec.field(name="properties", default_factory=list)

    @property
    def properties(self) -> Sequence[PropertyDefinition]:
        """What events of the type hold."""
        return [property_definition(each) for each in self.received_properties if each.get("name")]


class _Types(msgspec.Struct, rename="camel"):
    event_types: list[str]


def event_types(client: Client) -> list[str]:
    """Read the names of all types of events, those that the account cannot receive among them.

    Raises:
        EventsNotInPlan: The account has no Enterprise subscription.
        HubSpotError: What else the client could not get over.
    """
    try:
        return client.get(paths.event_types(client.api_version)).decode(_Types).event_types
    except Forbidden as error:
        raise not_in_plan(error) from error


def event_definitions(client: Client) -> list[EventDefinition]:
    """Read the account's own types of events.

    Raises:
        MissingScopes: The token lacks `behavioral_events.event_definitions.read_write`; no other scope reads them.
        HubSpotError: What else the client could not get over.
    """
    path, drafted = paths.event_definitions(client.api_version)
    params = {"limit": "100", "includeProperties": "true"}
    try:
        return list(listed(client, path, EventDefinition, params))
    except NotFound as error:
        if error.is_about_a_thing:
            raise
        return list(listed(client, drafted, EventDefinition, params))


def not_in_plan(error: Forbidden) -> EventsNotInPlan:
    """Return the refusal of events as an error that says why: the scopes that HubSpot names can be chosen nowhere."""
    return error.retold(
        EventsNotInPlan,
        "HubSpot gives out events only to accounts with an Enterprise subscription (of any hub), and this account "
        f"seems to have none. {error.message}",
    )
