from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.records import records_family
from hubspot_assets.defs.checks import freshness as module
from hubspot_assets.defs.checks.freshness import freshness_checks
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import hubspot_resource
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.launch import both, launch


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


class Clock(datetime):
    """A clock that can be put forward."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.ahead


@pytest.fixture
def ahead(monkeypatch):
    """Put the clock of the checks, and not HubSpot's, forward."""
    from hubspot_assets.defs.checks import covered_instants

    monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(covered_instants, "datetime", Clock)

    def put(**span: float) -> None:
        monkeypatch.setattr(Clock, "ahead", timedelta(**span))

    return put


def check(instance: dg.DagsterInstance, *names: str) -> dict[str, Any]:
    settings = Settings.load().model_copy(update={"objects": names or ("companies",)})
    family = records_family(settings, Names())
    checks = freshness_checks(settings, Names(), family.tables)
    result = dg.materialize(
        [account_asset(settings, Names()), *family.assets, checks],
        resources={"hubspot": hubspot_resource(settings), "tables": dg.mem_io_manager},
        selection=dg.AssetSelection.checks(checks),
        instance=instance,
    )
    assert result.success
    prefix = len(settings.objects) > 1
    return {
        f"{each.asset_key.path[-1]} {each.check_name}" if prefix else each.check_name: each
        for each in result.get_asset_check_evaluations()
    }


def test_before_the_first_sync_nothing_is_fresh(account, instance):
    found = check(instance)
    assert set(found) == {"latest_is_fresh", "archived_is_fresh"}
    for each in found.values():
        assert not each.passed
        assert each.severity is dg.AssetCheckSeverity.WARN
        assert "has finished yet: materialize it, or wait for its schedule." in each.description


def test_a_read_of_the_recycle_bin_does_not_make_stale_live_records_look_fresh(account, instance, ahead):
    assert both("companies", instance=instance).success
    assert all(each.passed for each in check(instance).values())
    ahead(minutes=61)
    late = check(instance)
    assert not late["latest_is_fresh"].passed
    assert late["latest_is_fresh"].severity is dg.AssetCheckSeverity.WARN
    assert "See whether its schedule is on" in late["latest_is_fresh"].description
    assert late["archived_is_fresh"].passed
    ahead(minutes=121)
    assert launch("companies", partition="archived", instance=instance).success
    later = check(instance)["latest_is_fresh"]
    assert later.severity is dg.AssetCheckSeverity.ERROR
    assert later.metadata["age_minutes"].value == pytest.approx(121, abs=2)
    assert later.metadata["fails_at_age"].value == "2:00:00"
    ahead(days=3)
    assert not check(instance)["archived_is_fresh"].passed


def test_a_sync_that_finds_nothing_to_write_keeps_a_table_fresh(account, instance, warehouse):
    assert launch("goals", partition="latest", instance=instance).success
    account.advance(7200)
    for _ in range(2):
        assert launch("goals", partition="latest", instance=instance).success
    fresh = check(instance, "goals")["latest_is_fresh"]
    # HubSpot's clock is two hours ahead, and so is what the table covers; SYNCS knows only of syncs that wrote.
    stored = max(each for each in warehouse.read("SYNCS")["COVEREDUNTIL"].to_pylist() if each)
    assert fresh.passed
    covered = datetime.fromtimestamp(fresh.metadata["covered_until"].value, UTC)
    assert covered >= stored.replace(tzinfo=UTC)
    assert covered > datetime.now(UTC) + timedelta(minutes=110)


def test_what_another_dagster_synced_counts(account, instance):
    assert both("companies").success
    assert all(each.passed for each in check(instance).values())


def test_a_warehouse_is_not_woken_while_dagster_knows_enough(account, instance, monkeypatch):
    def asked(settings):
        raise AssertionError("the warehouse was asked")

    assert both("companies", instance=instance).success
    monkeypatch.setattr(module, "warehouse_of", asked)
    assert all(each.passed for each in check(instance).values())


def test_tables_are_told_apart_and_asked_about_in_one_step(account, instance):
    assert both("companies", "cars", instance=instance).success
    assert launch("goals", partition="latest", instance=instance).success
    found = check(instance, "companies", "goals", "cars", "tickets")
    assert {name for name, each in found.items() if each.passed} == {
        "companies latest_is_fresh",
        "companies archived_is_fresh",
        "goals latest_is_fresh",
        "cars latest_is_fresh",
        "cars archived_is_fresh",
    }
