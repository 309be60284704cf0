"""Every version that HubSpot ever showed is kept, and only records that changed are read again."""

from collections.abc import Callable

import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.property_history import PropertyHistorySource
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Mode
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing

TICKETS = STANDARD_OBJECT_TYPES["tickets"]
TABLE = "OBJECT_PROPERTIES_HISTORY_TICKETS"


class Remembering:
    """Syncs of the versions of tickets."""

    def __init__(self, portal: Portal, client: Client, warehouse: DuckDBWarehouse) -> None:
        self.portal, self.client, self.warehouse = portal, client, warehouse
        self.only = PropertyFilter(("subject", "hs_pipeline_stage"), only=True)

    def records(self) -> None:
        self.portal.advance(2)
        for slice_ in Slice:
            run(RecordsSource(self.client, TICKETS, slice_), self.warehouse, self.client, run_id="test", say=print)

    def history(self, **options) -> Report:
        self.portal.advance(2)
        source = PropertyHistorySource(self.client, TICKETS, self.only, **options)
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def tick(self) -> Report:
        self.records()
        return self.history()

    def versions(self) -> set[tuple[int, str, str]]:
        rows = self.warehouse.read(TABLE, ["OBJECTID", "NAME", "VALUE"]).to_pylist()
        return {(row["OBJECTID"], row["NAME"], row["VALUE"]) for row in rows}

    def served(self) -> set[tuple[int, str, str]]:
        """All that the portal has ever answered of these properties."""
        return {
            (each.id, each.name, each.value)
            for each in self.portal.history_served("tickets")
            if each.name in ("subject", "hs_pipeline_stage")
        }


@pytest.fixture
def remembering(portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Remembering:
    return Remembering(portal, connect(portal), warehouse)


def test_every_version_that_was_ever_served_is_kept(remembering: Remembering) -> None:
    remembering.tick()
    [ticket] = remembering.portal.ids("tickets")[:1]
    for number in range(30):
        remembering.portal.change("tickets", {"subject": f"Edit {number}"}, ids=[ticket])
        if number % 10 == 0:
            remembering.tick()
    remembering.tick()
    assert remembering.versions() == remembering.served()
    assert (ticket, "subject", "Edit 29") in remembering.versions()


def test_an_idle_tick_asks_for_no_history(remembering: Remembering) -> None:
    remembering.tick()
    remembering.portal.advance(7_200)
    remembering.tick()
    remembering.portal.clear_requests()
    assert remembering.history().idle
    assert not remembering.portal.requests()


def test_only_records_that_changed_are_read_again(remembering: Remembering) -> None:
    remembering.tick()
    remembering.portal.change("tickets", {"subject": "Changed"}, count=2)
    report = remembering.tick()
    assert report.mode is Mode.INCREMENTAL
    assert report.rows_read == 2
    assert report.counts.inserted == 2


def test_another_choice_of_properties_reads_every_record(remembering: Remembering) -> None:
    remembering.tick()
    remembering.only = PropertyFilter(("subject", "content"), only=True)
    assert remembering.history().mode is Mode.FULL


def test_a_sync_that_crashes_goes_on(remembering: Remembering, tmp_path) -> None:
    warehouse = remembering.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=20)
    remembering.records()
    warehouse.crash(1, after=True)
    with pytest.raises(Crash):
        remembering.history()
    warehouse.crash(0)
    remembering.portal.change("tickets", {"subject": "Changed meanwhile"}, count=3)
    remembering.records()
    assert remembering.history().mode is Mode.INITIAL
    remembering.tick()
    assert remembering.versions() >= {
        (id_, "subject", record.properties["subject"])
        for id_, record in remembering.portal.truth("tickets").live.items()
        if record.properties.get("subject")
    }
