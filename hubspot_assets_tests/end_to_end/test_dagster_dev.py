"""A user's first hour with `dagster dev`: one server, used through its GraphQL and through a browser, in this order."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES, STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.end_to_end.browser import browser
from hubspot_assets_tests.end_to_end.dagster_server import DagsterServer, dagster_dev, wait_until
from hubspot_assets_tests.truth import assert_equals_portal

ENDED = ("SUCCESS", "FAILURE", "CANCELED")
SCHEDULES = ("latest", "archived", "reconcile", "freshness", "retention")
SENSOR = "changes"
SIZES = dict.fromkeys(DEFAULT_OBJECT_TYPES, 30) | {"contacts": 130}


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    # Without values that fit no column, which fail a check.
    with Portal.start(sizes=SIZES, archived_share=0.1, odd_values=False) as portal:
        yield portal


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def tables(folder) -> DuckDBWarehouse:
    return DuckDBWarehouse(folder / "hubspot.duckdb")


@pytest.fixture(scope="module")
def dagster(company, folder) -> Iterator[DagsterServer]:
    # No tick may come before the schedules are switched off.
    half_a_day_away = f"0 {(datetime.now(UTC).hour + 12) % 24} * * *"
    settings = {
        "HUBSPOT_BASE_URL": company.url,
        "HUBSPOT_ACCESS_TOKEN": company.token,
        "HUBSPOT_DATASETS": "none",
        "HUBSPOT_LATEST_SCHEDULE": half_a_day_away,
        "HUBSPOT_ARCHIVED_SCHEDULE": half_a_day_away,
        "HUBSPOT_DUCKDB_PATH": str(folder / "hubspot.duckdb"),
        "HUBSPOT_OWNERS": "team:crm",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    with dagster_dev(folder / "home", settings) as dagster:
        yield dagster
        assert company.token not in (folder / "home" / "dagster.log").read_text()


@pytest.fixture
def by_hand(dagster) -> DagsterServer:
    """Without schedules and sensor, so that nothing happens but what the test does."""
    for name in (*SCHEDULES, SENSOR, "dead_runs"):
        dagster.switch(name, on=False)
    return dagster


def live(portal: Portal, name: str) -> int:
    return sum(row["state"] == "live" for row in portal.records(name))


def backfilled(dagster: DagsterServer) -> list[dict[str, Any]]:
    return [run for run in dagster.runs() if "dagster/backfill" in {tag["key"] for tag in run["tags"]}]


def launched(dagster: DagsterServer) -> list[str]:
    """The ids of the runs that somebody launched in the browser."""
    return [run["id"] for run in dagster.runs() if "dagster/from_ui" in {tag["key"] for tag in run["tags"]}]


def test_schedules_are_on_from_the_start_the_sensor_is_not_and_each_goes_off_and_on_again(dagster):
    assert dagster.automations() == dict.fromkeys(SCHEDULES, "RUNNING") | {SENSOR: "STOPPED", "dead_runs": "RUNNING"}
    for name in (*SCHEDULES, SENSOR, "dead_runs"):
        dagster.switch(name, on=False)
    assert set(dagster.automations().values()) == {"STOPPED"}
    for name in (*SCHEDULES, SENSOR, "dead_runs"):
        dagster.switch(name, on=True)
    assert set(dagster.automations().values()) == {"RUNNING"}


def test_the_sensor_once_on_looks_at_every_object_type_and_says_what_it_saw(dagster, company):
    dagster.switch(SENSOR, on=True)
    wait_until(lambda: (dagster.last_tick(SENSOR) or {}).get("status") in ("SKIPPED", "FAILURE"), seconds=90)
    tick = dagster.last_tick(SENSOR)
    assert tick is not None
    assert tick["skipReason"] == "; ".join(
        f"{name}: {live(company, name)} records at the first look" for name in DEFAULT_OBJECT_TYPES
    )


def test_a_user_materializes_a_partition_in_the_browser_and_reads_there_what_it_did(by_hand, company):
    contacts = live(company, "contacts")
    with browser(by_hand.url) as ui:
        ui.open_graph()
        expect(ui.node("contacts")).to_contain_text("2 partitions")
        ui.keep_picture("1_graph_before")
        ui.node("contacts").click()
        ui.see("View in Asset Catalog").click()
        ui.see("People your business talks to.")
        ui.see("Never materialized")
        example = ui.see(re.compile("^ops:\\s+hubspot__contacts:"))
        ui.keep_picture("2_asset_before")

        ui.press("Materialize")
        ui.choose_partition("latest")
        ui.write_config(example.inner_text(), "Read every record and mark those", "3_config")
        ui.keep_picture("4_dialog")
        ui.press("Launch 1 run")
        wait_until(lambda: bool(launched(by_hand)), seconds=60)
        ui.open(f"/runs/{launched(by_hand)[0]}")
        ui.see(re.compile("^Success$"))
        ui.search_log("contacts latest")
        ui.see("contacts latest: reads every record")
        ui.see(f"contacts latest: {contacts} inserted")
        ui.keep_picture("5_run")

        ui.open_asset("contacts", "partitions")
        ui.see(re.compile("^latest$")).click()
        ui.see(re.compile("^Materialized$"))
        assert ui.metadata("rows_inserted") == str(contacts)
        assert ui.metadata("dagster/partition_row_count") == str(contacts)
        assert int(ui.metadata("rows_read")) >= contacts
        assert ui.metadata("mode") == "full"
        assert ui.metadata("link_to_records").startswith("https://app.hubspot.com/contacts/")
        ui.keep_picture("6_partition")

        ui.open_asset("contacts", "checks")
        ui.see("has_as_many_rows_as_hubspot").click()
        ui.see(f"HubSpot counts {contacts} live records, OBJECTS_CONTACTS holds {contacts}")
        ui.see(re.compile("^Passed$"))
        ui.keep_picture("7_checks")


def test_a_backfill_of_both_partitions_of_all_assets_brings_every_table_into_line(by_hand, company, tables):
    id_ = by_hand.backfill(DEFAULT_OBJECT_TYPES, ["latest", "archived"])
    # The daemon begins a backfill within half a minute, and takes as long to note that it has ended.
    wait_until(lambda: any(run["status"] in ENDED for run in backfilled(by_hand)), seconds=120)
    [run] = backfilled(by_hand)
    assert run["status"] == "SUCCESS"
    assert by_hand.backfill_status(id_) in ("REQUESTED", "COMPLETED_SUCCESS")
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert tags["dagster/asset_partition_range_start"] == "latest"
    assert tags["dagster/asset_partition_range_end"] == "archived"
    assert {name: by_hand.materialized(name) for name in DEFAULT_OBJECT_TYPES} == dict.fromkeys(DEFAULT_OBJECT_TYPES, 2)
    for name in DEFAULT_OBJECT_TYPES:
        assert assert_equals_portal(tables, company, name) >= 0.9 * SIZES[name]
        states = {row["DELETIONREASON"] for row in tables.read(STANDARD_OBJECT_TYPES[name].table).to_pylist()}
        assert {None, "archived"} <= states


def test_the_ui_then_shows_every_asset_green_and_what_it_knows_of_it(by_hand, tables):
    with browser(by_hand.url) as ui:
        ui.open_graph()
        for name in DEFAULT_OBJECT_TYPES:
            expect(ui.node(name)).to_contain_text("2 partitions")
            expect(ui.node(name)).to_contain_text("7 / 7 Passed")
        # The picture in the README is a copy of this one.
        ui.keep_picture_of_graph("asset_graph")

        ui.open_asset("deals")
        ui.see("Sales opportunities on their way through a pipeline.")
        ui.see(re.compile("^Row count$"))
        ui.see(re.compile(f"^{tables.count('OBJECTS_DEALS')}$"))
        ui.see("PROPERTY_DEALSTAGE")
        ui.see("decimal(38,10)")
        ui.keep_picture("8_asset")
        ui.press("Columns")
        ui.press("Plots")
        ui.press("Events")
        for plot in ("records_per_second", "lag_seconds", "api_calls_answered_429"):
            ui.see(re.compile(f"^{plot}$"))
        ui.keep_picture("9_plots")

        ui.open("/automation")
        for name in (*SCHEDULES, SENSOR, "dead_runs"):
            ui.see(re.compile(f"^{name}$"))
        ui.see("Every 30 minutes")
        ui.keep_picture("10_automation")

        ui.open("/runs?view=backfills")
        ui.see(re.compile("^Success$"))
        ui.keep_picture("11_backfill")
