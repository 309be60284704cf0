"""What a run waits for is among its events within seconds, as real processes meet it."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from hubspot_assets_tests.end_to_end.dagster_server import wait_until

HOLD = """
import sys, time
import duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(120)
"""
RUN = """
import dagster as dg
from hubspot_assets.definitions import defs
job = defs.resolve_job_def("sync")
with dg.DagsterInstance.get() as instance:
    job.execute_in_process(
        instance=instance, partition_key="latest", asset_selection=[dg.AssetKey(["hubspot", "goals"])]
    )
"""


@pytest.fixture
def home(account, settings_folder: Path, monkeypatch) -> Path:
    """A Dagster instance without any settings of ours."""
    home = settings_folder / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    return home


def test_a_run_says_which_process_holds_the_duckdb_file_and_until_when_it_waits(home: Path, settings_folder: Path):
    file = settings_folder / ".data" / "hubspot.duckdb"
    file.parent.mkdir()
    with (
        dg.DagsterInstance.get() as instance,
        subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True) as holder,
        subprocess.Popen([sys.executable, "-c", RUN], stderr=subprocess.DEVNULL) as run,
    ):
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"

            def said() -> list[str]:
                runs = instance.get_runs(limit=1)
                return [entry.user_message for entry in instance.all_logs(runs[0].run_id)] if runs else []

            waiting = f"Waiting for DuckDB file {file}: "
            wait_until(lambda: any(line.startswith(waiting) for line in said()), seconds=150)
            [line] = [line for line in said() if line.startswith(waiting)]
            assert f"process {holder.pid} " in line
            assert "waits until" in line
            holder.kill()
            assert run.wait(120) == 0
        finally:
            holder.kill()
            run.kill()
