"""Events of one type over a span of time.

Instants are the senders': an event may arrive days after it occurred, and nothing but reading its day again finds it.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from hubspot_assets.hubspot.event_definitions import not_in_plan
from hubspot_assets.hubspot.records.pages import Paging
from hubspot_assets.hubspot.span_read import MOST_IN_FLIGHT, Question, Reply, Span, SpanPage, SpanRead
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


class _Answer(msgspec.Struct):
    results: list[Event]
    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        return str(self.paging.next.after) if self.paging and self.paging.next else None


class EventsRead:
    """A read of the events of many types and spans, several at once, in flat memory.

    Args:
        client: The HubSpot client.
        spans: What to read, each once; `of` is the full name of a type (`e_visited_page`, `pe7654321_login`).
        in_flight: The most requests at once.
    """

    def __init__(self, client: Client, spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT) -> None:
        self._client = client
        self._read = SpanRead(self._fetch, spans, in_flight=in_flight)

    def __iter__(self) -> Iterator[SpanPage[Event]]:
        """Pages in the order they arrive; of each span, the last one is `done`.

        Raises:
            EventsNotInPlan: The account has no Enterprise subscription.
            UnreadableAnswer: HubSpot changed the order of events half way, or sent pages that lead in a circle.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        return iter(self._read)

    def _fetch(self, question: Question) -> Reply[Event]:
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
            answer = self._client.get(paths.events(self._client.api_version), params)
        except Forbidden as error:
            raise not_in_plan(error) from error
        page = answer.decode(_Answer)
        return Reply(page.results, [each.occurred_at for each in page.results], page.after, answer.received_at)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
