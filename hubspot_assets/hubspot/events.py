"""Events of one type over a span of time.

They come sorted by when they occurred, 100 a page, and each page names the next. One span after the other would read
500 a second, a quarter of what HubSpot's limit allows: several spans are read at once, and a busy one is cut by what
its first page tells.

Instants are the senders': an event may arrive days after it occurred, and nothing but reading its day again finds it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated

import msgspec

from hubspot_assets.hubspot.event_definitions import not_in_plan
from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.records.pages import Paging
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, UnreadableAnswer

PAGE_SIZE = 100
MOST_IN_FLIGHT = 16
PAGES_PER_CUT = 12
"""A cut costs about a page read twice, so it has to be worth many."""
MOST_CUTS = 15

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


@dataclass(frozen=True, slots=True)
class EventSpan:
    """Events of one type that occurred from `start` (included) to `end` (excluded).

    Attributes:
        event_type: Full name (`e_visited_page`, `pe7654321_login`).
        start: Aware; whole seconds.
        end: Likewise.
    """

    event_type: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events of a span.

    Attributes:
        span: As it was asked for.
        events: Those of one answer, ascending.
        done: Whether no more events of the span follow.
        read_at: When the answer arrived (aware, UTC).
    """

    span: EventSpan
    events: Sequence[Event]
    done: bool
    read_at: datetime


class _Answer(msgspec.Struct):
    results: list[Event]
    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        return str(self.paging.next.after) if self.paging and self.paging.next else None


@dataclass(frozen=True, slots=True)
class _Question:
    """A page of a part of a span.

    Attributes:
        whole: The span as it was asked for.
        part: The part that this chain of pages is to bring.
        query_end: Where the chain would end by itself; the part may have been cut shorter since.
        after: The cursor of the page.
        last: When the last event so far occurred.
    """

    whole: EventSpan
    part: EventSpan
    query_end: datetime
    after: str | None = None
    last: datetime | None = None


class EventsRead:
    """A read of the events of many spans, several at once, in flat memory.

    Args:
        client: The HubSpot client.
        spans: What to read, each once; taken as they are needed, by the thread that iterates.
        in_flight: The most requests at once.
    """

    def __init__(self, client: Client, spans: Iterable[EventSpan], *, in_flight: int = MOST_IN_FLIGHT) -> None:
        self._client = client
        self._spans = spans
        self._in_flight = in_flight
        self._open: Counter[EventSpan] = Counter()

    def __iter__(self) -> Iterator[EventPage]:
        """Pages in the order they arrive; of each span, the last one is `done`.

        Raises:
            EventsNotInPlan: The account has no Enterprise subscription.
                UnreadableAnswer: HubSpot changed the order of events half way, or sent pages that lead in a circle.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        questions = InFlight(self._fetch, map(self._opened, self._spans), most=self._in_flight)
        for question, (answer, read_at) in questions:
            part, following = question.part, self._following(question, answer)
            for each in following:
                questions.ask(each)
            self._open[question.whole] += len(following) - 1
            done = not self._open[question.whole]
            if done:
                del self._open[question.whole]
            events = [each for each in answer.results if part.start <= each.occurred_at < part.end]
            if events or done:
                yield EventPage(question.whole, events, done, read_at)

    def _opened(self, span: EventSpan) -> _Question:
        self._open[span] += 1
        return _Question(span, span, span.end)

    def _fetch(self, question: _Question) -> tuple[_Answer, datetime]:
        params = {
            "eventType": question.part.event_type,
            "occurredAfter": _text(question.part.start - _MARGIN),
            "occurredBefore": _text(question.query_end + _MARGIN),
            "sort": "occurredAt",
            "limit": str(PAGE_SIZE),
        }
        if question.after is not None:
            params["after"] = question.after
        try:
            answer = self._client.get(paths.events(self._client.api_version), params)
        except Forbidden as error:
            raise not_in_plan(error) from error
        return answer.decode(_Answer), answer.received_at

    def _following(self, question: _Question, answer: _Answer) -> list[_Question]:
        """What is still to be asked: the next page first, then the parts that were cut off."""
        if answer.after is None:
            return []
        if answer.after == question.after:
            raise UnreadableAnswer(f"The page of events after {answer.after!r} leads to itself.")
        next_page = replace(question, after=answer.after)
        if not answer.results:
            return [next_page]
        part, last = question.part, answer.results[-1].occurred_at
        if not _ascend(answer.results, question.last):
            if part.end != question.query_end:
                raise UnreadableAnswer(
                    f"HubSpot began to send the events {part.event_type} in the order of time and then went on in "
                    "another, so there is no telling whether all have come. Run the sync again."
                )
            # Sorting is a wish that HubSpot may not grant; without it, every page has to be read.
            return [next_page]
        if last >= part.end:
            return []
        parts = _cut(part, last) if question.after is None else [part]
        return [
            replace(next_page, part=parts[0], last=last),
            *(_Question(question.whole, each, each.end) for each in parts[1:]),
        ]


def _ascend(events: Sequence[Event], earlier: datetime | None) -> bool:
    instants = [*([earlier] if earlier else []), *(each.occurred_at for each in events)]
    return all(a <= b for a, b in pairwise(instants))


def _cut(part: EventSpan, last: datetime) -> list[EventSpan]:
    """Cut a part of which one page has come, up to an instant, so that each piece is worth reading by itself."""
    read, left = (last - part.start) / timedelta(seconds=1), (part.end - last) / timedelta(seconds=1)
    pages = left / max(read, 1.0)
    pieces = min(math.floor(pages / PAGES_PER_CUT), MOST_CUTS + 1)
    if pieces < 2:
        return [part]
    # Whole seconds, since nobody has seen HubSpot asked for less.
    first = last.replace(microsecond=0)
    cuts = [first + timedelta(seconds=round(left * number / pieces)) for number in range(1, pieces)]
    ends = [*dict.fromkeys(cut for cut in cuts if last < cut < part.end), part.end]
    starts = [part.start, *ends[:-1]]
    return [EventSpan(part.event_type, start, end) for start, end in zip(starts, ends, strict=True)]


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
