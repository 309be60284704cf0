"""Several machines in small: an instance in Postgres, a broker in Redis, and workers and launches in processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import dagster as dg
import redis
from dagster._serdes import serialize_value

from hubspot_assets.setup.postgres import shared_instance
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.end_to_end.dagster_server import PROJECT, wait_until

BOTH = {"dagster/asset_partition_range_start": "latest", "dagster/asset_partition_range_end": "archived"}

# A worker that died is found out in seconds, not in a minute, and its step is begun anew at once.
_DAGSTER = """
import dagster as dg
from hubspot_assets.defs.executors import celery_steps
from hubspot_assets.defs.executors import lost_steps
celery_steps.LOOK_SECONDS = celery_steps.ANSWER_SECONDS = 1
lost_steps.RETRY_POLICY = dg.RetryPolicy(max_retries=2)
from dagster._cli import main
main()
"""


class Deployment:
    """Where everything is.

    Args:
        folder: For logs, the instance's settings and the tables.
        broker: URL of Redis.
        storage: URL of Postgres.
        settings: Of all processes.
        token: For workers alone: no other process can read HubSpot.
    """

    def __init__(self, folder: Path, *, broker: str, storage: str, settings: Mapping[str, str], token: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        (self.home / "dagster.yaml").write_text(shared_instance((PROJECT / "dagster.yaml").read_text()))
        self.warehouse = DuckDBWarehouse(folder / "tables.duckdb")
        self.broker = broker
        self._token = token
        place = urlsplit(storage)
        of_this_process = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HUBSPOT_", "DAGSTER_", "SNOWFLAKE_"))
        }
        self._environment = {
            **of_this_process,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "DAGSTER_HOME": str(self.home),
            "DAGSTER_PG_HOST": str(place.hostname),
            "DAGSTER_PG_PORT": str(place.port),
            "DAGSTER_PG_DB": place.path[1:],
            "DAGSTER_PG_USERNAME": str(place.username),
            "DAGSTER_PG_PASSWORD": str(place.password),
            "HUBSPOT_EXECUTOR": "celery",
            "HUBSPOT_CELERY_BROKER": broker,
            "HUBSPOT_DUCKDB_PATH": str(folder / "tables.duckdb"),
            **settings,
        }

    @contextmanager
    def worker(self, name: str, *, processes: int) -> Iterator["subprocess.Popen[bytes]"]:
        """A Celery worker, in a session of its own."""
        log = self.folder / f"{name}.log"
        command = [sys.executable, "-m", "celery", "-A", "hubspot_assets.defs.executors.celery_worker", "worker"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "--concurrency", str(processes), "--loglevel", "INFO", "--hostname", f"{name}@127.0.0.1"],
                cwd=self.folder,
                env={**self._environment, "HUBSPOT_ACCESS_TOKEN": self._token},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                wait_until(lambda: " ready." in log.read_text() or process.poll() is not None, seconds=60)
                assert process.poll() is None, log.read_text()
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                finally:
                    kill(process)

    @contextmanager
    def launch(self, job: str, tags: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a job, in a process of its own."""
        command = [sys.executable, "-c", _DAGSTER, "job", "execute", "-m", "hubspot_assets.definitions", "-j", job]
        with (self.folder / "launch.log").open("a") as output:
            process = subprocess.Popen(
                [*command, "--tags", json.dumps(dict(tags))],
                cwd=self.folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                kill(process)

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """The instance as all of the processes see it."""
        with patch.dict(os.environ, self._environment), dg.DagsterInstance.from_config(str(self.home)) as instance:
            yield instance

    def events(self, kind: dg.DagsterEventType) -> list[dg.DagsterEvent]:
        """What the last run says."""
        with self.instance() as instance:
            [run] = instance.get_runs(limit=1)
            entries = instance.all_logs(run.run_id, of_type=kind)
        return [entry.dagster_event for entry in entries if entry.dagster_event]

    def logs(self) -> str:
        """What all processes wrote."""
        return "\n".join(file.read_text() for file in self.folder.glob("*.log"))

    def kept(self) -> str:
        """Everything that can be read afterwards: logs, files of the instance, its runs and events, and Redis."""
        texts = [self.logs(), *(file.read_text() for file in self.home.rglob("*") if file.is_file())]
        with self.instance() as instance:
            for run in instance.get_runs():
                assert run.job_snapshot_id is not None
                texts += [serialize_value(run), serialize_value(instance.get_job_snapshot(run.job_snapshot_id))]
                texts += [serialize_value(entry) for entry in instance.all_logs(run.run_id)]
        with redis.Redis.from_url(self.broker, decode_responses=True) as client:
            texts += [str(client.get(key)) for key in client.scan_iter("*", _type="string")]
        return "\n".join(texts)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """`kill -9` a process and its children, whichever are left."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
