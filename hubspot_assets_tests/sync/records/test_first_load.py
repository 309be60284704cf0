"""After a first run of both partitions, every record and every value of the portal is in the warehouse."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.records.plan import Strategy
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.records.syncing import Syncing

FAULTS = (
    {"kind": "burst_limit", "retry_after": 0.2},
    {"kind": "search_limit", "path": "search", "retry_after": 0.2},
    {"kind": "locked"},
    {"kind": "server_error", "status": 500},
    {"kind": "server_error", "status": 503},
    {"kind": "cloudflare"},
    {"kind": "reset"},
    {"kind": "truncated"},
    {"kind": "dropped"},
    {"kind": "empty"},
    {"kind": "not_json"},
)
"""Every kind of fault that passes by itself."""


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    """All nine object types, a few hundred records each, with a lagging index and short and empty pages."""
    sizes = dict.fromkeys(DEFAULT_OBJECT_TYPES, 150)
    with Portal.start(sizes={**sizes, "contacts": 700}, index_lag=True, short_pages=0.2) as portal:
        yield portal


def test_all_nine_object_types_are_complete_though_the_index_lags_and_pages_are_short_or_empty(
    company: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    client = connect(company)
    for name in DEFAULT_OBJECT_TYPES:
        syncing = Syncing(company, client, warehouse, name)
        syncing.both()
        assert syncing.assert_equal() == len(list(company.records(name)))


def test_a_record_that_comes_twice_is_counted_once(
    company: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    company.clear_requests()
    report = Syncing(company, connect(company), warehouse, "contacts").latest()
    # The first of them only asks what the token may read.
    lists = [each for each in company.requests("/objects/2026-09/contacts") if "limit=100&" in each["query"]]
    assert report.rows_read == report.counts.inserted
    assert report.rows_read + report.facts["rows_read_again"] == sum(each["rows"] for each in lists)


def test_two_percent_of_faulty_answers_of_every_kind_cost_nothing_but_time_under_the_real_limits(
    company: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse, tmp_path
) -> None:
    company.reset()
    company.limits(enabled=True, burst=190, interval=10.0, search=5)
    # Each kind once at least, so that it is not left to chance; then two answers in a hundred.
    certain = [{"nth": [5 * number + 3], "times": 1, **fault} for number, fault in enumerate(FAULTS)]
    share = 0.02 / len(FAULTS)
    company.faults([*certain, *({"probability": share, "seed": n, **f} for n, f in enumerate(FAULTS))])
    client = connect(company, Budgets.local("faulty", tmp_path / "budgets.sqlite"))
    for name in ("contacts", "deals", "tickets"):
        syncing = Syncing(company, client, warehouse, name)
        for _ in range(2):
            syncing.both()
        company.index_catch_up()
        syncing.assert_equal()
    faults = {request["fault"] for request in company.requests()}
    assert {fault["kind"] for fault in FAULTS} <= faults
    company.reset()


@pytest.fixture(scope="module")
def flood() -> Iterator[Portal]:
    """25,000 contacts of few properties."""
    with Portal.start(
        sizes={"contacts": 25_000}, properties={"contacts": 8}, archived_share=0, merged_share=0
    ) as portal:
        yield portal


def test_twenty_five_thousand_contacts_of_one_millisecond_are_all_read(
    flood: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    syncing = Syncing(flood, connect(flood), warehouse, "contacts")
    flood.change("contacts", {"lastname": "Flood"})
    assert syncing.latest().strategy == Strategy.SCAN
    # Beyond 10,000 matches a search goes no further, and all of these are of one instant.
    flood.change("contacts", {"lastname": "Ebb"}, count=12_000)
    report = syncing.latest(updated_after=flood.now() - timedelta(seconds=2))
    assert (report.strategy, report.counts.updated) == (Strategy.SEARCH, 12_000)
    assert syncing.assert_equal() == 25_000


@pytest.fixture(scope="module")
def wide() -> Iterator[Portal]:
    """Contacts whose property names make a URL of 80,000 characters."""
    with Portal.start(sizes={"contacts": 130}, properties={"contacts": 1_200}, long_property_names=True) as portal:
        yield portal


def test_twelve_hundred_properties_of_long_names_are_read_by_list_and_batch(
    wide: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    syncing = Syncing(wide, connect(wide), warehouse, "contacts")
    syncing.both()
    wide.change("contacts", {"lastname": "Wide"}, count=3)
    assert syncing.latest().counts.updated == 3
    assert syncing.assert_equal() > 120
    assert all(request["status"] == 200 for request in wide.requests())
    assert wide.requests("batch/read")
