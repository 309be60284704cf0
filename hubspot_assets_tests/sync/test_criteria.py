"""What becomes of a table whose settings are changed."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.account import account
from hubspot_assets.sync.property_history import PropertyHistorySource
from hubspot_assets.sync.records.inspection import Inspection
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.reset import known_tables, reset
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Mode
from hubspot_assets.sync.state import OtherAccount, held_values
from hubspot_assets.sync.sync import Sync
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.records.syncing import Syncing


@pytest.fixture
def in_duckdb(tickets: Syncing) -> Syncing:
    """Syncs of tickets as steps make them: HubSpot was asked whose data it is."""
    account(tickets.client)
    return tickets


@pytest.fixture(params=["duckdb", "snowflake"])
def anywhere(request, in_duckdb: Syncing) -> Iterator[Syncing]:
    """The same, and into Snowflake."""
    if request.param == "duckdb":
        yield in_duckdb
        return
    with closing(request.getfixturevalue("snowflake_server").warehouse()) as snowflake:
        yield replace(in_duckdb, warehouse=snowflake)


def instants(syncing: Syncing) -> list[datetime]:
    """When the live tickets were last modified, the oldest first."""
    live = [each for each in syncing.portal.records("tickets") if each["state"] == "live"]
    return sorted(datetime.fromisoformat(each["updated_at"]) for each in live)


def halfway(syncing: Syncing) -> datetime:
    found = instants(syncing)
    return found[len(found) // 2]


def live(warehouse: Warehouse) -> int:
    return warehouse.count("OBJECTS_TICKETS", [("DELETIONREASON", "is null", None)])


def noted(syncing: Syncing) -> list[str]:
    return [row["PROGRESS"] for row in syncing.syncs() if row["PROGRESS"]]


def test_an_earlier_updated_after_is_said_by_every_sync_until_a_full_one_has_read_what_is_older(in_duckdb):
    everything = len(instants(in_duckdb))
    some = replace(in_duckdb, updated_after=halfway(in_duckdb))
    some.latest()
    assert 0 < live(in_duckdb.warehouse) < everything
    assert not some.latest().remarks
    in_duckdb.calls()
    report = in_duckdb.latest()
    assert (report.idle, in_duckdb.calls()) == (True, 1)
    [said] = report.remarks
    since = halfway(in_duckdb).isoformat(timespec="seconds")
    assert said.startswith(f"OBJECTS_TICKETS was loaded with HUBSPOT_UPDATED_AFTER={since}, and HUBSPOT_UPDATED_AFTER")
    assert "`full: true`" in said
    assert "`hubspot-assets reset OBJECTS_TICKETS`" in said
    found = Inspection(in_duckdb.client, in_duckdb.warehouse, STANDARD_OBJECT_TYPES["tickets"]).records(
        report.covered_until
    )
    assert (found.holds, said in found.sentence) == (False, True)
    assert not in_duckdb.full().remarks
    assert live(in_duckdb.warehouse) == everything
    assert not in_duckdb.latest().remarks
    in_duckdb.archived()
    in_duckdb.assert_equal()


def test_a_small_table_that_is_scanned_for_a_change_holds_everything_then(in_duckdb):
    replace(in_duckdb, updated_after=halfway(in_duckdb)).latest()
    in_duckdb.portal.change("tickets", {"subject": "Changed"}, count=1)
    report = in_duckdb.latest()
    assert (report.mode, report.strategy, report.remarks) == (Mode.INCREMENTAL, "scan", ())
    in_duckdb.archived()
    in_duckdb.assert_equal()


def test_a_later_updated_after_takes_nothing_away_and_the_table_still_holds_what_is_older(in_duckdb):
    in_duckdb.both()
    everything = len(instants(in_duckdb))
    some = replace(in_duckdb, updated_after=halfway(in_duckdb))
    assert not some.latest().remarks
    assert not some.full().remarks
    assert live(in_duckdb.warehouse) == everything
    assert not in_duckdb.latest().remarks


def test_a_full_read_that_was_cut_short_under_another_updated_after_does_not_go_on(in_duckdb, tmp_path, monkeypatch):
    monkeypatch.setattr("hubspot_assets.hubspot.records.scan.PAGE_SIZE", 10)
    monkeypatch.setattr("hubspot_assets.sync.records.batches.BATCH_ROWS", 10)
    crashing = Crashing(tmp_path / "crashing.duckdb", chunk_rows=10)
    some = replace(in_duckdb, warehouse=crashing, updated_after=halfway(in_duckdb))
    some.latest()
    crashing.crash(3, after=True)
    with pytest.raises(Crash):
        some.full()
    crashing.crash(0)
    everything = replace(some, updated_after=None)
    everything.full()
    everything.archived()
    everything.assert_equal()


def test_a_narrower_choice_of_properties_is_said_and_leaves_stored_values_alone(in_duckdb):
    in_duckdb.latest()
    before = in_duckdb.rows(["PROPERTY_SUBJECT"])
    narrow = replace(in_duckdb, property_filter=PropertyFilter(deny=("subject",)))
    [said] = narrow.latest().remarks
    assert said.startswith(
        "HUBSPOT_DENY_PROPERTIES was not set when OBJECTS_TICKETS was last read, and is subject now: what it lets in "
        "is read by this sync or the next one, what it leaves out keeps the values stored so far."
    )
    in_duckdb.portal.change("tickets", {"subject": "Changed"}, count=2)
    [said] = narrow.latest().remarks
    assert not narrow.latest().remarks
    assert in_duckdb.rows(["PROPERTY_SUBJECT"]) == before


def test_a_wider_choice_of_properties_is_said_and_read_at_once(in_duckdb):
    narrow = replace(in_duckdb, property_filter=PropertyFilter(allow=("subject",)))
    narrow.both()
    report = in_duckdb.latest()
    assert not report.idle
    assert [said.partition(" was ")[0] for said in report.remarks] == ["HUBSPOT_ALLOW_PROPERTIES"]
    in_duckdb.archived()
    in_duckdb.assert_equal()
    assert not in_duckdb.latest().remarks


def test_another_choice_of_properties_whose_history_is_kept_is_said_and_read_at_once(in_duckdb):
    in_duckdb.latest()

    def sync(*patterns: str):
        source = PropertyHistorySource(
            in_duckdb.client, STANDARD_OBJECT_TYPES["tickets"], PropertyFilter(patterns, only=True)
        )
        return run(source, in_duckdb.warehouse, in_duckdb.client, run_id="test", say=print)

    def names() -> set[str]:
        return set(in_duckdb.warehouse.read("OBJECT_PROPERTIES_HISTORY_TICKETS", ["NAME"])["NAME"].to_pylist())

    assert not sync("subject").remarks
    [said] = sync("hs_pipeline_stage").remarks
    assert said.startswith("HUBSPOT_PROPERTY_HISTORY was subject when")
    assert names() == {"subject", "hs_pipeline_stage"}
    assert not sync("hs_pipeline_stage").remarks


def test_settings_that_stay_cost_nothing(in_duckdb):
    in_duckdb.both()
    before = noted(in_duckdb)
    assert len(before) == 2
    assert in_duckdb.latest().idle
    assert noted(in_duckdb) == before
    for _ in range(2):
        in_duckdb.portal.change("tickets", {"subject": "Changed"}, count=1)
        in_duckdb.both()
    # What is noted stays where it is: no row of an earlier sync is written again.
    assert noted(in_duckdb) == before


def test_syncs_of_earlier_versions_noted_nothing_and_are_taken_to_agree(in_duckdb, tmp_path):
    in_duckdb.both()
    with duckdb.connect(tmp_path / "hubspot.duckdb") as connection:
        connection.execute("UPDATE SYNCS SET PROGRESS = NULL")
    some = replace(in_duckdb, updated_after=datetime.now(UTC), property_filter=PropertyFilter(deny=("subject",)))
    report = some.latest()
    assert (report.idle, report.remarks) == (True, ())
    assert noted(in_duckdb) == []
    in_duckdb.portal.change("tickets", {"subject": "Changed"}, count=1)
    assert not in_duckdb.latest().remarks
    assert len(noted(in_duckdb)) == 1


def test_another_account_is_refused_with_the_cure_and_nothing_is_written(in_duckdb):
    in_duckdb.latest()
    before = in_duckdb.syncs()
    here = f"{in_duckdb.client.portal_id} at {in_duckdb.client.base_url}"
    in_duckdb.client.portal_id = 4711
    for sync in (in_duckdb.latest, in_duckdb.full, in_duckdb.archived):
        with pytest.raises(OtherAccount) as refused:
            sync()
    assert str(refused.value) == (
        f"OBJECTS_TICKETS holds data of the HubSpot account {here}, and the settings lead to the account 4711 at "
        f"{in_duckdb.client.base_url}: rows of both would be mixed. Give each account a destination of its own "
        "(HUBSPOT_DUCKDB_PATH, SNOWFLAKE_SCHEMA or S3_URL), or drop what is there with `hubspot-assets reset`, without "
        "names."
    )
    # Nor is a new table put beside it.
    with pytest.raises(OtherAccount, match="OBJECTS_TICKETS holds data of"):
        replace(in_duckdb, name="contacts").latest()
    assert in_duckdb.syncs() == before
    assert in_duckdb.warehouse.schema("OBJECTS_CONTACTS") is None
    reset(in_duckdb.warehouse, list(known_tables(in_duckdb.warehouse)))
    assert in_duckdb.latest().mode is Mode.INITIAL
    in_duckdb.archived()
    in_duckdb.assert_equal()


def test_another_address_is_another_account_unless_both_are_hubspot_itself(in_duckdb):
    in_duckdb.client.portal_id, at = 4711, in_duckdb.client.base_url
    values = []

    class Elsewhere:
        """The same client, told that it is elsewhere."""

        def __init__(self, url: str) -> None:
            self.base_url = url

        def __getattr__(self, name):
            return getattr(in_duckdb.client, name)

    def sync(url: str) -> None:
        source = RecordsSource(in_duckdb.client, STANDARD_OBJECT_TYPES["tickets"], Slice.LATEST)
        run(source, in_duckdb.warehouse, Elsewhere(url), run_id="test", say=values.append)  # pyright: ignore[reportArgumentType]

    for url in ("https://api.hubapi.com", "https://api-eu1.hubapi.com"):
        sync(url)
    with pytest.raises(
        OtherAccount, match=f"the HubSpot account 4711, and the settings lead to the account 4711 at {at}"
    ):
        sync(at)


def test_whoever_knows_no_account_writes_as_before(in_duckdb):
    in_duckdb.latest()
    in_duckdb.client.portal_id = None
    in_duckdb.portal.change("tickets", {"subject": "Changed"}, count=1)
    assert in_duckdb.latest().counts.updated == 1
    assert held_values(in_duckdb.warehouse)["OBJECTS_TICKETS", "latest"]["account"]


def test_a_table_that_is_started_afresh_forgets_its_columns_its_definitions_and_what_hubspot_has_no_more(anywhere):
    anywhere.both()
    anywhere.portal.purge("tickets", anywhere.portal.ids("tickets")[:1])
    anywhere.full()
    assert anywhere.reasons()
    narrow = replace(anywhere, property_filter=PropertyFilter(deny=("subject",)))

    def source(slice_: Slice):
        return lambda: RecordsSource(
            narrow.client, STANDARD_OBJECT_TYPES["tickets"], slice_, property_filter=narrow.property_filter
        )

    sync = Sync(anywhere.client, [source(slice_) for slice_ in Slice], "test", anywhere.said.append, restart=True)
    reports = list(sync.write_to(anywhere.warehouse, {}))
    assert [report.mode for report in reports] == [Mode.INITIAL, Mode.FULL]
    assert "PROPERTY_SUBJECT" not in anywhere.warehouse.schema("OBJECTS_TICKETS").names
    assert anywhere.definition("subject")["COLUMNNAME"] is None
    assert "purged" not in anywhere.reasons().values()
    assert not narrow.latest().remarks


def test_a_restart_that_was_cut_short_leaves_no_half(in_duckdb, tmp_path, monkeypatch):
    in_duckdb.both()
    monkeypatch.setattr(type(in_duckdb.warehouse), "commit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        reset(in_duckdb.warehouse, ["OBJECTS_TICKETS"])
    monkeypatch.undo()
    assert in_duckdb.latest().mode is Mode.INITIAL
    in_duckdb.archived()
    in_duckdb.assert_equal()


def test_tables_of_all_syncs_are_known_while_they_are_there(in_duckdb):
    assert known_tables(in_duckdb.warehouse) == {}
    in_duckdb.latest()
    assert known_tables(in_duckdb.warehouse) == {"OBJECTS_TICKETS": live(in_duckdb.warehouse)}
    reset(in_duckdb.warehouse, ["OBJECTS_TICKETS"])
    assert known_tables(in_duckdb.warehouse) == {}
    assert in_duckdb.syncs()[0]["COVEREDUNTIL"] is None
    assert timedelta(0) < in_duckdb.latest().covered_until - datetime(2020, 1, 1, tzinfo=UTC)
