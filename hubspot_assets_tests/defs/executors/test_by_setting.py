import json
import subprocess
import sys

import dagster as dg
import pytest

from hubspot_assets.defs.executors.by_setting import executor_of
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

pytestmark = pytest.mark.usefixtures("settings_folder")

CELERY = {"CELERY_BROKER": "redis://:hidden-value@127.0.0.1:1/0", "DUCKDB_PATH": "/data/hubspot.duckdb"}
SNOWFLAKE = {
    "ACCOUNT": "organization-account",
    "USER": "LOADER",
    "WAREHOUSE": "LOADING",
    "DATABASE": "HUBSPOT",
    "SCHEMA": "CRM",
    "PRIVATE_KEY_FILE": "key.p8",
}

LOAD = """
import json, sys
from hubspot_assets.definitions import defs
import dagster as dg
dg.Definitions.validate_loadable(defs)
print(json.dumps({"executor": defs.executor.name, "modules": sorted(sys.modules)}))
"""


def settings(monkeypatch, executor: str) -> Settings:
    monkeypatch.setenv("HUBSPOT_EXECUTOR", executor)
    if executor == "celery":
        for name, value in CELERY.items():
            monkeypatch.setenv(f"HUBSPOT_{name}", value)
    if executor == "kubernetes":
        monkeypatch.setenv("HUBSPOT_DESTINATION", "snowflake")
        monkeypatch.setenv("HUBSPOT_BUDGET_URL", "redis://:hidden-value@127.0.0.1:1/0")
        for name, value in SNOWFLAKE.items():
            monkeypatch.setenv(f"SNOWFLAKE_{name}", value)
    return Settings.load()


@pytest.mark.parametrize("executor", ["in_process", "multiprocess", "celery", "kubernetes"])
def test_the_setting_names_the_executor_which_shows_no_address(monkeypatch, executor):
    definition = executor_of(settings(monkeypatch, executor))
    assert definition.name == executor
    assert "hidden-value" not in f"{definition!r} {vars(definition)!r} {definition.config_schema!r}"


@pytest.mark.parametrize(
    ("executor", "unneeded"),
    [
        ("in_process", {"celery", "kombu", "dagster_celery", "dagster_k8s", "kubernetes"}),
        ("celery", {"celery", "kombu", "redis", "dagster_k8s", "kubernetes"}),
        ("kubernetes", {"celery", "dagster_celery", "dagster_k8s", "kubernetes"}),
    ],
)
def test_the_definitions_load_with_each_executor_and_nothing_heavy(monkeypatch, executor, unneeded):
    settings(monkeypatch, executor)
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert loaded["executor"] == executor
    assert not unneeded & set(loaded["modules"])


@pytest.mark.parametrize(("executor", "package"), [("celery", "dagster_celery"), ("kubernetes", "dagster_k8s")])
def test_a_missing_extra_is_named(monkeypatch, executor, package):
    chosen = settings(monkeypatch, executor)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SettingsError) as refused:
        executor_of(chosen)
    assert str(refused.value) == (
        f"HUBSPOT_EXECUTOR={executor} needs packages that are not installed: pip install 'hubspot-assets[{executor}]'."
    )


@pytest.mark.parametrize("executor", ["celery", "kubernetes"])
def test_steps_elsewhere_need_an_instance_that_outlives_the_process(monkeypatch, executor):
    requirements = executor_of(settings(monkeypatch, executor)).get_requirements({})
    assert set(requirements) == set(dg.multiple_process_executor_requirements())
