"""Values of properties that are newer than the table's rows.

A property that HubSpot got since the last sync, or that an allow list admits now, may hold values on records
that will not change for years. Only the records that hold one are read, where search can tell which they are.
"""

from collections.abc import Iterator

from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.records.plan import Strategy, choose
from hubspot_assets.hubspot.records.scan import Scan
from hubspot_assets.hubspot.records.search import MOST_GROUPS, PAGE_SIZE, Search, SearchUnreliable, holding_any
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest
from hubspot_assets.sync.records.record_table import RecordTable


def backfill(client: Client, table: RecordTable, *, records: int) -> Iterator[Page]:
    """Read the live records that hold a value of a property still to be back-filled.

    Args:
        client: The HubSpot client.
        table: The table, and with it the properties.
        records: How many live records there are.
    """
    path, properties = table.object_type.path, table.property_names
    new = table.to_backfill
    scan = Scan(client, path, properties)
    searches = [
        Search(
            client, path, properties, holding_any([definition.name for definition in new[start : start + MOST_GROUPS]])
        )
        for start in range(0, len(new), MOST_GROUPS)
    ]

    speed = client.budgets.per_second(Budget.BURST)

    def strategy(matches: int) -> Strategy:
        return choose(matches=matches, records=records, long_property_list=scan.by_batches, lists_per_second=speed)

    # Highly sensitive properties cannot be searched for, and search does not tell whose value was cleared.
    searchable = not any(
        definition.data_sensitivity == "highly_sensitive" or table.may_hold_old_values(definition) for definition in new
    )
    try:
        # To count is already a search each.
        if searchable and strategy(len(searches) * PAGE_SIZE) is Strategy.SEARCH:
            counts = [search.count() for search in searches]
            if strategy(sum(count.matches for count in counts)) is Strategy.SEARCH:
                for search, count in zip(searches, counts, strict=True):
                    if count.matches:
                        yield from search.pages(expected=count.matches, highest_id=count.highest_id)
                return
    except (BadRequest, SearchUnreliable):
        # Some properties of some object types cannot be filtered by; a scan reads every value.
        pass
    yield from scan.pages(expected=records)
