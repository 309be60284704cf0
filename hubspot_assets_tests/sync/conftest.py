from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.account import account
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.filled_once import filled_once
from hubspot_assets_tests.sync.records.syncing import Syncing
from hubspot_assets_tests.sync.relating import Relating


@pytest.fixture(scope="session")
def started_portal() -> Iterator[Portal]:
    with Portal.start(sizes={"tickets": 60}, ids="mixed") as portal:
        yield portal


@pytest.fixture
def portal(started_portal: Portal) -> Portal:
    """A small portal as at its start: live, archived and merged tickets."""
    started_portal.reset()
    return started_portal


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Make a client of a portal, without limits."""
    with ExitStack() as stack:

        def connect(portal: Portal, budgets: Budgets | None = None, **options) -> Client:
            budgets = budgets or Budgets.unlimited()
            return stack.enter_context(
                Client(AccessToken(portal.token), base_url=portal.url, budgets=budgets, **options)
            )

        yield connect


@pytest.fixture
def warehouse(tmp_path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "hubspot.duckdb")


@pytest.fixture
def tickets(portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Syncing:
    """Syncs of the small portal's tickets."""
    return Syncing(portal, connect(portal), warehouse)


@pytest.fixture(scope="session")
def company() -> Iterator[Portal]:
    sizes = {"contacts": 120, "companies": 40, "deals": 50, "leads": 20}
    # Of one instant, so that the account is the same after midnight.
    with Portal.start(sizes=sizes, now=datetime.now(UTC).isoformat()) as portal:
        yield portal


@pytest.fixture(scope="session")
def related_file(tmp_path_factory) -> Path:
    """Where the file is kept that the first test with `related` has filled."""
    return tmp_path_factory.mktemp("related") / "hubspot.duckdb"


@pytest.fixture
def related(
    company: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse, tmp_path: Path, related_file: Path
) -> Relating:
    """Contacts and companies, synced once a minute ago."""
    company.reset()
    related = Relating(company, connect(company), warehouse)

    def fill() -> None:
        related.records(archived=True)
        related.associations()

    filled_once(tmp_path / "hubspot.duckdb", related_file, fill)
    company.reset()
    # Later than the copy, however long that took.
    company.advance(60)
    # As after a sync, the client knows the time.
    account(related.client)
    return related
