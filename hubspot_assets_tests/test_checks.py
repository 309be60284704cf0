import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest

from hubspot_assets.assets.records import HUBSPOT_ACCOUNT, records_asset, records_key
from hubspot_assets.checks import record_check_keys, record_checks
from hubspot_assets.resources.hubspot import HubSpotResource
from hubspot_assets.settings import Settings
from hubspot_assets.warehouse.base import Append, Patch, Table
from hubspot_assets_tests.launch import both, launch

KEY = records_key("companies")


def check(instance: dg.DagsterInstance | None = None, name: str = "companies") -> dict[str, dg.AssetCheckEvaluation]:
    """The checks of one asset, executed alone as the button in the UI does it."""
    settings = Settings.load()
    checks = record_checks(name, settings)
    result = dg.materialize(
        [HUBSPOT_ACCOUNT, records_asset(name, settings), checks],
        resources={"hubspot": HubSpotResource(), "tables": dg.mem_io_manager},
        selection=dg.AssetSelection.checks(checks),
        instance=instance,
    )
    assert result.success
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    assert set(found) == {key.name for key in record_check_keys([records_key(name)])}
    return found


def facts(evaluation: dg.AssetCheckEvaluation) -> dict[str, object]:
    return {name: value.value for name, value in evaluation.metadata.items()}


def table(warehouse, *columns: str) -> Table:
    """The stored table, as one who writes past the sync would see it."""
    schema = warehouse.schema("OBJECTS_COMPANIES")
    fields = [schema.field(name) for name in (columns or schema.names)]
    return Table("OBJECTS_COMPANIES", pa.schema(fields), key=("OBJECTID",))


@pytest.fixture
def instance():
    """A Dagster that remembers earlier checks."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def companies(account):
    """Companies, synced."""
    assert both("companies").success
    return account


def test_a_table_just_synced_passes_every_check_with_figures(companies):
    found = check()
    values = found.pop("values_fit_their_columns")
    assert all(each.passed for each in found.values()), found
    # The demo portal has odd values on purpose.
    assert facts(values)["rows_unparsed"] > 0
    live = len(companies.ids("companies"))
    assert facts(found["has_as_many_records_as_hubspot"]) == {
        "hubspot": live, "warehouse": live, "difference": 0, "changed_meanwhile": 0,
    }  # fmt: skip
    assert facts(found["has_no_duplicate_records"]) == {"duplicate_rows": 0}
    assert facts(found["is_not_modified_in_the_future"])["rows_modified_in_the_future"] == 0


def test_a_table_never_synced_says_what_to_do(account):
    found = check()
    counted = found["has_as_many_records_as_hubspot"]
    assert not counted.passed
    assert counted.description == "OBJECTS_COMPANIES was never synced to its end: materialize `latest`."
    assert found["values_fit_their_columns"].passed


def test_records_that_change_meanwhile_are_tolerated(companies):
    companies.create("companies", {"name": "Ada"})
    counted = check()["has_as_many_records_as_hubspot"]
    assert counted.passed
    assert facts(counted)["difference"] == -1
    assert facts(counted)["changed_meanwhile"] == 1


def test_records_that_are_missing_are_an_error(companies, warehouse):
    # Long ago, so that nothing counts as changed meanwhile.
    ids = warehouse.read("OBJECTS_COMPANIES", ["OBJECTID"], [("DELETIONREASON", "is null", None)])["OBJECTID"][:2]
    lost = pa.table({"OBJECTID": ids, "DELETIONREASON": ["lost", "lost"]})
    warehouse.commit(Patch(table(warehouse, "OBJECTID", "DELETIONREASON"), lost))
    counted = check()["has_as_many_records_as_hubspot"]
    assert not counted.passed
    assert counted.severity is dg.AssetCheckSeverity.ERROR
    live = len(companies.ids("companies"))
    assert f"HubSpot counts {live} live records, OBJECTS_COMPANIES holds {live - 2}" in counted.description
    assert "with `full: true`" in counted.description


def test_records_deleted_meanwhile_are_a_warning_until_the_recycle_bin_is_read(companies):
    companies.archive("companies", companies.ids("companies")[:2])
    counted = check()["has_as_many_records_as_hubspot"]
    assert not counted.passed
    assert counted.severity is dg.AssetCheckSeverity.WARN
    assert facts(counted)["difference"] == 2
    assert "materialize `archived`" in counted.description
    assert launch("companies", partition="archived").success
    assert check()["has_as_many_records_as_hubspot"].passed


def test_only_records_since_a_first_instant_are_counted_where_only_those_are_read(account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_UPDATED_AFTER", (datetime.now(UTC) - timedelta(days=90)).isoformat())
    assert both("companies").success
    counted = check()["has_as_many_records_as_hubspot"]
    assert counted.passed
    assert 0 < facts(counted)["warehouse"] < len(account.ids("companies"))


def test_an_id_in_two_rows_is_an_error(companies, warehouse):
    row = warehouse.read("OBJECTS_COMPANIES").slice(0, 1)
    warehouse.commit(Append(table(warehouse), row))
    duplicates = check()["has_no_duplicate_records"]
    assert not duplicates.passed
    assert duplicates.severity is dg.AssetCheckSeverity.ERROR
    assert facts(duplicates) == {"duplicate_rows": 1}
    assert "drop it, and materialize both partitions" in duplicates.description


def test_a_row_from_the_future_is_an_error(companies, warehouse):
    row = warehouse.read("OBJECTS_COMPANIES", ["OBJECTID"]).slice(0, 1)
    future = datetime.now() + timedelta(days=400)
    patch = row.append_column("UPDATEDAT", pa.array([future], pa.timestamp("us")))
    warehouse.commit(Patch(table(warehouse, "OBJECTID", "UPDATEDAT"), patch))
    found = check()["is_not_modified_in_the_future"]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert found.description.startswith("1 rows claim to be modified after")
    assert "delete them from OBJECTS_COMPANIES" in found.description


def test_values_that_do_not_fit_are_counted_by_property(companies, warehouse):
    ids = warehouse.read("OBJECTS_COMPANIES", ["OBJECTID"])["OBJECTID"]
    texts = [json.dumps({"annualrevenue": "much"})] * len(ids)
    patch = pa.table({"OBJECTID": ids, "UNPARSED": texts})
    warehouse.commit(Patch(Table("OBJECTS_COMPANIES", patch.schema, key=("OBJECTID",), json=("UNPARSED",)), patch))
    found = check()["values_fit_their_columns"]
    assert not found.passed
    assert facts(found) == {
        "rows": len(ids), "rows_unparsed": len(ids), "share_unparsed": 1.0, "by_property": {"annualrevenue": len(ids)},
    }  # fmt: skip
    assert "(annualrevenue); UNPARSED keeps them." in found.description


def test_a_few_values_that_do_not_fit_pass(companies, warehouse, monkeypatch):
    from hubspot_assets.sync import inspection

    monkeypatch.setattr(inspection, "MOST_UNPARSED", 0.5)
    found = check()["values_fit_their_columns"]
    assert found.passed
    assert "UNPARSED keeps them" in found.description


def test_properties_are_compared_with_those_of_the_last_check(companies, instance):
    def properties() -> dg.AssetCheckEvaluation:
        return check(instance)["has_all_its_properties"]

    assert properties().passed
    companies.create_property("companies", "moon_phase")
    added = properties()
    assert added.passed
    assert "New, and columns with the next sync that finds a change: moon_phase." in added.description
    companies.retype_property("companies", "moon_phase", "number")
    retyped = properties()
    assert not retyped.passed
    assert "Of another type now: moon_phase (string to number)" in retyped.description
    assert retyped.severity is dg.AssetCheckSeverity.WARN
    companies.archive_property("companies", "moon_phase")
    gone = properties()
    assert not gone.passed
    assert "Gone from HubSpot (archived, or hidden from the token): moon_phase" in gone.description
    assert facts(gone)["gone"] == 1
    assert properties().passed


def test_a_property_of_the_allow_list_that_vanished_is_an_error_until_somebody_acts(companies, instance, monkeypatch):
    companies.create_property("companies", "moon_phase")
    monkeypatch.setenv("HUBSPOT_ALLOW_PROPERTIES", '{"companies": ["name", "moon_*"]}')
    assert check(instance)["has_all_its_properties"].passed
    companies.archive_property("companies", "moon_phase")
    for _ in range(2):
        found = check(instance)["has_all_its_properties"]
        assert not found.passed
        assert found.severity is dg.AssetCheckSeverity.ERROR
        assert "HUBSPOT_ALLOW_PROPERTIES asks for what HubSpot does not have: moon_*." in found.description


def test_properties_that_are_not_read_are_not_compared(companies, instance, monkeypatch):
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"companies": ["moon_*"]}')
    companies.create_property("companies", "moon_phase")
    assert check(instance)["has_all_its_properties"].passed
    companies.archive_property("companies", "moon_phase")
    assert check(instance)["has_all_its_properties"].passed
    monkeypatch.setenv("HUBSPOT_DENY_PROPERTIES", '{"companies": ["*e"]}')
    assert check(instance)["has_all_its_properties"].passed


def test_a_custom_object_is_checked_as_well(account):
    assert both("cars").success
    found = check(name="cars")
    assert found["has_as_many_records_as_hubspot"].passed
    assert facts(found["has_as_many_records_as_hubspot"])["hubspot"] == len(account.ids("cars"))


def test_the_checks_of_a_table_cost_two_searches_and_four_other_requests(companies):
    companies.clear_requests()
    check()
    assert len(companies.requests("search")) == 2
    assert len(companies.requests()) == 6
