from typing import Any

import dagster as dg
import pytest

from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.records import records_asset
from hubspot_assets.defs.checks.records import RECORD_CHECKS, record_checks
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import hubspot_resource
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.launch import both, launch


@pytest.fixture
def instance():
    """A Dagster that remembers earlier checks."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def check(instance: dg.DagsterInstance, name: str, *only: str) -> dict[str, Any]:
    """The checks of one asset, executed alone as the button in the UI does it."""
    settings = Settings.load()
    checks = record_checks(name, settings)
    keys = [dg.AssetCheckKey(Names().key(name), check) for check in RECORD_CHECKS]
    selected = [key for key in keys if not only or key.name in only]
    result = dg.materialize(
        [account_asset(settings, Names()), records_asset(name, settings), checks],
        resources={"hubspot": hubspot_resource(settings), "tables": dg.mem_io_manager},
        selection=dg.AssetSelection.checks(*selected),
        instance=instance,
    )
    assert result.success
    found: dict[str, Any] = {each.check_name: each for each in result.get_asset_check_evaluations()}
    assert set(found) == {key.name for key in selected}
    return found


def test_a_table_just_synced_passes_with_figures_and_an_old_one_fails_with_words(account, instance):
    assert both("companies", instance=instance).success
    account.clear_requests()
    found = check(instance, "companies")
    # Whose data, the two counts, the properties in three sensitivities, and whether sensitive values may be read.
    assert len(account.requests()) == 7
    assert len(account.requests("search")) == 2
    # The demo portal has odd values on purpose.
    values = found.pop("values_fit_their_columns")
    assert values.metadata["rows_unparsed"].value > 0
    assert all(each.passed for each in found.values()), found
    counted = found["has_as_many_rows_as_hubspot"]
    live = len(account.ids("companies"))
    assert {name: counted.metadata[name].value for name in ("hubspot", "warehouse")} == {
        "hubspot": live, "warehouse": live,
    }  # fmt: skip
    account.archive("companies", account.ids("companies")[:2])
    counted = check(instance, "companies", "has_as_many_rows_as_hubspot")["has_as_many_rows_as_hubspot"]
    assert not counted.passed
    assert counted.severity is dg.AssetCheckSeverity.WARN
    assert "materialize archived" in counted.description


def test_a_sync_that_wrote_nothing_narrows_what_may_have_changed_meanwhile(account, instance):
    assert launch("goals", partition="latest", instance=instance).success
    account.advance(7200)
    account.create("goals", {"hs_goal_name": "Ada"})
    account.advance(7200)
    assert launch("goals", partition="latest", instance=instance).success
    account.advance(7200)
    assert launch("goals", partition="latest", instance=instance).success
    counted = check(instance, "goals", "has_as_many_rows_as_hubspot")["has_as_many_rows_as_hubspot"]
    assert counted.passed
    assert counted.metadata["changed_meanwhile"].value == 0


def test_properties_are_compared_with_those_of_the_check_before(account, instance, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ALLOW_PROPERTIES", '{"companies": ["name", "moon_*"]}')
    account.create_property("companies", "moon_phase")
    assert check(instance, "companies", "has_all_its_properties")["has_all_its_properties"].passed
    account.archive_property("companies", "moon_phase")
    found = check(instance, "companies", "has_all_its_properties")["has_all_its_properties"]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert found.metadata["properties_gone"].value == 1


def test_a_custom_object_is_checked_as_well(account, instance):
    assert both("cars", instance=instance).success
    counted = check(instance, "cars")["has_as_many_rows_as_hubspot"]
    assert counted.passed
    assert counted.metadata["hubspot"].value == len(account.ids("cars"))


def test_every_check_says_what_holds():
    for spec in record_checks("contacts", Settings()).check_specs:
        assert len(spec.description or "") > 30
        assert not spec.blocking
