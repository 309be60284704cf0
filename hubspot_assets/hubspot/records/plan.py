"""Which of the two ways of reading takes fewer seconds: search or scan.

Search reads 200 records a request, but the whole account may search only 5 times a second; a scan reads every
record, 100 a request (two requests where the property list is too long for a URL), within the burst limit.
"""

from enum import StrEnum

from hubspot_assets.hubspot.records import scan, search

SEARCHES_PER_SECOND = 5.0
LISTS_PER_SECOND = 19.0
"""Burst limit of Professional and Enterprise accounts, to plan with where none is known."""
MOST_LISTS_PER_SECOND = 25.0
"""With the API limit increase; a portal that lets more through has no limit of searches either."""


class Strategy(StrEnum):
    """How the records are read (column STRATEGY of SYNCS)."""

    SEARCH = "search"
    SCAN = "scan"


def choose(*, matches: int, records: int, long_property_list: bool, lists_per_second: float | None = None) -> Strategy:
    """Choose between a search of the matches and a scan of all records.

    Args:
        matches: How many records match the filter.
        records: How many records there are in all.
        long_property_list: Whether a scan needs a batch read beside each page of ids.
        lists_per_second: The burst limit as HubSpot's answers taught it (`Budgets.per_second(Budget.BURST)`): 10 for
            Starter, 11 for OAuth apps, 19 or 25 for others. None where there is none.
    """
    searches = -(-matches // search.PAGE_SIZE)
    lists = -(-records // scan.PAGE_SIZE) * (2 if long_property_list else 1)
    by_search = searches / SEARCHES_PER_SECOND
    by_scan = lists / min(lists_per_second or LISTS_PER_SECOND, MOST_LISTS_PER_SECOND)
    return Strategy.SEARCH if by_search <= by_scan else Strategy.SCAN
