"""Marketing events (webinars, fairs) and who took part."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.listing import id_of, listed
from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import NotFound, UnreadableAnswer

PAGE_SIZE = "100"
MOST_IN_FLIGHT = 16


@dataclass(frozen=True, slots=True)
class MarketingEvent:
    """A marketing event.

    Attributes:
        id: HubSpot's id of it as a record (`objectId`).
        fields: All that HubSpot says.
    """

    id: str
    fields: dict[str, Any]


class _Contact(msgspec.Struct, frozen=True, rename="camel"):
    contact_id: str | None = None
    email: str | None = None


class _Associations(msgspec.Struct, frozen=True):
    contact: _Contact = _Contact()


class _Properties(msgspec.Struct, frozen=True, rename="camel"):
    occurred_at: int | None = None
    attendance_state: str | None = None
    attendance_percentage: str | None = None
    attendance_duration_seconds: int | None = None


class Participation(msgspec.Struct, frozen=True, rename="camel"):
    """One contact's part in a marketing event.

    Attributes:
        properties: Since when, in which state, and how long.
        associations: Whose it is.
        created_at: ISO 8601 text.
    """

    id: str
    properties: _Properties = _Properties()
    associations: _Associations = _Associations()
    created_at: str | None = None


@dataclass(slots=True)
class Participations:
    """All participations in one marketing event.

    Attributes:
        event_id: The event.
        participations: All of them.
        exists: Whether HubSpot (still) has the event.
        read_at: When the first answer arrived (aware, UTC).
    """

    event_id: str
    participations: list[Participation]
    exists: bool
    read_at: datetime


class _Page(Paged):
    results: list[Participation]


@dataclass(slots=True)
class _Reading:
    event_id: str
    after: str | None = None
    read: Participations | None = None


def marketing_events(client: Client) -> Sequence[MarketingEvent]:
    """Read all marketing events, one per id.

    Raises:
        MissingScopes: The token lacks `crm.objects.marketing_events.read`.
        HubSpotError: What else the client could not get over.
    """
    found: dict[str, MarketingEvent] = {}
    path = paths.marketing_events(client.api_version)
    for each in listed(client, path, dict[str, Any], {"limit": PAGE_SIZE}):
        event = MarketingEvent(id_of(each, "objectId"), each)
        found[event.id] = event
    return list(found.values())


def participations(
    client: Client, event_ids: Iterable[str], *, in_flight: int = MOST_IN_FLIGHT
) -> Iterator[Participations]:
    """Read the participations in marketing events, several events at once.

    Memory holds those of the events in flight, and no more.

    Raises:
        MissingScopes: The token lacks `crm.objects.marketing_events.read`.
        UnreadableAnswer: Pages lead in a circle.
        HubSpotError: What else the client could not get over. What had been read before was yielded.
    """

    def fetch(reading: _Reading) -> tuple[_Page, datetime] | None:
        params = {"limit": PAGE_SIZE} if reading.after is None else {"limit": PAGE_SIZE, "after": reading.after}
        try:
            answer = client.get(paths.participations(client.api_version, reading.event_id), params)
        except NotFound as error:
            if error.is_about_a_thing:
                return None
            raise
        return answer.decode(_Page), answer.received_at

    readings = InFlight(fetch, map(_Reading, event_ids), most=in_flight)
    for reading, answer in readings:
        if answer is None:
            yield Participations(reading.event_id, [], False, client.now())
            continue
        page, read_at = answer
        read = reading.read = reading.read or Participations(reading.event_id, [], True, read_at)
        read.participations += page.results
        if page.after is None:
            yield read
        elif page.after == reading.after:
            raise UnreadableAnswer(f"The page of event {reading.event_id} after {page.after!r} leads to itself.")
        else:
            reading.after = page.after
            readings.ask(reading)
