import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

import hubspot_assets
from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES, STANDARD_OBJECT_TYPES

PROJECT = Path(hubspot_assets.__file__).parent.parent

LOAD = """
import gc, json, socket, sys

def refuse(*_, **__):
    raise AssertionError("definitions asked the network for something")

socket.getaddrinfo = socket.socket.connect = refuse
from hubspot_assets.definitions import defs
keys = sorted("/".join(key.path) for key in defs.resolve_all_asset_keys())
loaded = {"keys": keys, "modules": sorted(sys.modules), "executor": defs.executor.name}
print(json.dumps({**loaded, "frozen": gc.get_freeze_count(), "searched": len(gc.get_objects())}))
"""


def load(monkeypatch, **settings: str) -> dict[str, Any]:
    """The definitions as a new process sees them."""
    for name, value in settings.items():
        monkeypatch.setenv(f"HUBSPOT_{name.upper()}", value)
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    from hubspot_assets.definitions import defs

    return defs


def test_definitions_load_without_settings_network_or_heavy_libraries(settings_folder, monkeypatch):
    loaded = load(monkeypatch, datasets="none")
    assert loaded["keys"] == sorted(["hubspot/account", *(f"hubspot/{name}" for name in DEFAULT_OBJECT_TYPES)])
    assert loaded["executor"] == "in_process"
    # Every run and every step process pays for these imports.
    assert not {"duckdb", "pandas", "pyarrow", "numpy", "requests", "psycopg", "redis"} & set(loaded["modules"])
    # And for the search for garbage at its end.
    assert loaded["frozen"] > 5 * loaded["searched"]


def test_objects_by_setting_become_assets(settings_folder, monkeypatch):
    objects = "all", "services", "0-3,cars,p123_Trucks,2-1234567"
    assert len(load(monkeypatch, datasets="none", objects=objects[0])["keys"]) == len(STANDARD_OBJECT_TYPES) + 1
    loaded = load(monkeypatch, objects=objects[2], executor="multiprocess")
    assert loaded["keys"] == [
        "hubspot/2_1234567", "hubspot/account", "hubspot/cars", "hubspot/deals", "hubspot/p123_trucks",
    ]  # fmt: skip
    assert loaded["executor"] == "multiprocess"


def test_a_setting_that_cannot_be_read_keeps_the_definitions_from_loading_with_a_sentence(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_UPDATED_AFTER", "soon")
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "hubspot_assets.settings.errors.SettingsError: HUBSPOT_UPDATED_AFTER is invalid: 'soon' is not a date or "
        "time; write 2024-01-31 or 2024-01-31T12:00:00Z."
    )


def test_what_stands_beside_the_records_is_there_by_default_without_heavy_libraries(settings_folder, monkeypatch):
    loaded = load(monkeypatch, objects="contacts,companies")
    assert loaded["keys"] == [
        f"hubspot/{name}"
        for name in (
            "account", "account_users", "association_definitions", "associations", "companies",
            "companies_to_companies", "companies_to_contacts", "contacts", "contacts_to_companies",
            "contacts_to_contacts", "live_records", "object_and_event_type_definitions", "object_properties",
            "object_with_object_properties", "objects", "owner_teams", "owners", "pipeline_stages",
            "pipelines", "teams",
        )
    ]  # fmt: skip
    assert not {"duckdb", "pandas", "pyarrow", "numpy", "requests"} & set(loaded["modules"])


def test_what_has_days_is_there_on_demand_without_heavy_libraries(settings_folder, monkeypatch):
    loaded = load(
        monkeypatch, objects="goals", datasets="email_events,subscriptions", events="e_visited_page,pe1_login"
    )
    assert {
        f"hubspot/{name}"
        for name in ("email_events", "subscription_changes", "events", "events_visited_page", "events_login")
    } <= set(loaded["keys"])
    assert not {"duckdb", "pandas", "pyarrow", "numpy", "requests"} & set(loaded["modules"])


def test_definitions_are_consistent(defs):
    dg.Definitions.validate_loadable(defs)


def test_hubspot_stands_upstream_of_every_asset(defs):
    graph = defs.resolve_asset_graph()
    account = dg.AssetKey(["hubspot", "account"])
    assert not graph.get(account).is_materializable
    for key in graph.materializable_asset_keys:
        assert account in graph.get_ancestor_asset_keys(key), key


def test_the_main_job_holds_every_asset_and_takes_either_partition(defs):
    job = defs.resolve_job_def("sync")
    assert job.asset_layer.selected_asset_keys == defs.resolve_asset_graph().materializable_asset_keys
    assert job.partitions_def.get_partition_keys() == ["latest", "archived"]


def test_what_the_ui_shows_as_plain_text_has_no_marks_of_markdown(defs):
    repository = defs.get_repository_def()
    checks = [spec for each in defs.asset_checks for spec in each.check_specs]
    described = [*repository.schedule_defs, *repository.sensor_defs, *repository.get_all_jobs(), *checks]
    assert len(described) > 50
    assert [each.name for each in described if "`" in (each.description or "")] == []


def test_the_instance_settings_of_the_project_are_valid_and_do_what_they_promise(settings_folder):
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(settings_folder), config_dir=str(PROJECT))) as instance:
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.run_monitoring_enabled
        assert instance.freshness_enabled
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        concurrency = instance.get_concurrency_config()
        assert concurrency.pool_config.default_pool_limit == 1
        assert concurrency.run_queue_config is not None
        assert concurrency.run_queue_config.max_concurrent_runs == 5
        instance.event_log_storage.get_event_records(dg.EventRecordsFilter(dg.DagsterEventType.ASSET_MATERIALIZATION))
    assert (settings_folder / ".dagster" / "storage").is_dir()


def test_the_workspace_names_the_definitions():
    text = (PROJECT / "workspace.yaml").read_text()
    assert "module_name: hubspot_assets.definitions" in text


@pytest.mark.parametrize("name", ["defs/dagster.yaml", "demo/workspace.yaml"])
def test_the_package_has_the_same_settings_of_dagster_as_the_project(name):
    assert (PROJECT / "hubspot_assets" / name).read_text() == (PROJECT / Path(name).name).read_text()
