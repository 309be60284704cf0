"""What the warehouse remembers of earlier syncs, and when that no longer counts."""

from dataclasses import replace

import duckdb
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.transport.errors import Forbidden
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Mode
from hubspot_assets.sync.state import TableTaken
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.records.syncing import Syncing


@pytest.fixture
def crowd(tickets: Syncing, tmp_path, monkeypatch) -> Syncing:
    """300 tickets, read twenty a page and committed fifty at a time."""
    monkeypatch.setattr("hubspot_assets.hubspot.records.scan.PAGE_SIZE", 20)
    monkeypatch.setattr("hubspot_assets.sync.records.batches.BATCH_ROWS", 50)
    tickets.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=50)
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(240)])
    return tickets


@pytest.fixture
def by_hand(tmp_path):
    """What a person does to the file."""

    def by_hand(text: str, file: str = "crashing.duckdb") -> None:
        with duckdb.connect(tmp_path / file) as connection:
            connection.execute(text)

    return by_hand


@pytest.mark.parametrize("away", ["DROP TABLE OBJECTS_TICKETS", "DELETE FROM OBJECTS_TICKETS"])
def test_a_reload_that_is_cut_short_after_the_table_was_dropped_goes_on(crowd: Syncing, by_hand, away: str) -> None:
    crowd.both()
    by_hand(away)
    assert isinstance(crowd.warehouse, Crashing)
    crowd.warehouse.crash(4, after=True)
    with pytest.raises(Crash):
        crowd.latest()
    crowd.warehouse.crash(0)
    kept = crowd.warehouse.count(crowd.table)
    assert 0 < kept < len(crowd.portal.ids("tickets"))
    assert crowd.latest().mode is Mode.INITIAL
    crowd.archived()
    crowd.assert_equal()
    assert crowd.latest().mode is Mode.INCREMENTAL


def test_a_window_asked_for_after_the_table_was_dropped_does_not_pass_for_the_whole(crowd: Syncing, by_hand) -> None:
    crowd.both()
    by_hand("DROP TABLE OBJECTS_TICKETS")
    crowd.portal.change("tickets", {"subject": "Changed"}, count=3)
    crowd.latest(updated_after=crowd.portal.now())
    assert crowd.latest().mode is Mode.INITIAL
    crowd.archived()
    crowd.assert_equal()


def test_the_syncs_of_a_dropped_table_are_still_told_of(crowd: Syncing, by_hand) -> None:
    crowd.both()
    before = {row["SYNCID"] for row in crowd.syncs()}
    by_hand("DROP TABLE OBJECTS_TICKETS")
    crowd.both()
    assert before < {row["SYNCID"] for row in crowd.syncs()}


def test_an_object_type_without_records_is_a_table_synced_to_its_end(tickets: Syncing) -> None:
    tickets.portal.purge("tickets", tickets.portal.ids("tickets"))
    assert tickets.latest().mode is Mode.INITIAL
    tickets.calls()
    report = tickets.latest()
    assert (report.mode, report.idle, tickets.calls()) == (Mode.INCREMENTAL, True, 1)
    assert len(tickets.syncs()) == 1
    tickets.portal.create_many("tickets", [{"subject": "First"}])
    assert tickets.latest().counts.inserted == 1


def test_a_table_that_holds_another_object_type_is_refused(tickets: Syncing, by_hand) -> None:
    tickets.latest()
    impostor = replace(STANDARD_OBJECT_TYPES["goals"], table=tickets.table)
    source = RecordsSource(tickets.client, impostor, Slice.LATEST)
    with pytest.raises(TableTaken, match="OBJECTS_TICKETS holds objects of the type 0-5, so 0-74 cannot be written"):
        run(source, tickets.warehouse, tickets.client, run_id="test", say=print)
    # Syncs of earlier versions did not write down their type.
    by_hand("ALTER TABLE SYNCS DROP COLUMN OBJECTTYPEID", "hubspot.duckdb")
    source = RecordsSource(tickets.client, impostor, Slice.ARCHIVED)
    with pytest.raises(TableTaken):
        run(source, tickets.warehouse, tickets.client, run_id="test", say=print)
    assert tickets.latest().mode is Mode.INCREMENTAL


def test_what_was_read_before_a_refusal_is_kept_and_not_read_again(crowd: Syncing, tmp_path) -> None:
    crowd.warehouse = Crashing(tmp_path / "roomy.duckdb", chunk_rows=100_000)
    crowd.portal.faults([{"kind": "forbidden", "path": "/tickets[?]", "nth": [10]}])
    with pytest.raises(Forbidden):
        crowd.latest()
    crowd.portal.faults()
    kept = crowd.warehouse.count(crowd.table)
    assert kept > 0
    report = crowd.latest()
    assert report.counts.inserted == len(crowd.portal.ids("tickets")) - kept
    crowd.archived()
    crowd.assert_equal()


def test_what_the_subscription_does_not_include_is_said_and_no_failure(tickets: Syncing) -> None:
    goals = Syncing(tickets.portal, tickets.client, tickets.warehouse, "goals")
    goals.portal.faults([{"kind": "forbidden", "path": "goal_targets"}])
    report = goals.latest()
    goals.portal.faults()
    assert report.idle
    assert "Goals need Sales Hub Starter" in (report.unavailable or "")
    assert goals.warehouse.schema(goals.table) is None
    # Once the account has it, the next sync reads it.
    assert goals.latest().mode is Mode.INITIAL
