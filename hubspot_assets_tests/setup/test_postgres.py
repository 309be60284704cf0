import os
from pathlib import Path

import yaml
from typer.testing import CliRunner

import hubspot_assets
from hubspot_assets.cli import app
from hubspot_assets.setup.postgres import shared_instance

PROJECT_FILE = Path(hubspot_assets.__file__).parent.parent / "dagster.yaml"


def test_everything_but_where_things_are_stored_stays_as_the_project_has_it():
    ours, shared = yaml.safe_load(PROJECT_FILE.read_text()), yaml.safe_load(shared_instance(PROJECT_FILE.read_text()))
    assert ours.keys() - shared.keys() == {"local_artifact_storage"}
    assert shared.keys() <= ours.keys()
    assert {name for name in shared if shared[name] != ours[name]} == {"storage", "compute_logs"}
    assert ours["run_monitoring"]["free_slots_after_run_end_seconds"] == 30


def test_comments_stay_and_nothing_speaks_of_the_folder_any_more():
    text = shared_instance(PROJECT_FILE.read_text())
    assert "# One sync of an object type at a time" in text
    assert ".dagster/" not in text
    assert text.count("storage:") == 1


def test_the_database_is_named_by_variables_alone():
    storage = yaml.safe_load(shared_instance(PROJECT_FILE.read_text()))["storage"]["postgres"]["postgres_db"]
    variables = {name: value["env"] for name, value in storage.items() if name != "scheme"}
    assert variables == {
        "hostname": "DAGSTER_PG_HOST",
        "port": "DAGSTER_PG_PORT",
        "db_name": "DAGSTER_PG_DB",
        "username": "DAGSTER_PG_USERNAME",
        "password": "DAGSTER_PG_PASSWORD",
    }


def test_settings_without_a_storage_get_one():
    assert yaml.safe_load(shared_instance("telemetry:\n  enabled: false\n")).keys() == {
        "storage", "compute_logs", "telemetry",
    }  # fmt: skip


def test_the_command_prints_it_from_the_projects_folder(settings_folder):
    (settings_folder / "dagster.yaml").write_text(PROJECT_FILE.read_text())
    done = CliRunner().invoke(app, ["setup", "postgres"])
    assert done.exit_code == 0
    assert done.output == shared_instance(PROJECT_FILE.read_text())


def test_elsewhere_it_prints_the_settings_that_the_package_brings(settings_folder):
    assert CliRunner().invoke(app, ["setup", "postgres"]).output == shared_instance(PROJECT_FILE.read_text())


def test_a_file_that_cannot_be_read_is_named(settings_folder):
    done = CliRunner().invoke(app, ["setup", "postgres", "--file", "elsewhere.yaml"])
    assert done.exit_code == 1
    assert done.output.strip() == f"--file elsewhere.yaml cannot be read: {os.strerror(2)}."
