from typing import Any

from hubspot_assets_tests.end_to_end.dagster_server import DagsterServer, dagster_dev, wait_until
from hubspot_assets_tests.truth import assert_equals_portal

ENDED = ("SUCCESS", "FAILURE", "CANCELED")


def backfilled(dagster: DagsterServer) -> list[dict[str, Any]]:
    """The runs of backfills; schedules, which are on, may launch others meanwhile."""
    return [run for run in dagster.runs() if "dagster/backfill" in {tag["key"] for tag in run["tags"]}]


def test_a_backfill_launched_in_the_ui_brings_two_tables_into_line(portal, settings_folder, warehouse):
    settings = {
        "HUBSPOT_BASE_URL": portal.url,
        "HUBSPOT_ACCESS_TOKEN": portal.token,
        "HUBSPOT_OBJECTS": "contacts,companies",
        "HUBSPOT_DUCKDB_PATH": str(settings_folder / ".data" / "hubspot.duckdb"),
    }
    with dagster_dev(settings_folder / "home", settings) as dagster:
        backfill = dagster.backfill(["contacts", "companies"], ["latest", "archived"])
        # The daemon begins a backfill within half a minute, and takes as long to note that it has ended.
        wait_until(lambda: any(run["status"] in ENDED for run in backfilled(dagster)), seconds=90)
        [run] = backfilled(dagster)
        assert run["status"] == "SUCCESS"
        assert dagster.backfill_status(backfill) in ("REQUESTED", "COMPLETED_SUCCESS")
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        assert tags["dagster/asset_partition_range_start"] == "latest"
        assert tags["dagster/asset_partition_range_end"] == "archived"
        assert [dagster.materialized(name) for name in ("contacts", "companies")] == [2, 2]
    assert assert_equals_portal(warehouse, portal, "contacts") > 100
    assert assert_equals_portal(warehouse, portal, "companies") > 30
    said = (settings_folder / "home" / "dagster.log").read_text()
    assert portal.token not in said
