"""What became of marketing e-mails: sent, delivered, opened, clicked, bounced.

HubSpot's events API has none of it, so the legacy endpoint is the only source.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from hubspot_assets.hubspot.listing import id_of
from hubspot_assets.hubspot.span_read import MOST_IN_FLIGHT, Question, Reply, Span, SpanPage, SpanRead
from hubspot_assets.hubspot.transport import legacy
from hubspot_assets.hubspot.transport.client import Client

PAGE_SIZE = 1_000
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class EmailEvent:
    """One e-mail event. Its key is `id` and `created` together: HubSpot finds an event only by both.

    Attributes:
        id: UUID.
        created: When it happened, in epoch milliseconds.
        fields: All that HubSpot says, these two included.
    """

    id: str
    created: int
    fields: Mapping[str, Any]


class _Answer(msgspec.Struct, rename="camel"):
    events: list[dict[str, Any]]
    has_more: bool = False
    offset: str | None = None


class EmailEventsRead:
    """A read of the e-mail events of several spans of time at once, in flat memory.

    Args:
        client: The HubSpot client.
        spans: What to read, each once.
        in_flight: The most requests at once.
    """

    def __init__(self, client: Client, spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT) -> None:
        self._client = client
        self._read = SpanRead(self._fetch, spans, in_flight=in_flight)

    def __iter__(self) -> Iterator[SpanPage[EmailEvent]]:
        """Pages in the order they arrive; of each span, the last one is `done`.

        Raises:
            MissingScopes: The token lacks `content`.
            UnreadableAnswer: HubSpot changed the order of events half way, or sent pages that lead in a circle.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        return iter(self._read)

    def _fetch(self, question: Question) -> Reply[EmailEvent]:
        answer = self._client.get(legacy.EMAIL_EVENTS.path, window(question, PAGE_SIZE))
        page = answer.decode(_Answer)
        events = [EmailEvent(id_of(each), int(id_of(each, "created")), each) for each in page.events]
        instants = [instant(each.created) for each in events]
        return Reply(events, instants, page.offset if page.has_more else None, answer.received_at)


def window(question: Question, limit: int) -> dict[str, str]:
    """The query of a legacy endpoint that takes a window in milliseconds, both ends included, and an offset."""
    start, end = milliseconds(question.query.start), milliseconds(question.query.end) - 1
    params = {"startTimestamp": str(start), "endTimestamp": str(end), "limit": str(limit)}
    return params if question.after is None else {**params, "offset": question.after}


def milliseconds(at: datetime) -> int:
    """An instant in epoch milliseconds."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def instant(at: int) -> datetime:
    """The instant of epoch milliseconds (aware, UTC)."""
    return _EPOCH + timedelta(milliseconds=at)
