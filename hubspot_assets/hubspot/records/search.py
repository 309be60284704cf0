"""Reading the records that match a filter, by search; above all those changed in a window of time.

The filter stays fixed, rows are sorted by `hs_object_id`, and each request asks for ids beyond the last one seen.
So there is no offset, and the cap of 10,000 results, more than 10,000 rows in one millisecond, and rows that move
while being read need no special handling (the failures behind airbytehq/airbyte#43317 and #10700). Short and even
empty pages may carry a cursor (airbytehq/airbyte#80745): reading ends at a page without a cursor that has no rows,
or has all that match. Where an account's search keeps none of this, `SearchUnreliable` says so, and a scan reads
the same records.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.records.id_ranges import ALL_IDS, IdRange
from hubspot_assets.hubspot.records.pages import Page, Results
from hubspot_assets.hubspot.records.ranged_read import RangedRead
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Answer, Client
from hubspot_assets.hubspot.transport.errors import (
    BadRequest,
    NotFound,
    NotSearchable,
    SearchUnreliable,
    UnreadableAnswer,
)

PAGE_SIZE = 200
MOST_IN_FLIGHT = 5
MOST_GROUPS = 5
"""HubSpot takes five filter groups of six filters, eighteen filters in all."""
MOST_EMPTY_PAGES = 10_000 // PAGE_SIZE
"""No search goes beyond its first 10,000 matches, so more empty pages in a row lead nowhere."""
EARLIEST = datetime.fromtimestamp(1, UTC)
"""A filter at the epoch itself makes HubSpot answer 500."""

Filter = dict[str, object]


@dataclass(frozen=True, slots=True)
class Count:
    """What one search tells about its matches.

    Attributes:
        matches: How many records match, by the search index.
        highest_id: The largest id among them, or None without matches.
    """

    matches: int
    highest_id: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """A closed span of time, to the millisecond; without `after` from the beginning, without `before` open-ended."""

    after: datetime | None = None
    before: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins; HubSpot would answer 400."""
        if self.after is not None and self.before is not None and self.after > self.before:
            raise ValueError(f"The window begins at {self.after.isoformat()}, after its end {self.before.isoformat()}")


def changed_in(window: Window, last_modified_property: str) -> list[list[Filter]]:
    """Return filter groups for the records last modified within a window, both ends included."""
    if window.after is None and window.before is None:
        return [[]]
    after = max(window.after or EARLIEST, EARLIEST)
    filter_: Filter = {"propertyName": last_modified_property, "operator": "GTE", "value": str(_milliseconds(after))}
    if window.before is not None:
        filter_ |= {"operator": "BETWEEN", "highValue": str(_milliseconds(max(window.before, after)))}
    return [[filter_]]


def holding_any(properties: Sequence[str]) -> list[list[Filter]]:
    """Return filter groups for the records that hold a value of any of up to five properties."""
    if len(properties) > MOST_GROUPS:
        raise ValueError(f"One search takes {MOST_GROUPS} filter groups, not {len(properties)}")
    return [[{"propertyName": name, "operator": "HAS_PROPERTY"}] for name in properties]


class Search:
    """A read of all live records of one object type that match a filter.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        properties: Names of the properties wanted.
        filter_groups: Any of these groups must match with all of its filters; at most five.
    """

    def __init__(
        self,
        client: Client,
        object_type_path: str,
        properties: Sequence[str],
        filter_groups: Sequence[Sequence[Filter]] = ((),),
    ) -> None:
        self._client = client
        self._type = object_type_path
        self._properties = list(properties)
        self._filter_groups = filter_groups

    def count(self) -> Count:
        """Count the matches, in one request.

        Raises:
            NotSearchable: Search refuses the object type, or to filter it so. Its message says why, and that a scan
                reads the same: every record, which is worth saying.
            UnreadableAnswer: HubSpot goes on answering without a number of matches.
            HubSpotError: What else the client could not get over.
        """
        try:
            _, results = self._post(
                ALL_IDS, properties=["hs_object_id"], direction="DESCENDING", limit=1, check=_counted
            )
        except (BadRequest, NotFound) as error:
            raise self._not_searchable(error) from error
        ids = [int(record.id) for record in results.results]
        assert results.total is not None  # as checked
        return Count(results.total, max(ids, default=None))

    def _not_searchable(self, error: BadRequest | NotFound) -> NotSearchable:
        return NotSearchable(
            f"HubSpot refuses to search {self._type}, so that what changed cannot be told, and every record is read by "
            f"list instead. It says: {error.message}",
            status=error.status,
            method=error.method,
            path=error.path,
            correlation_id=error.correlation_id,
        )

    def pages(
        self, ranges: Sequence[IdRange] = (ALL_IDS,), *, expected: int | None = None, highest_id: int | None = None
    ) -> Iterator[Page]:
        """Read the matches of some id ranges.

        Args:
            ranges: What to read; all ids by default.
            expected: About how many records match; few are not worth several requests at once.
            highest_id: About the largest id there is.

        Yields:
            Pages that cover the ranges. A row is as fresh as the store, so it may have left the filter since
            the index matched it; it is kept all the same.

        Raises:
            SearchUnreliable: Search does not sort ids numerically, or does not end; what was read so far is good.
            HubSpotError: What the client could not get over.
        """
        workers = MOST_IN_FLIGHT if expected is None else min(MOST_IN_FLIGHT, expected // (4 * PAGE_SIZE) + 1)
        yield from RangedRead(self._fetch, ranges, workers=workers, highest_id=highest_id)

    def _fetch(self, range_: IdRange) -> Page:
        answer, results = self._post(range_)
        empty_pages = 0
        while not results.results and results.after is not None:
            empty_pages += 1
            if empty_pages == MOST_EMPTY_PAGES:
                raise SearchUnreliable(f"A search of {self._type} from id {range_.start} on answered only empty pages")
            answer, results = self._post(range_, after=results.after)
        if not results.results:
            return Page(answer.body, 0, answer.received_at, range_)
        ids = [int(record.id) for record in results.results]
        inside = ids[0] >= range_.start and (range_.stop is None or ids[-1] < range_.stop)
        if ids != sorted(set(ids)) or not inside:
            raise SearchUnreliable(f"A search of {self._type} from id {range_.start} on answered ids out of order")
        # Two witnesses that nothing is left: there is no cursor, and no more rows match than came.
        last = results.after is None and results.total == len(ids)
        return Page(answer.body, len(ids), answer.received_at, range_ if last else IdRange(range_.start, ids[-1] + 1))

    def _post(
        self,
        range_: IdRange,
        *,
        after: str | None = None,
        properties: list[str] | None = None,
        direction: str = "ASCENDING",
        limit: int = PAGE_SIZE,
        check: Callable[[Answer], object] | None = None,
    ) -> tuple[Answer, Results]:
        body: dict[str, object] = {
            "filterGroups": [{"filters": [*group, *_within(range_)]} for group in self._filter_groups],
            "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
            "properties": self._properties if properties is None else properties,
            "limit": limit,
        }
        if after is not None:
            body["after"] = after
        path = paths.search(self._client.api_version, self._type)
        answer = self._client.post(path, body, budget=Budget.SEARCH, check=check)
        return answer, answer.decode(Results)


def _counted(answer: Answer) -> None:
    """Refuse an answer that does not tell how many match: it must not read as none."""
    if answer.decode(Results).total is None:
        raise UnreadableAnswer("HubSpot's answer to a search lacks the number of matches (`total`).")


def _within(range_: IdRange) -> list[Filter]:
    filters: list[Filter] = [{"propertyName": "hs_object_id", "operator": "GT", "value": str(max(range_.start - 1, 0))}]
    if range_.stop is not None:
        filters.append({"propertyName": "hs_object_id", "operator": "LT", "value": str(range_.stop)})
    return filters


def _milliseconds(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
