"""Starting tables afresh, from the command line and by a launch."""

import dagster as dg
import pytest
from typer.testing import CliRunner

from hubspot_assets.cli import app
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.console import sync
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.preflight import prerequisites
from hubspot_assets_tests.filled_once import filled_once
from hubspot_assets_tests.launch import both, launch, metadata, sentence

OBJECTS = "contacts,companies,tickets,cars"
ALL = {
    "OBJECTS_CONTACTS", "OBJECTS_COMPANIES", "OBJECTS_TICKETS", "OBJECTS_CARS", "PIPELINES", "PIPELINE_STAGES",
    "ASSOCIATIONS_CONTACTS_TO_COMPANIES", "ASSOCIATIONS_COMPANIES_TO_CONTACTS", "ASSOCIATIONS_COMPANIES_TO_TICKETS",
    "ASSOCIATIONS_CARS_TO_CONTACTS",
}  # fmt: skip


def run(*arguments: str, answer: str | None = None):
    return CliRunner().invoke(app, ["reset", *arguments], input=answer)


def tables(warehouse) -> set[str]:
    found = set(warehouse.read("SYNCS", ["TABLENAME"])["TABLENAME"].to_pylist())
    return {name for name in found if warehouse.schema(name) is not None}


@pytest.fixture
def synced(account, settings_folder, warehouse, first_sync, monkeypatch):
    """A file with records of standard and custom objects, what is associated with them, and pipelines."""
    monkeypatch.setenv("HUBSPOT_OBJECTS", OBJECTS)
    monkeypatch.setenv("HUBSPOT_DATASETS", "associations,pipelines")
    pairs = "contacts_to_companies,companies_to_contacts,companies_to_tickets,cars_to_contacts"
    monkeypatch.setenv("HUBSPOT_ASSOCIATIONS", pairs)

    class Silent:
        def print(self, *_, **__) -> None: ...

    def fill() -> None:
        assert sync(Silent(), hubspot_definitions(Settings.load()), partitions=("latest",)) == 0  # pyright: ignore[reportArgumentType]

    filled_once(settings_folder / Settings.load().duckdb_path, first_sync, fill)
    assert tables(warehouse) == ALL
    return warehouse


def test_a_reset_shows_what_goes_and_asks_first(synced):
    done = run("contacts", answer="n\n")
    assert done.exit_code == 1
    assert "  OBJECTS_CONTACTS (1" in done.output
    assert "  ASSOCIATIONS_CARS_TO_CONTACTS (" in done.output
    assert "Drop them?" in done.output
    assert tables(synced) == ALL
    done = run("contacts", answer="y\n")
    assert done.exit_code == 0
    gone = {
        "OBJECTS_CONTACTS", "ASSOCIATIONS_CONTACTS_TO_COMPANIES", "ASSOCIATIONS_COMPANIES_TO_CONTACTS",
        "ASSOCIATIONS_CARS_TO_CONTACTS",
    }  # fmt: skip
    assert tables(synced) == ALL - gone
    # Scripts are not asked; a table has its own name, and that of its asset.
    assert run("OBJECTS_TICKETS", "cars", "pipelines", "--yes").exit_code == 0
    assert tables(synced) == {"OBJECTS_COMPANIES", "PIPELINE_STAGES"}
    assert run("--yes").exit_code == 0
    assert tables(synced) == set()
    assert run("--yes").output.startswith("There is nothing to drop in DuckDB file ")


def test_a_reset_of_what_is_not_there_is_refused_with_the_nearest_name(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,companies")
    done = run("contcts")
    assert done.exit_code == 1
    assert done.output.strip() == "There is no asset and no table contcts. Did you mean contacts?"
    assert "Choose among contacts, companies." in run("xyz").output


def test_check_tells_what_tables_lack_and_which_are_no_longer_read(account, synced, monkeypatch):
    def told() -> dict[str, str]:
        return {each.subject: each.detail for each in prerequisites(Settings.load()) if each.doubtful}

    # The clock of schedules is no matter of tables.
    monkeypatch.setenv("HUBSPOT_TIME_ZONE", "Europe/Berlin")
    assert told() == {}
    assert list(prerequisites(Settings.load()))[-1].detail == "hold what the settings ask for"
    monkeypatch.setenv("HUBSPOT_OBJECTS", "contacts,companies,cars")
    monkeypatch.setenv("HUBSPOT_ASSOCIATIONS", "contacts_to_companies,companies_to_contacts,cars_to_contacts")
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"cars": ["color"]}')
    found = told()
    assert found["tables"] == (
        "the settings leave out ASSOCIATIONS_COMPANIES_TO_TICKETS, OBJECTS_TICKETS: what is there stays as it is; "
        "`hubspot-assets reset ASSOCIATIONS_COMPANIES_TO_TICKETS` drops it"
    )
    assert found["OBJECTS_CARS"].startswith("HUBSPOT_DENY_PROPERTIES was not set when OBJECTS_CARS was last read")
    # The address of another account, or of none of HubSpot's.
    monkeypatch.setenv("HUBSPOT_BASE_URL", account.url.replace("127.0.0.1", "localhost"))
    last = list(prerequisites(Settings.load()))[-1]
    assert not last.works
    assert "rows of both would be mixed" in last.detail


def test_another_account_fails_the_step_with_the_cure(account, warehouse, monkeypatch):
    assert both("goals").success
    monkeypatch.setenv("HUBSPOT_BASE_URL", account.url.replace("127.0.0.1", "localhost"))
    result = launch("goals", partition="latest")
    assert "Give each account a destination of its own" in sentence(result, "hubspot__goals")


def test_a_launch_starts_a_table_afresh_with_both_partitions_only(account, warehouse, monkeypatch):
    monkeypatch.setenv("HUBSPOT_UPDATED_AFTER", account.now().isoformat())
    assert both("contacts").success
    monkeypatch.delenv("HUBSPOT_UPDATED_AFTER")
    assert "was loaded with HUBSPOT_UPDATED_AFTER" in metadata(both("contacts"), "contacts")["latest"]["remarks"]
    result = launch("contacts", partition="latest", config={"restart": True})
    assert sentence(result, "hubspot__contacts") == (
        "'restart' drops the table and loads all of it: select both partitions ('latest...archived'), and no window."
    )
    told = metadata(both("contacts", config={"restart": True}), "contacts")["latest"]
    assert told["mode"] == "initial"
    assert "remarks" not in told
    assert told["dagster/partition_row_count"] == sum(each["state"] == "live" for each in account.records("contacts"))


def test_a_launch_starts_a_table_around_the_records_afresh(synced):
    before = synced.read("SYNCS", ["SYNCID"]).num_rows
    settings = Settings.load()
    job = hubspot_definitions(settings).resolve_job_def("sync")
    result = job.execute_in_process(
        asset_selection=[dg.AssetKey(["hubspot", "pipelines"])],
        run_config={"ops": {"hubspot__pipelines_and_stages": {"config": {"restart": True}}}},
        partition_key="latest",
    )
    assert result.success
    assert synced.read("SYNCS", ["SYNCID"]).num_rows == before + 1
    assert synced.count("PIPELINES") > 0
