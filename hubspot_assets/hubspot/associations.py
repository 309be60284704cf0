"""Which records are associated with which, and how those associations are labeled.

A request asks for up to 1,000 records and counts in limits of its own
(https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide). Every record has
its own pages: the next ones of many records travel in one request, beside records not asked for yet.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from hubspot_assets.hubspot.association_answers import (
    AssociationRows,
    Input,
    RecordsUnread,
    Reply,
    batch_body,
    reply_to,
)
from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest

__all__ = ["AssociationBatch", "AssociationRead", "AssociationRows", "PairNotAllowed", "RecordsUnread"]

BATCH_SIZE = 1_000
MOST_IN_FLIGHT = 16
"""The limit, 15 requests a second, wants half as many at 500 ms; the others bridge the pauses of whoever iterates."""

_ATTEMPTS = 4
_FIRST_PAUSE = 1.0
"""Seconds before what a partial answer could not read is asked for again; doubled each time."""


class PairNotAllowed(BadRequest):
    """400: HubSpot does not associate records of these two types (in this direction)."""


@dataclass(frozen=True, slots=True)
class AssociationBatch:
    """All associations of some records.

    Attributes:
        whole: Ids of the records asked for whose associations are all in `rows`; many have none.
        rows: Their associations, one row per label, and those of no other record.
        read_at: When the first answer about these records arrived (aware, UTC).
    """

    whole: Sequence[int]
    rows: AssociationRows
    read_at: datetime


@dataclass(slots=True)
class _Unfinished:
    """A record with more pages than have come so far."""

    read_at: datetime
    rows: AssociationRows = field(default_factory=AssociationRows)


class AssociationRead:
    """A read of the associations from records of one object type to those of another.

    Memory stays flat: no more is held than the answers in flight, and the records that have further pages, of which
    new ones are begun only while fewer than 1,000 are unfinished.

    Args:
        client: The HubSpot client.
        from_type: Type id (`0-1`) or path of the records asked for.
        to_type: Type id or path of the records they are associated with.
        ids: The records, each once; taken as they are needed, by the thread that iterates.
        in_flight: The most requests at once.
    """

    def __init__(
        self, client: Client, from_type: str, to_type: str, ids: Iterable[int], *, in_flight: int = MOST_IN_FLIGHT
    ) -> None:
        self._client = client
        self._from_type, self._to_type = from_type, to_type
        self._fresh = iter(ids)
        self._further: deque[Input] = deque()
        self._unfinished: dict[int, _Unfinished] = {}
        self._in_flight = max(in_flight, 1)
        self._answered = False

    def __iter__(self) -> Iterator[AssociationBatch]:
        """Batches in the order they get complete; every id is in `whole` of exactly one.

        Raises:
            PairNotAllowed: The account does not associate these types.
            MissingScopes: The token may not read one of them.
            Forbidden: The same without a scope to name: mostly the subscription lacks one of them.
            RecordsUnread: HubSpot answers for some records only with an error, again and again.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        threads = ThreadPoolExecutor(self._in_flight, thread_name_prefix="hubspot-associations")
        try:
            asked: set[Future[Reply]] = set()
            while True:
                while len(asked) < self._in_flight and (inputs := self._next_inputs()):
                    asked.add(threads.submit(self._fetch, inputs))
                if not asked:
                    return
                done, asked = wait(asked, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda each: each.exception() is not None):
                    yield from self._complete(future.result())
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _next_inputs(self) -> list[Input]:
        inputs = [self._further.popleft() for _ in range(min(len(self._further), BATCH_SIZE))]
        if len(self._unfinished) < BATCH_SIZE:
            inputs += [Input(str(id_)) for id_ in islice(self._fresh, BATCH_SIZE - len(inputs))]
        return inputs

    def _fetch(self, inputs: Sequence[Input]) -> Reply:
        """Ask about some records, and again about those that only an error was answered for."""
        reply = self._ask(inputs)
        for attempt in range(1, _ATTEMPTS):
            if not reply.failed:
                break
            self._client.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
            again = self._ask([each for each in inputs if int(each.id) in reply.failed])
            reply = reply.completed_by(again)
        if reply.failed:
            raise RecordsUnread(reply, f"{self._from_type} to {self._to_type}", _ATTEMPTS)
        return reply

    def _ask(self, inputs: Sequence[Input]) -> Reply:
        path = paths.associations(self._client.api_version, self._from_type, self._to_type)
        try:
            answer = self._client.post(path, batch_body(inputs), budget=Budget.ASSOCIATIONS)
        except BadRequest as error:
            # A cursor may be refused too, but only where there is one.
            if error.status == 400 and not self._answered and not any(each.after for each in inputs):
                raise pair_not_allowed(error, self._from_type, self._to_type) from error
            raise
        self._answered = True
        return reply_to(inputs, answer)

    def _complete(self, reply: Reply) -> Iterator[AssociationBatch]:
        if reply.whole:
            yield AssociationBatch(reply.whole, reply.rows, reply.read_at)
        for part in reply.parts:
            record = self._unfinished.setdefault(part.id, _Unfinished(reply.read_at))
            record.rows.extend(part.rows)
            if part.after is None:
                del self._unfinished[part.id]
                yield AssociationBatch((part.id,), record.rows, record.read_at)
            else:
                self._further.append(Input(str(part.id), part.after))


def pair_not_allowed(error: BadRequest, from_type: str, to_type: str) -> PairNotAllowed:
    """Return the refusal of a pair of object types as an error that says so."""
    return error.retold(PairNotAllowed, f"HubSpot does not associate {from_type} with {to_type}: {error.message}")
