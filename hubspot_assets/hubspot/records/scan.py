"""Reading every record of an object type, by list.

The list endpoint reads the primary store (no index lag), in ascending order of id, and its cursor is the id of
the next record (https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis), so a scan can
be entered anywhere and several ranges can be read at once. The cursor is only documented by example: where an
account answers otherwise, the scan goes on sequentially with the cursor as it is.
"""

from collections.abc import Iterator, Sequence

from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.records.id_ranges import ALL_IDS, IdRange
from hubspot_assets.hubspot.records.pages import Page, Results
from hubspot_assets.hubspot.records.ranged_read import RangedRead
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Answer, Client

PAGE_SIZE = 100
MOST_IN_FLIGHT = 12
LONGEST_PROPERTY_LIST = 10_000
"""Bytes of property names in one URL; HubSpot answers 414 near 16,200 bytes of request target."""


class CursorNotNumeric(Exception):
    """The list endpoint pages in another way than by ascending id."""


class Scan:
    """A read of all live, or all archived, records of one object type.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        properties: Names of the properties wanted.
        archived: Read the recycle bin instead of the live records.
    """

    def __init__(
        self, client: Client, object_type_path: str, properties: Sequence[str], *, archived: bool = False
    ) -> None:
        self._client = client
        self._type = object_type_path
        self._properties = properties
        self._archived = archived
        self.by_batches = property_list_is_long(properties)
        """Whether the property list is too long for a URL: then ids come by list, values by batch read."""

    def pages(
        self, ranges: Sequence[IdRange] = (ALL_IDS,), *, expected: int | None = None, highest_id: int | None = None
    ) -> Iterator[Page]:
        """Read the records of some id ranges.

        Args:
            ranges: What to read; all ids by default.
            expected: About how many records there are; few records are not worth many requests at once.
            highest_id: About the largest id there is.

        Yields:
            Pages that cover the ranges; a record may come twice.

        Raises:
            HubSpotError: What the client could not get over.
        """
        workers = MOST_IN_FLIGHT if expected is None else min(MOST_IN_FLIGHT, expected // (4 * PAGE_SIZE) + 1)
        try:
            yield from RangedRead(self._fetch, ranges, workers=workers, highest_id=highest_id)
        except CursorNotNumeric:
            yield from self._sequential()

    def _fetch(self, range_: IdRange) -> Page:
        answer, results = self._list(str(range_.start) if range_.start else None)
        ids = [int(record.id) for record in results.results]
        if ids != sorted(set(ids)) or (ids and ids[0] < range_.start):
            raise CursorNotNumeric(f"The ids of {self._type} do not ascend")
        if results.after is None:
            covers = IdRange(range_.start)
        elif results.after.isdecimal() and int(results.after) > max([range_.start, *ids]):
            covers = IdRange(range_.start, int(results.after))
        else:
            raise CursorNotNumeric(f"The cursor of {self._type} is {results.after!r}, not the next id")
        return self._page(answer, results, covers)

    def _sequential(self) -> Iterator[Page]:
        """Follow opaque cursors; the last page covers everything, so that a crash begins anew."""
        after = None
        while True:
            answer, results = self._list(after)
            after = results.after
            yield self._page(answer, results, ALL_IDS if after is None else None)
            if after is None:
                return

    def _list(self, after: str | None) -> tuple[Answer, Results]:
        wanted = ("hs_object_id",) if self.by_batches else self._properties
        params = {"limit": str(PAGE_SIZE), "archived": "true" if self._archived else "false"}
        if after is not None:
            params["after"] = after
        params["properties"] = ",".join(wanted)
        answer = self._client.get(paths.objects(self._client.api_version, self._type), params)
        return answer, answer.decode(Results)

    def _page(self, answer: Answer, results: Results, covers: IdRange | None) -> Page:
        if not self.by_batches or not results.results:
            return Page(answer.body, len(results.results), answer.received_at, covers)
        ids = [int(record.id) for record in results.results]
        return batch_read.page(self._client, self._type, ids, self._properties, archived=self._archived, covers=covers)


def property_list_is_long(properties: Sequence[str]) -> bool:
    """Return whether the names would make a URL that HubSpot refuses (414)."""
    return sum(len(name) + len(",") for name in properties) > LONGEST_PROPERTY_LIST
