"""One answer of the associations batch read, taken apart.

An answer with status 207 names in `errors` each record that has no association at all, which is as good an answer as
any; every other error leaves open what the record has. Errors carry no id of their own, only a context.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport.client import Answer
from hubspot_assets.hubspot.transport.errors import HubSpotError, UnreadableAnswer

_ABSENT = "OBJECT_NOT_FOUND"
"""Category of the error for a record without associations (or one that is gone, which comes to the same)."""


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record to ask about, from the start or from a cursor of its own."""

    id: str
    after: str | None = None


@dataclass(slots=True)
class AssociationRows:
    """Associations as columns of equal length: one row per pair of records and label.

    Attributes:
        from_ids: The records asked for.
        to_ids: The records they are associated with.
        categories: `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED` or `WORK`.
        type_ids: HubSpot's id of the association type; unique within its category and direction.
        labels: What users read; None for the plain type, which every association of most pairs has.
    """

    from_ids: list[int] = field(default_factory=list)
    to_ids: list[int] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    type_ids: list[int] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.from_ids)

    def extend(self, others: "AssociationRows") -> None:
        """Add the rows of others."""
        self.from_ids += others.from_ids
        self.to_ids += others.to_ids
        self.categories += others.categories
        self.type_ids += others.type_ids
        self.labels += others.labels


@dataclass(frozen=True, slots=True)
class Part:
    """A page of a record that has several; `after` is the cursor of the next, None on the last."""

    id: int
    rows: AssociationRows
    after: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer says about the records asked for.

    Attributes:
        whole: Ids of the records that it is complete about.
        rows: The associations of those.
        parts: Pages of the records that had, or have, further ones.
        failed: Ids of the records that it says nothing about, with what HubSpot says instead.
        read_at: When it arrived (aware, UTC).
        correlation_id: What HubSpot's support asks for.
    """

    whole: Sequence[int]
    rows: AssociationRows
    parts: Sequence[Part]
    failed: dict[int, str]
    read_at: datetime
    correlation_id: str | None = None

    def completed_by(self, later: "Reply") -> "Reply":
        """This reply with what a later one says about the records that failed."""
        rows = AssociationRows()
        rows.extend(self.rows)
        rows.extend(later.rows)
        return Reply(
            (*self.whole, *later.whole),
            rows,
            (*self.parts, *later.parts),
            later.failed,
            self.read_at,
            later.correlation_id,
        )


class RecordsUnread(HubSpotError):
    """HubSpot answered, but for some of the records only with an error, however often it was asked."""

    def __init__(self, reply: Reply, pair: str, attempts: int) -> None:
        first, said = next(iter(reply.failed.items()))
        super().__init__(
            f"HubSpot cannot read the associations ({pair}) of {len(reply.failed):,} records, {first} among them: "
            f"{said} If this lasts, see https://status.hubspot.com.",
            correlation_id=reply.correlation_id,
        )
        self.attempts = attempts


class _Type(msgspec.Struct, rename="camel", gc=False):
    category: str
    type_id: int | str
    label: str | None = None


class _Target(msgspec.Struct, rename="camel", gc=False):
    to_object_id: int | str
    association_types: list[_Type]


class _Record(msgspec.Struct, gc=False):
    id: int | str


class _Result(Paged, gc=False):
    record: _Record = msgspec.field(name="from")
    to: list[_Target] = msgspec.field(default_factory=list)


class _Error(msgspec.Struct, rename="camel", gc=False):
    category: str | None = None
    message: str | None = None
    id: int | str | None = None
    context: dict[str, object] | None = None

    def ids(self) -> list[int]:
        """The records that the error is about, as far as it says."""
        context = self.context or {}
        for named in (context.get("fromObjectId"), context.get("id"), context.get("ids"), self.id):
            listed = named if isinstance(named, list) else [named]
            found = [int(text) for text in map(str, listed) if text.isdecimal()]
            if found:
                return found
        return []


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    errors: list[_Error] | None = None


def batch_body(inputs: Iterable[Input]) -> dict[str, object]:
    """The body of a request for these records."""
    return {"inputs": list(inputs)}


def reply_to(inputs: Sequence[Input], answer: Answer) -> Reply:
    """Take an answer apart.

    Raises:
        UnreadableAnswer: It is not what the endpoint promises, or goes round in circles.
    """
    decoded = answer.decode(_Answer)
    asked = {int(each.id): each.after for each in inputs}
    rows, parts, answered = AssociationRows(), [], dict[int, None]()
    try:
        for result in decoded.results:
            record_id, after = int(result.record.id), result.after
            if record_id not in asked:
                continue
            if after is None and asked[record_id] is None:
                answered[record_id] = None
                _add(rows, record_id, result.to)
                continue
            if after is not None and after == asked[record_id]:
                raise ValueError(f"the page of record {record_id} after {after!r} leads to itself")
            parts.append(Part(record_id, AssociationRows(), after))
            _add(parts[-1].rows, record_id, result.to)
    except ValueError as error:
        raise UnreadableAnswer(
            f"HubSpot's answer is not what this endpoint promises: {error}.",
            status=answer.status,
            correlation_id=answer.headers.get("X-HubSpot-Correlation-Id"),
        ) from error
    continued = {part.id for part in parts}
    failed = _failed(decoded.errors or (), [each for each in asked if each not in answered and each not in continued])
    for record_id, after in asked.items():
        if record_id in answered or record_id in continued or record_id in failed:
            continue
        # Nothing is what it has, or what was left behind its cursor.
        if after is None:
            answered[record_id] = None
        else:
            parts.append(Part(record_id, AssociationRows(), None))
    correlation_id = answer.headers.get("X-HubSpot-Correlation-Id")
    return Reply(tuple(answered), rows, parts, failed, answer.received_at, correlation_id)


def _failed(errors: Iterable[_Error], unanswered: Sequence[int]) -> dict[int, str]:
    """The records that errors leave open; an error that names none leaves all open that nothing else is said about."""
    absent: set[int] = set()
    failed: dict[int, str] = {}
    nameless = None
    for error in errors:
        ids = error.ids()
        if error.category == _ABSENT:
            absent.update(ids)
        elif ids:
            failed.update(dict.fromkeys(ids, _said(error)))
        else:
            nameless = _said(error)
    if nameless is not None:
        return {each: failed.get(each, nameless) for each in unanswered if each not in absent}
    return {each: failed[each] for each in unanswered if each in failed}


def _said(error: _Error) -> str:
    said = (error.message or error.category or "No reason was given").strip()[:400]
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _add(rows: AssociationRows, from_id: int, targets: Iterable[_Target]) -> None:
    for target in targets:
        to_id = int(target.to_object_id)
        for kind in target.association_types:
            rows.from_ids.append(from_id)
            rows.to_ids.append(to_id)
            rows.categories.append(kind.category)
            rows.type_ids.append(int(kind.type_id))
            rows.labels.append(kind.label)
