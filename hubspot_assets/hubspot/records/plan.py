"""Which of the two ways of reading takes fewer seconds: search or scan.

Search reads 200 records a request, but the whole account may search only 5 times a second; a scan reads every
record, 100 a request (two requests where the property list is too long for a URL), within the burst limit.
"""

from enum import StrEnum

from hubspot_assets.hubspot.records import scan, search

SEARCHES_PER_SECOND = 5.0
LISTS_PER_SECOND = 19.0
"""Burst limit of Professional and Enterprise accounts."""


class Strategy(StrEnum):
    """How the records are read (column STRATEGY of SYNCS)."""

    SEARCH = "search"
    SCAN = "scan"


def choose(*, matches: int, records: int, long_property_list: bool) -> Strategy:
    """Choose between a search of the matches and a scan of all records.

    Args:
        matches: how many records match the filter.
        records: how many records there are in all.
        long_property_list: whether a scan needs a batch read beside each page of ids.
    """
    searches = -(-matches // search.PAGE_SIZE)
    lists = -(-records // scan.PAGE_SIZE) * (2 if long_property_list else 1)
    by_search = searches / SEARCHES_PER_SECOND
    by_scan = lists / LISTS_PER_SECOND
    return Strategy.SEARCH if by_search <= by_scan else Strategy.SCAN
