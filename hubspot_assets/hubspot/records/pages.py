"""A page of records as HubSpot sent it, and what a page tells a reader without being parsed as a whole."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from hubspot_assets.hubspot.paging import Paged
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


class Results(Paged):
    """The outline of a list, search or batch answer.

    Attributes:
        results: Ids of the records, in the order sent.
        total: Matches in all (search only). Live, so it drifts.
    """

    results: list[RecordId]
    total: int | None = None
