"""Events: what records did and when, type by type; and what the account's own types mean."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.definitions import PropertyDefinition


class Event(NamedTuple):
    """One occurrence.

    Attributes:
        at: Milliseconds since 1970, by the sender's word: an event may arrive days later.
        object_type: In capitals (`CONTACT`).
        properties: Texts by name; "" where empty.
    """

    at: int
    id: str
    object_type: str
    object_id: int
    properties: Mapping[str, str]

    def as_json(self, event_type: str) -> dict[str, object]:
        """The event as HubSpot writes it."""
        return {
            "id": self.id,
            "objectType": self.object_type,
            "objectId": str(self.object_id),
            "eventType": event_type,
            "occurredAt": instant_text(self.at),
            "properties": self.properties,
        }


@dataclass(frozen=True)
class EventDefinition:
    """A type of events of the account's own.

    Attributes:
        name: Without the account's prefix (`login`).
        number: The last part of its object type id (`6-…`).
        primary_object: In capitals.
    """

    name: str
    fully_qualified_name: str
    number: int
    label: str
    primary_object: str
    properties: tuple[PropertyDefinition, ...]
    created_at: int
    archived: bool = False

    def as_json(self, *, include_properties: bool) -> dict[str, object]:
        """The definition as HubSpot writes it."""
        properties = [each.as_json() for each in self.properties] if include_properties else []
        return {
            "id": str(self.number),
            "name": self.name,
            "fullyQualifiedName": self.fully_qualified_name,
            "labels": {"singular": self.label, "plural": f"{self.label}s"},
            "description": f"{self.label}, sent by the demo company's app.",
            "objectTypeId": f"6-{self.number}",
            "primaryObject": self.primary_object,
            "trackingType": "MANUAL",
            "properties": properties,
            "associations": [],
            "archived": self.archived,
            "createdAt": instant_text(self.created_at),
            "createdUserId": 9586504,
        }


STANDARD_TYPES = (
    "e_visited_page", "e_submitted_form", "e_form_view", "e_form_submission_v2", "e_deal_closed", "e_ad_interaction",
    "e_call_started", "e_call_ended", "e_v2_sequence_step_executed", "e_document_shared_v2",
    "e_attended_marketing_event", "e_exited_delay_action_v5", "e_approval_concluded", "e_company_launched_product",
)  # fmt: skip
"""Types that HubSpot lists, whether the account can receive them or not."""


class Events:
    """All events of the account, and its own definitions."""

    def __init__(self, portal_id: int) -> None:
        self.portal_id = portal_id
        self.definitions: dict[str, EventDefinition] = {}
        self._by_type: dict[str, list[Event]] = {}

    def types(self) -> list[str]:
        """The names of all types."""
        return [*STANDARD_TYPES, *self.definitions]

    def define(
        self, name: str, properties: Sequence[PropertyDefinition], now: int, primary_object: str = "CONTACT"
    ) -> EventDefinition:
        """Define a type of the account's own, or replace its definition."""
        full = f"pe{self.portal_id}_{name}"
        old = self.definitions.get(full)
        made = EventDefinition(
            name=name,
            fully_qualified_name=full,
            number=1_000_001 + len(self.definitions) if old is None else old.number,
            label=name.replace("_", " ").capitalize(),
            primary_object=primary_object,
            properties=tuple(properties),
            created_at=now if old is None else old.created_at,
        )
        self.definitions[full] = made
        return made

    def add(self, event_type: str, events: Iterable[Event]) -> int:
        """Add events, in any order; how many there are now."""
        known = self._by_type.setdefault(event_type, [])
        known += events
        known.sort(key=lambda event: event[:2])
        return len(known)

    def of(self, event_type: str) -> list[Event]:
        """The events of a type, in the order of time. Not to be altered."""
        return self._by_type.get(event_type, [])

    def between(self, event_type: str, after: int | None, before: int | None) -> tuple[int, int]:
        """Where in `of` the events after and before two instants stand (both excluded)."""
        events = self.of(event_type)
        start = 0 if after is None else bisect_right(events, after, key=lambda event: event.at)
        stop = len(events) if before is None else bisect_left(events, before, key=lambda event: event.at)
        return start, max(start, stop)
