"""The package as another project installs it: the built wheel, in an environment that has nothing else."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import hubspot_assets

PROJECT = Path(hubspot_assets.__file__).parent.parent
README = (PROJECT / "README.md").read_text()
UV = os.environ.get("UV") or shutil.which("uv") or ""

pytestmark = pytest.mark.skipif(not UV and not os.environ.get("CI"), reason="needs uv: pip install uv")

DEFINITIONS = """
import dagster as dg
import pandas as pd
from pydantic import SecretStr

from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.settings.hubspot import Settings


@dg.asset(partitions_def=dg.DailyPartitionsDefinition("2026-01-01"))
def orders() -> None: ...


@dg.asset(
    ins={
        "deals": dg.AssetIn(
            ["emea", "hubspot", "deals"], input_manager_key="emea_tables", metadata={"columns": ["PROPERTY_AMOUNT"]}
        )
    },
    deps=[orders],
)
def revenue(deals: pd.DataFrame) -> float:
    return float(deals["PROPERTY_AMOUNT"].sum())


def account(region: str) -> dg.Definitions:
    settings = Settings(access_token=SecretStr(f"pat-{region}"), duckdb_path=f"{region}.duckdb", datasets=("owners",))
    return hubspot_definitions(settings, key_prefix=region)


defs = dg.Definitions.merge(
    account("emea"),
    account("apac"),
    dg.Definitions(
        assets=[orders, revenue],
        jobs=[dg.define_asset_job("sync", [orders]), dg.define_asset_job("report", [revenue])],
        schedules=[dg.ScheduleDefinition(name="latest", job_name="report", cron_schedule="0 6 * * *")],
    ),
)
"""


@dataclass(frozen=True)
class Host:
    """A project that has the wheel and its dependencies, without extras."""

    folder: Path

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment: Mapping[str, str] = {
            **bare,
            "VIRTUAL_ENV": str(self.folder / "venv"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **settings,
        }
        program, *arguments = command
        found = self.folder / "venv" / "bin" / program
        return subprocess.run(
            [found if found.exists() else program, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
        )


def uv(*arguments: str, **environment: str) -> None:
    done = subprocess.run(
        [UV, *arguments], cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Host:
    folder = tmp_path_factory.mktemp("host")
    environment = {"UV_PROJECT_ENVIRONMENT": str(folder / "venv"), "VIRTUAL_ENV": str(folder / "venv")}
    # What the lock file names is in uv's cache, since it is installed here already.
    uv("sync", "--frozen", "--no-dev", "--no-install-project", "--quiet", **environment)
    uv("build", "--wheel", "--quiet", "--out-dir", str(folder / "dist"))
    [wheel] = (folder / "dist").glob("*.whl")
    uv("pip", "install", "--no-deps", "--offline", "--quiet", str(wheel), **environment)
    uv("pip", "check", "--quiet", **environment)
    (folder / "definitions.py").write_text(DEFINITIONS)
    [example] = re.findall(r"```python\n(# my_project/definitions.py\n.*?)```", README, re.DOTALL)
    (folder / "my_project").mkdir()
    (folder / "my_project" / "definitions.py").write_text(example)
    return Host(folder)


def test_two_accounts_load_beside_assets_partitions_and_jobs_of_the_host_and_so_does_the_readmes_example(host):
    done = host.run("dagster", "definitions", "validate", "-m", "definitions", "-m", "my_project.definitions")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr


def test_the_front_door_opens_without_settings_and_without_extras(host):
    program = "import sys, hubspot_assets.definitions as d; print(len(d.defs.resolve_all_asset_keys()), *sys.path)"
    done = host.run("python", "-c", program)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 20
    assert str(PROJECT) not in done.stdout.split()


def test_the_command_tells_its_version(host):
    assert host.run("hubspot-assets", "--version").stdout == f"hubspot-assets {hubspot_assets.__version__}\n"


def test_check_without_settings_is_sentences(host):
    done = host.run("hubspot-assets", "check")
    assert done.returncode == 1
    assert "FAIL token: HUBSPOT_ACCESS_TOKEN is not set. Create a service key in HubSpot" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("destination", ["snowflake", "s3"])
def test_a_destination_whose_extra_is_not_installed_is_named_with_what_to_install(host, destination):
    settings = {"SNOWFLAKE_ACCOUNT": "a-b", "SNOWFLAKE_USER": "u", "SNOWFLAKE_WAREHOUSE": "w"}
    settings |= {"SNOWFLAKE_DATABASE": "d", "SNOWFLAKE_SCHEMA": "s", "SNOWFLAKE_PRIVATE_KEY_FILE": "key.p8"}
    settings |= {"S3_URL": "s3://bucket/prefix", "S3_REGION": "eu-central-1"}
    done = host.run("hubspot-assets", "check", HUBSPOT_DESTINATION=destination, **settings)
    assert done.returncode == 1
    assert not done.stderr
    [line] = [line for line in done.stdout.splitlines() if "FAIL destination" in line]
    assert f"needs the extra `{destination}`: pip install 'hubspot-assets[{destination}]'" in line


def test_the_settings_of_an_instance_in_postgres_come_with_the_wheel(host):
    done = host.run("hubspot-assets", "setup", "postgres")
    assert done.returncode == 0, done.stderr
    assert "default_limit: 1" in done.stdout
