"""Reading what happened in spans of time: events, e-mail events, changes of subscriptions.

Such lists are entered by a window of time, come in its order, and each page names the next, so that one reading would
reach a quarter of what HubSpot's limits allow. Several spans are read at once, and a busy one is cut by what its first
page tells. Which way the order goes, and whether there is one, is seen in the instants themselves.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Generic, TypeVar

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer

T = TypeVar("T")

MOST_IN_FLIGHT = 16
PAGES_PER_CUT = 16
"""A cut costs about a page read twice, so it has to be worth many."""
MOST_CUTS = 15
INSTANTS_THAT_SHOW_AN_ORDER = 20
"""Fewer may be in order by chance, and a cut relies on the order of all that follow."""


@dataclass(frozen=True, slots=True)
class Span:
    """What happened from `start` (included) to `end` (excluded).

    Attributes:
        start: Aware; whole seconds.
        end: Likewise.
        of: What is asked for (a type of events); "" where there is only one thing to ask for.
    """

    start: datetime
    end: datetime
    of: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A page of a part of a span.

    Attributes:
        whole: The span as it was asked for.
        part: The part that this chain of pages is to bring.
        query: The window that HubSpot is asked for; the part may have been cut shorter since.
        after: The cursor of the page; None for the first.
        last: When the last thing of the page before happened.
        ordered: Whether all that has come was in the order of time.
    """

    whole: Span
    part: Span
    query: Span
    after: str | None = None
    last: datetime | None = None
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """One page.

    Attributes:
        things: What it holds, in HubSpot's order.
        instants: When each of them happened (aware).
        after: The cursor of the next page; None on the last.
        read_at: When it arrived (aware, UTC).
    """

    things: Sequence[T]
    instants: Sequence[datetime]
    after: str | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class SpanPage(Generic[T]):
    """A part of what happened in a span.

    Attributes:
        span: As it was asked for.
        things: Those of one answer, in HubSpot's order.
        done: Whether nothing more of the span follows.
        read_at: When the answer arrived (aware, UTC).
    """

    span: Span
    things: Sequence[T]
    done: bool
    read_at: datetime


class SpanRead(Generic[T]):
    """A read of many spans, several at once, in flat memory.

    Args:
        fetch: Asks for one page; called from several threads. It may give more than the window asked for.
        spans: What to read, each once; taken as they are needed, by the thread that iterates.
        in_flight: The most requests at once.
    """

    def __init__(
        self, fetch: Callable[[Question], Reply[T]], spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT
    ) -> None:
        self._fetch = fetch
        self._spans = spans
        self._in_flight = in_flight
        self._open: Counter[Span] = Counter()

    def __iter__(self) -> Iterator[SpanPage[T]]:
        """Pages in the order they arrive; of each span, the last one is `done`.

        Raises:
            UnreadableAnswer: HubSpot changed the order half way, or sent pages that lead in a circle.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        questions = InFlight(self._fetch, map(self._opened, self._spans), most=self._in_flight)
        for question, reply in questions:
            part, following = question.part, _following(question, reply)
            for each in following:
                questions.ask(each)
            self._open[question.whole] += len(following) - 1
            done = not self._open[question.whole]
            if done:
                del self._open[question.whole]
            inside = [
                thing for thing, at in zip(reply.things, reply.instants, strict=True) if part.start <= at < part.end
            ]
            if inside or done:
                yield SpanPage(question.whole, inside, done, reply.read_at)

    def _opened(self, span: Span) -> Question:
        self._open[span] += 1
        return Question(span, span, span)


def _following(question: Question, reply: Reply[T]) -> list[Question]:
    """What is still to be asked: the next page first, then the parts that were cut off."""
    if reply.after is None:
        return []
    if reply.after == question.after:
        raise UnreadableAnswer(f"The page of {question.whole.of or 'events'} after {reply.after!r} leads to itself.")
    next_page = replace(question, after=reply.after)
    if not reply.instants or not question.ordered:
        return [next_page]
    part, query, last = question.part, question.query, reply.instants[-1]
    instants = [*([question.last] if question.last else []), *reply.instants]
    ascending, descending = _order(instants)
    if (part.end != query.end and not ascending) or (part.start != query.start and not descending):
        raise UnreadableAnswer(
            f"HubSpot began to send {question.whole.of or 'events'} in the order of time and then went on in another, "
            "so there is no telling whether all have come. Run the sync again."
        )
    if ascending is descending:
        # All at one instant, or in no order at all: every page has to be read.
        return [replace(next_page, last=last, ordered=ascending)]
    # Only what was cut off is read elsewhere; an uncut part is read to HubSpot's own end, be it sorted or not.
    if (part.end != query.end and last >= part.end) or (part.start != query.start and last < part.start):
        return []
    worth_trusting = question.after is None and len(set(reply.instants)) >= INSTANTS_THAT_SHOW_AN_ORDER
    parts = _cut(part, last, ascending=ascending) if worth_trusting else [part]
    return [
        replace(next_page, part=parts[0], last=last),
        *(Question(question.whole, each, each) for each in parts[1:]),
    ]


def _order(instants: Sequence[datetime]) -> tuple[bool, bool]:
    """Whether instants ascend, and whether they descend; equal ones do both."""
    return all(a <= b for a, b in pairwise(instants)), all(a >= b for a, b in pairwise(instants))


def _cut(part: Span, last: datetime, *, ascending: bool) -> list[Span]:
    """Cut a part of which one page has come, up to an instant, so that each piece is worth reading by itself.

    Returns:
        The piece that the page belongs to, and those beyond it.
    """
    read, left = (last - part.start, part.end - last) if ascending else (part.end - last, last - part.start)
    pages = left / max(read, timedelta(seconds=1))
    pieces = min(math.floor(pages / PAGES_PER_CUT), MOST_CUTS + 1)
    if pieces < 2:
        return [part]
    # Whole seconds, since nobody has seen HubSpot asked for less.
    steps = [timedelta(seconds=round(left.total_seconds() * number / pieces)) for number in range(1, pieces)]
    begin = last.replace(microsecond=0)
    cuts = sorted({begin + step if ascending else begin - step for step in steps})
    inside = [cut for cut in cuts if (last < cut < part.end if ascending else part.start < cut <= last)]
    spans = [Span(start, end, part.of) for start, end in pairwise((part.start, *inside, part.end))]
    return spans if ascending else spans[::-1]
