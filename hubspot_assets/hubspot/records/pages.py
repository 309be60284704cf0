"""A page of records as HubSpot sent it, and what a page tells a reader without being parsed as a whole."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from hubspot_assets.hubspot.records.id_ranges import IdRange


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one answer, unparsed.

    Attributes:
        body: A JSON object whose `results` are the records.
        rows: How many records `results` holds.
        read_at: When it was read from HubSpot, by HubSpot's clock (aware, UTC); see `Answer.received_at`.
        covers: Every record whose id lies in this range has been met once this page is kept;
            None for pages that say nothing about a range (records read by id).
    """

    body: bytes
    rows: int
    read_at: datetime
    covers: IdRange | None = None


class RecordId(msgspec.Struct):
    """The id of a record; msgspec passes over the other fields at no cost."""

    id: str


class Next(msgspec.Struct):
    """`paging.next`: the cursor of the page after this one (a string, though numbers were seen)."""

    after: str | int


class Paging(msgspec.Struct):
    """`paging` of an answer; absent on the last page."""

    next: Next | None = None


class Results(msgspec.Struct):
    """The outline of a list, search or batch answer.

    Attributes:
        results: Ids of the records, in the order sent.
        paging: Where to go on; None at the end.
        total: Matches in all (search only). Live, so it drifts.
    """

    results: list[RecordId]
    paging: Paging | None = None
    total: int | None = None

    @property
    def after(self) -> str | None:
        """The cursor of the next page, or None where this is the last."""
        return str(self.paging.next.after) if self.paging and self.paging.next else None
