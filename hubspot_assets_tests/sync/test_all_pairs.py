"""Every pair of the default object types that HubSpot associates, in both directions, value by value."""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement

import pytest

from hubspot_assets.catalog.association_types import ASSOCIATION_TYPES
from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.relating import Relating

PAIRS = [
    pair
    for pair in combinations_with_replacement(DEFAULT_OBJECT_TYPES, 2)
    if pair in ASSOCIATION_TYPES or pair[::-1] in ASSOCIATION_TYPES
]


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    with Portal.start(sizes={**dict.fromkeys(DEFAULT_OBJECT_TYPES, 12), "contacts": 40}) as portal:
        yield portal


def test_every_pair_of_the_default_types_equals_the_portal_in_both_directions(
    company: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    client = connect(company)
    for one, other in PAIRS:
        # The company has no associations of some pairs; each gets one at least.
        company.associate(one, company.ids(one)[0], other, company.ids(other)[-1])
    for name in DEFAULT_OBJECT_TYPES:
        Relating(company, client, warehouse, (name, name)).records()
    for pair in PAIRS:
        relating = Relating(company, client, warehouse, pair)
        relating.associations()
        relating.assert_equal()
        assert any(relating.stored(*direction) for direction in relating.directions)
    assert len(PAIRS) == 20
