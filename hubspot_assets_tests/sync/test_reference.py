"""Owners, teams, users, pipelines and definitions: read whole, and written only where they differ."""

from collections.abc import Callable

import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.reading import Reading
from hubspot_assets.sync.reference import ReferenceSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.type_definitions import TypeDefinitionsSource
from hubspot_assets.tables.event_names import event_table_names
from hubspot_assets.tables.object_definitions import OBJECT_AND_EVENT_TYPE_DEFINITIONS
from hubspot_assets.tables.satellite import rows_of
from hubspot_assets.warehouse.base import Merge
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

TYPE_DEFINITIONS = OBJECT_AND_EVENT_TYPE_DEFINITIONS.name
TYPES = {name: STANDARD_OBJECT_TYPES[name] for name in ("contacts", "companies", "deals", "tickets")}
PAIRS = [("contacts", "companies"), ("companies", "contacts"), ("deals", "contacts")]


class Referring:
    """Syncs of the tables that are read whole."""

    def __init__(self, portal: Portal, client: Client, warehouse: DuckDBWarehouse) -> None:
        self.portal, self.client, self.warehouse = portal, client, warehouse
        self.types_of_events: tuple[str, ...] = ()

    def sync_types(self) -> Report:
        reading = Reading(self.client, lambda: TYPES, PAIRS, self.types_of_events)
        source = TypeDefinitionsSource(self.client, reading.object_and_event_type_definitions, reading.tells_of_type)
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def sync(self, name: str, **options) -> Report:
        reading = Reading(self.client, lambda: TYPES, PAIRS)
        source = ReferenceSource(self.client, name, reading.tables[name], getattr(reading, name), **options)
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def rows(self, name: str) -> list[dict]:
        return self.warehouse.read(name.upper()).to_pylist()

    def calls(self) -> int:
        calls = len(self.portal.requests())
        self.portal.clear_requests()
        return calls


@pytest.fixture
def referring(small_portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Referring:
    small_portal.reset()
    return Referring(small_portal, connect(small_portal), warehouse)


@pytest.mark.parametrize("name", list(Reading.tables))
def test_every_table_is_filled_and_an_equal_answer_writes_nothing(referring: Referring, name: str) -> None:
    first = referring.sync(name)
    assert first.counts.inserted == len(referring.rows(name)) > 0
    syncs = referring.warehouse.count("SYNCS")
    again = referring.sync(name)
    assert again.idle
    assert again.covered_until is not None
    assert referring.warehouse.count("SYNCS") == syncs


def test_what_is_read_once_a_day_is_not_asked_for_twice_on_one_day(referring: Referring) -> None:
    from hubspot_assets.defs.assets.reference import DAY

    referring.sync("teams", at_most_every=DAY)
    referring.calls()
    assert referring.sync("teams", at_most_every=DAY).idle
    assert referring.calls() == 0
    assert not referring.sync("teams", at_most_every=DAY, full=True).idle
    referring.portal.advance(DAY * 2)
    # HubSpot's clock shows with its answers.
    referring.sync("owners")
    assert not referring.sync("teams", at_most_every=DAY).idle
    assert referring.calls() > 0


def test_a_table_that_was_dropped_is_filled_again(referring: Referring, tmp_path) -> None:
    import duckdb

    referring.sync("owners")
    with duckdb.connect(tmp_path / "hubspot.duckdb") as connection:
        connection.execute("DROP TABLE OWNERS")
    assert referring.sync("owners").counts.inserted > 0


def test_types_of_events_are_among_the_definitions_with_their_tables(referring: Referring) -> None:
    login, *others = [each["fullyQualifiedName"] for each in referring.portal.event_definitions()]
    referring.types_of_events = (login,)
    referring.sync_types()
    rows = {row["FULLYQUALIFIEDNAME"]: row for row in referring.rows(TYPE_DEFINITIONS) if row["METATYPE"] == "event"}
    truth = {each["fullyQualifiedName"]: each["objectTypeId"] for each in referring.portal.event_definitions()}
    assert {name: row["ID"] for name, row in rows.items()} == truth
    assert rows[login]["TABLENAME"] == event_table_names([login])[login]
    assert not any(rows[each]["TABLENAME"] for each in others)


def test_types_that_the_account_has_no_more_are_marked_and_those_not_asked_for_are_not(referring: Referring) -> None:
    gone, others = ["2-999", "6-999"], ["0-999"]
    rows = [{"ID": each, "METATYPE": "object"} for each in (*gone, *others)]
    referring.warehouse.ensure(OBJECT_AND_EVENT_TYPE_DEFINITIONS)
    stored = rows_of(OBJECT_AND_EVENT_TYPE_DEFINITIONS, rows, referring.client.now(), "earlier")
    referring.warehouse.commit(Merge(OBJECT_AND_EVENT_TYPE_DEFINITIONS, stored))

    def marked() -> set[str]:
        return {row["ID"] for row in referring.rows(TYPE_DEFINITIONS) if row["DELETEDAT"]}

    # What HubSpot does not tell about is not gone.
    referring.portal.faults([{"kind": "forbidden", "path": "event-definitions|schemas"}])
    referring.sync_types()
    assert not marked()
    referring.portal.faults()
    referring.sync_types()
    assert marked() == set(gone)
    referring.sync_types()
    assert marked() == set(gone)


def test_a_scope_that_is_missing_is_said_and_no_failure(
    small_portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse
) -> None:
    from hubspot_assets.hubspot.limits.budgets import Budgets
    from hubspot_assets.hubspot.transport.credentials import AccessToken

    small_portal.reset()
    token = small_portal.issue_token(without=["crm.objects.owners.read"])
    with Client(AccessToken(token), base_url=small_portal.url, budgets=Budgets.unlimited()) as client:
        report = Referring(small_portal, client, warehouse).sync("owners")
    assert report.idle
    assert "crm.objects.owners.read" in (report.unavailable or "")
