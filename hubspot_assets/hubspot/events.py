"""Events of one type over a span of time.

Instants are the senders': an event may arrive days after it occurred, and nothing but reading its day again finds it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import msgspec

from hubspot_assets.hubspot.event_definitions import not_in_plan
from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.span_read import MOST_IN_FLIGHT, Question, Reply, Span, SpanRead
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden

PAGE_SIZE = 100
"""Nobody has been seen to ask for more."""
_MARGIN = timedelta(seconds=1)
"""Whether HubSpot counts a window's ends in is not documented: ask for more, and leave out what lies beyond."""


class Event(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """One occurrence.

    Attributes:
        object_type: What it is about, in capitals (`CONTACT`).
        object_id: The record.
        occurred_at: By the sender's word (aware, UTC).
        properties: Texts by name; "" where empty.
    """

    id: str
    event_type: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    object_type: str | None = None
    object_id: str | None = None
    properties: dict[str, object] | None = None


class _Answer(Paged):
    results: list[Event]


def read_events(client: Client, spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT) -> SpanRead[Event]:
    """Return a read of the events of many types and spans.

    Args:
        client: The HubSpot client.
        spans: What to read, each once; `of` is the full name of a type (`e_visited_page`, `pe7654321_login`).
        in_flight: The most requests at once.

    Iterating raises:
        EventsNotInPlan: The account has no Enterprise subscription.
    """
    return SpanRead(partial(_page, client), spans, in_flight=in_flight)


def _page(client: Client, question: Question) -> Reply[Event]:
    params = {
        "eventType": question.query.of,
        "occurredAfter": _text(question.query.start - _MARGIN),
        "occurredBefore": _text(question.query.end + _MARGIN),
        "sort": "occurredAt",
        "limit": str(PAGE_SIZE),
    }
    if question.after is not None:
        params["after"] = question.after
    try:
        answer = client.get(paths.events(client.api_version), params)
    except Forbidden as error:
        raise not_in_plan(error) from error
    page = answer.decode(_Answer)
    return Reply(page.results, [each.occurred_at for each in page.results], page.after, answer.received_at)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
