"""Every version that HubSpot ever showed is kept, and only records that changed are read again."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.demo_portal.truth import TrueVersion
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.finding import Finding
from hubspot_assets.sync.history_inspection import HistoryInspection
from hubspot_assets.sync.property_history import PropertyHistorySource
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Mode
from hubspot_assets.sync.state import known_tables
from hubspot_assets.warehouse.base import Patch, Table, Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing

TICKETS = STANDARD_OBJECT_TYPES["tickets"]
TABLE = "OBJECT_PROPERTIES_HISTORY_TICKETS"


class Remembering:
    """Syncs of the versions of tickets."""

    def __init__(self, portal: Portal, client: Client, warehouse: Warehouse) -> None:
        self.portal, self.client, self.warehouse = portal, client, warehouse
        self.only, self.read = PropertyFilter(("subject", "hs_pipeline_stage"), only=True), PropertyFilter()

    def records(self, *slices: Slice) -> None:
        self.portal.advance(2)
        for slice_ in slices or Slice:
            source = RecordsSource(self.client, TICKETS, slice_, property_filter=self.read)
            run(source, self.warehouse, self.client, run_id="test", say=print)

    def history(self, **options) -> Report:
        self.portal.advance(2)
        source = PropertyHistorySource(self.client, TICKETS, self.only, **options)
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def tick(self) -> Report:
        self.records()
        return self.history()

    def versions(self) -> set[TrueVersion]:
        """All that the table has, with who set it."""
        rows = self.warehouse.read(TABLE).to_pylist()
        versions = [
            TrueVersion(
                row["OBJECTID"], row["NAME"], round(row["UPDATEDAT"].replace(tzinfo=UTC).timestamp() * 1_000),
                row["VALUE"], row["SOURCETYPE"], row["SOURCEID"], row["SOURCELABEL"], row["UPDATEDBYUSERID"],
            )
            for row in rows
        ]  # fmt: skip
        assert len(versions) == len(set(versions))
        return set(versions)

    def served(self) -> set[TrueVersion]:
        """All that the portal has ever answered of these properties."""
        return {each for each in self.portal.history_served("tickets") if each.name in self.only.allow}

    def values(self, id_: int, name: str = "subject") -> list[str]:
        """The values that the table has of one property, the oldest first."""
        return [each.value for each in sorted(self.versions(), key=lambda each: each.at) if each[:2] == (id_, name)]

    def inspect(self) -> Finding:
        return HistoryInspection(self.warehouse, TICKETS, self.only).newest()


@pytest.fixture
def remembering(portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Remembering:
    return Remembering(portal, connect(portal), warehouse)


def test_every_version_that_was_ever_served_is_kept_though_hubspot_forgets_the_oldest(remembering: Remembering) -> None:
    portal = remembering.portal
    remembering.tick()
    ticket, other = portal.ids("tickets")[:2]
    for number in range(60):
        portal.change("tickets", {"subject": f"Edit {number}"}, ids=[ticket])
        if number % 15 == 14:
            remembering.tick()
    portal.change("tickets", {"subject": "Another"}, ids=[other])
    remembering.tick()
    assert remembering.versions() == remembering.served()
    assert len(remembering.values(ticket)) == 61
    assert {f"Edit {number}" for number in range(60)} < set(remembering.values(ticket))


def test_two_versions_of_one_millisecond_a_cleared_value_and_who_set_it_are_kept(remembering: Remembering) -> None:
    remembering.tick()
    portal, [ticket] = remembering.portal, remembering.portal.ids("tickets")[:1]
    at = portal.now() + timedelta(seconds=1)
    for value in ("One", "Two"):
        portal.change("tickets", {"subject": value}, ids=[ticket], at=at)
    portal.advance(60)
    portal.change("tickets", {"subject": None}, ids=[ticket], source={"type": "INTEGRATION", "id": "7", "label": "ERP"})
    remembering.tick()
    assert remembering.versions() == remembering.served()
    assert sorted(remembering.values(ticket)[-3:-1]) == ["One", "Two"]
    assert remembering.values(ticket)[-1] == ""
    assert remembering.inspect().holds


def test_the_versions_of_records_that_are_merged_away_archived_or_purged_stay(remembering: Remembering) -> None:
    portal = remembering.portal
    merged, archived, purged, survivor = portal.ids("tickets")[:4]
    for ticket in (merged, archived, purged):
        portal.change("tickets", {"subject": "Before"}, ids=[ticket])
    remembering.tick()
    portal.merge("tickets", survivor, [merged])
    portal.change("tickets", {"subject": "On the way out"}, ids=[archived])
    portal.archive("tickets", [archived])
    portal.purge("tickets", [purged])
    remembering.tick()
    remembering.history(full=True)
    assert remembering.versions() == remembering.served()
    assert all("Before" in remembering.values(ticket) for ticket in (merged, archived, purged, survivor))
    assert remembering.values(archived)[-1] == "On the way out"


def test_faulty_answers_are_asked_for_again(remembering: Remembering, monkeypatch) -> None:
    monkeypatch.setattr("hubspot_assets.hubspot.property_history.BATCH_SIZE", 5)
    kinds = ("server_error", "burst_limit", "reset", "truncated", "empty", "locked")
    remembering.records()
    remembering.portal.faults([{"kind": kind, "probability": 0.02, "seed": 3} for kind in kinds])
    remembering.history()
    remembering.history(full=True)
    remembering.portal.faults()
    assert remembering.versions() == remembering.served()
    assert {each.id for each in remembering.versions()} >= set(remembering.portal.ids("tickets"))


def test_versions_are_kept_on_snowflake(portal: Portal, connect: Callable[..., Client], snowflake_server) -> None:
    with closing(snowflake_server.warehouse()) as warehouse:
        remembering = Remembering(portal, connect(portal), warehouse)
        # Wide tables are slow there, and nothing to this test.
        remembering.read = PropertyFilter(remembering.only.allow)
        portal.behavior(versions_kept=3)
        remembering.tick()
        for number in range(3):
            portal.change("tickets", {"subject": f"Edit {number}"}, count=2)
        remembering.records(Slice.LATEST)
        remembering.history()
        assert remembering.versions() == remembering.served()
        assert len(remembering.values(portal.ids("tickets")[0])) == 4
        assert remembering.inspect().holds


def test_a_newest_version_that_is_not_the_value_of_the_record_is_named(remembering: Remembering) -> None:
    remembering.tick()
    found = remembering.inspect()
    assert found.holds, found.sentence
    assert found.facts["values_compared"] > len(remembering.portal.ids("tickets"))
    [ticket] = remembering.portal.ids("tickets")[:1]
    subject = remembering.portal.truth("tickets").live[ticket].properties["subject"]
    columns = pa.schema([("OBJECTID", pa.int64()), ("PROPERTY_SUBJECT", pa.string())])
    table = Table("OBJECTS_TICKETS", columns, key=("OBJECTID",))
    other = pa.table({"OBJECTID": [ticket], "PROPERTY_SUBJECT": ["Something else"]})
    remembering.warehouse.commit(Patch(table, other))
    found = remembering.inspect()
    assert not found.holds
    assert f"subject of {ticket} is Something else, its newest version {subject[:40]}" in found.sentence
    assert found.facts["values_that_differ"] == 1


def test_what_changed_since_versions_were_read_is_no_difference(remembering: Remembering) -> None:
    assert not remembering.inspect().holds
    remembering.tick()
    remembering.portal.change("tickets", {"subject": "Changed"}, count=3)
    remembering.records()
    assert remembering.inspect().holds
    remembering.portal.change("tickets", {"subject": "Changed again"}, count=3)
    remembering.history()
    assert remembering.inspect().holds
    remembering.only = PropertyFilter(("subject", "content"), only=True)
    assert "others than when" in remembering.inspect().sentence


def test_typed_and_unparsed_values_equal_their_versions(remembering: Remembering) -> None:
    remembering.only = PropertyFilter(("*",), only=True)
    remembering.tick()
    found = remembering.inspect()
    assert found.holds, found.sentence
    assert found.facts["values_compared"] > 1_000


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


def crash_half_way(remembering: Remembering, folder: Path) -> None:
    """Sync into a new file, and die after the first chunk of versions."""
    warehouse = remembering.warehouse = Crashing(folder / "crashing.duckdb", chunk_rows=20)
    remembering.records()
    warehouse.crash(1, after=True)
    with pytest.raises(Crash):
        remembering.history()
    warehouse.crash(0)


def test_a_sync_that_crashes_goes_on(remembering: Remembering, tmp_path) -> None:
    crash_half_way(remembering, tmp_path)
    remembering.portal.change("tickets", {"subject": "Changed meanwhile"}, count=3)
    remembering.records()
    assert remembering.history().mode is Mode.INITIAL
    remembering.tick()
    assert remembering.versions() == remembering.served()
    assert remembering.inspect().holds


def test_a_property_that_comes_after_a_crash_is_read_of_every_record(remembering: Remembering, tmp_path) -> None:
    portal, [ticket] = remembering.portal, remembering.portal.ids("tickets")[:1]
    remembering.only = PropertyFilter(("subject", "late"), only=True)
    portal.create_property("tickets", "late")
    for value in ("Once", None):
        portal.change("tickets", {"late": value}, ids=[ticket])
        portal.advance(60)
    portal.archive_property("tickets", "late")
    crash_half_way(remembering, tmp_path)
    portal.create_property("tickets", "late")
    remembering.tick()
    assert remembering.values(ticket, "late") == ["Once", ""]


def test_records_of_a_slow_sync_that_died_are_followed_though_later_syncs_were_followed_before_its_first_commit(
    remembering: Remembering,
) -> None:
    remembering.tick()
    portal, [ticket, other] = remembering.portal, remembering.portal.ids("tickets")[:2]
    portal.change("tickets", {"subject": "Slow"}, ids=[ticket])
    source = RecordsSource(remembering.client, TICKETS, Slice.LATEST, property_filter=remembering.read)
    read = source.read

    def slow(plan, work):
        batches = list(read(plan, work))
        portal.advance(timedelta(hours=2))
        portal.archive("tickets", [other])
        remembering.records(Slice.ARCHIVED)
        remembering.history()
        yield from batches
        raise KeyboardInterrupt

    source.read = slow
    with pytest.raises(KeyboardInterrupt):
        run(source, remembering.warehouse, remembering.client, run_id="test", say=print)
    remembering.tick()
    assert remembering.values(ticket)[-1] == "Slow"
    assert remembering.history().idle


def test_the_table_of_versions_is_never_taken_for_that_of_the_records(remembering: Remembering) -> None:
    remembering.records(Slice.LATEST)
    remembering.history()
    assert known_tables(remembering.warehouse) == {TICKETS.object_type_id: "OBJECTS_TICKETS"}
