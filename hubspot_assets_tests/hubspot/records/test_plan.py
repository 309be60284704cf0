"""Whichever takes fewer seconds is chosen."""

import pytest

from hubspot_assets.hubspot.records.plan import Strategy, choose


@pytest.mark.parametrize(
    ("matches", "records", "long_property_list", "strategy"),
    [
        (0, 1_000_000, False, Strategy.SEARCH),
        (0, 0, False, Strategy.SEARCH),
        (10_000, 1_000_000, False, Strategy.SEARCH),
        # 1,000 records a second by search, 1,900 by scan.
        (500_000, 1_000_000, False, Strategy.SEARCH),
        (530_000, 1_000_000, False, Strategy.SCAN),
        (1_000_000, 1_000_000, False, Strategy.SCAN),
        # With a batch read beside each page of ids, 950 by scan.
        (1_000_000, 1_000_000, True, Strategy.SEARCH),
        (30, 60, False, Strategy.SCAN),
    ],
)
def test_the_faster_way_is_chosen(matches: int, records: int, long_property_list: bool, strategy: Strategy) -> None:
    assert choose(matches=matches, records=records, long_property_list=long_property_list) is strategy


@pytest.mark.parametrize(
    ("lists_per_second", "matches", "strategy"),
    [
        (10.0, 900_000, Strategy.SEARCH),
        (11.0, 900_000, Strategy.SEARCH),
        (19.0, 900_000, Strategy.SCAN),
        (25.0, 500_000, Strategy.SCAN),
        (None, 900_000, Strategy.SCAN),
        # No account has such a limit: whoever lets everything through lets searches through as well.
        (100_000.0, 10_000, Strategy.SEARCH),
    ],
)
def test_a_scan_is_as_fast_as_the_accounts_own_limit(
    lists_per_second: float | None, matches: int, strategy: Strategy
) -> None:
    chosen = choose(matches=matches, records=1_000_000, long_property_list=False, lists_per_second=lists_per_second)
    assert chosen is strategy
