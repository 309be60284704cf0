"""Values of properties that are newer than the table's rows.

A property that HubSpot got since the last sync, or that an allow list admits now, may hold values on records
that will not change for years. Only the records that hold one are read.
"""

from collections.abc import Iterator, Sequence

from hubspot_assets.hubspot.client import Client
from hubspot_assets.hubspot.errors import BadRequest
from hubspot_assets.hubspot.pages import Page
from hubspot_assets.hubspot.plan import Strategy, choose
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.hubspot.scan import Scan
from hubspot_assets.hubspot.search import MOST_GROUPS, Count, IdsOutOfOrder, Search, holding_any


def backfill(
    client: Client,
    object_type_path: str,
    properties: Sequence[str],
    new: Sequence[PropertyDefinition],
    *,
    records: int,
) -> Iterator[Page]:
    """Read the live records that hold a value of a new property.

    Args:
        client: the HubSpot client.
        object_type_path: how object endpoints spell the type.
        properties: all properties of the rows to read.
        new: the properties whose values are wanted.
        records: how many live records there are.
    """
    scan = Scan(client, object_type_path, properties)
    searches: list[tuple[Search, Count]] = []
    # Highly sensitive properties cannot be searched for.
    if any(definition.data_sensitivity == "highly_sensitive" for definition in new):
        yield from scan.pages(expected=records)
        return
    try:
        for start in range(0, len(new), MOST_GROUPS):
            names = [definition.name for definition in new[start : start + MOST_GROUPS]]
            search = Search(client, object_type_path, properties, holding_any(names))
            searches.append((search, search.count()))
        matches = sum(count.matches for _, count in searches)
        if choose(matches=matches, records=records, long_property_list=scan.by_batches) is Strategy.SEARCH:
            for search, count in searches:
                if count.matches:
                    yield from search.pages(expected=count.matches, highest_id=count.highest_id)
            return
    except (BadRequest, IdsOutOfOrder):
        # Some properties of some object types cannot be filtered by; a scan reads every value.
        pass
    yield from scan.pages(expected=records)
