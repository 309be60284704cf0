"""What became of marketing e-mails: sent, delivered, opened, clicked, bounced.

HubSpot's events API has none of it, so the legacy endpoint is the only source.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from hubspot_assets.hubspot.listing import id_of
from hubspot_assets.hubspot.span_read import MOST_IN_FLIGHT, Question, Reply, Span, SpanRead
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


def read_email_events(
    client: Client, spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT
) -> SpanRead[EmailEvent]:
    """Return a read of the e-mail events of several spans of time.

    Args:
        client: The HubSpot client.
        spans: What to read, each once.
        in_flight: The most requests at once.

    Iterating raises:
        MissingScopes: The token lacks `content`.
    """
    return SpanRead(partial(_page, client), spans, in_flight=in_flight)


def _page(client: Client, question: Question) -> Reply[EmailEvent]:
    answer = client.get(legacy.EMAIL_EVENTS.path, window(question, PAGE_SIZE))
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
