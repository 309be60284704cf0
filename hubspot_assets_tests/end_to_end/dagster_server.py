"""A real `dagster dev` in processes of its own, spoken to by GraphQL as its UI does."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

import hubspot_assets

PROJECT = Path(hubspot_assets.__file__).parent.parent
LOCATION = "hubspot_assets"
"""Name of the code location in `workspace.yaml`."""
_OURS = ("HUBSPOT_", "SNOWFLAKE_", "DAGSTER_")

_LAUNCH = """
mutation Launch($backfill: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfill) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_BACKFILL = """
query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } }
  }
}
"""
_AUTOMATIONS = """
query Automations($location: String!) {
  repositoryOrError(
    repositorySelector: { repositoryName: "__repository__", repositoryLocationName: $location }
  ) {
    ... on Repository {
      schedules { name scheduleState { id status ticks(limit: 1) { status skipReason } } }
      sensors { name sensorState { id status ticks(limit: 1) { status skipReason } } }
    }
  }
}
"""
_SWITCH = {
    ("schedule", True): """
    mutation Start($name: String!, $location: String!) { startSchedule(scheduleSelector: {
      repositoryName: "__repository__", repositoryLocationName: $location, scheduleName: $name
    }) { __typename } }""",
    ("schedule", False): "mutation Stop($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
    ("sensor", True): """
    mutation Start($name: String!, $location: String!) { startSensor(sensorSelector: {
      repositoryName: "__repository__", repositoryLocationName: $location, sensorName: $name
    }) { __typename } }""",
    ("sensor", False): "mutation Stop($id: String!) { stopSensor(id: $id) { __typename } }",
}
_RUNS = "{ runsOrError { ... on Runs { results { id status tags { key value } } } } }"
_PARTITIONS = """
query Partitions($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode { partitionStats { numMaterialized numFailed } }
  }
}
"""


class DagsterServer:
    """A running Dagster: `url`, and what its UI asks and launches."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Send one GraphQL request."""
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30)
        answer.raise_for_status()
        said = answer.json()
        assert "errors" not in said, said
        return said["data"]

    def backfill(self, assets: Sequence[str], partitions: Sequence[str]) -> str:
        """Launch a backfill of some partitions of some assets; its id."""
        selection = [{"path": ["hubspot", name]} for name in assets]
        parameters = {"assetSelection": selection, "partitionNames": list(partitions)}
        launched = self.ask(_LAUNCH, backfill=parameters)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return launched["backfillId"]

    def backfill_status(self, id_: str) -> str:
        """`REQUESTED`, `COMPLETED_SUCCESS`, `COMPLETED_FAILED`, …."""
        return self.ask(_BACKFILL, id=id_)["partitionBackfillOrError"]["status"]

    def runs(self) -> list[dict[str, Any]]:
        """All runs."""
        return self.ask(_RUNS)["runsOrError"]["results"]

    def automations(self) -> dict[str, str]:
        """Whether each schedule and sensor is `RUNNING` or `STOPPED`, by name."""
        return {name: state["status"] for _, name, state in self._automations()}

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a schedule or a sensor on or off, as its toggle in the UI does."""
        [(kind, state)] = [(kind, state) for kind, each, state in self._automations() if each == name]
        variables = {"name": name, "location": LOCATION} if on else {"id": state["id"]}
        [answer] = self.ask(_SWITCH[kind, on], **variables).values()
        assert answer["__typename"] in ("ScheduleStateResult", "Sensor", "StopSensorMutationResult"), answer

    def last_tick(self, name: str) -> dict[str, Any] | None:
        """The `status` and `skipReason` of the newest tick of a schedule or a sensor; None before the first."""
        [state] = [state for _, each, state in self._automations() if each == name]
        return state["ticks"][0] if state["ticks"] else None

    def _automations(self) -> list[tuple[str, str, dict[str, Any]]]:
        repository = self.ask(_AUTOMATIONS, location=LOCATION)["repositoryOrError"]
        return [
            (kind, each["name"], each[f"{kind}State"])
            for kind in ("schedule", "sensor")
            for each in repository[f"{kind}s"]
        ]

    def materialized(self, name: str) -> int:
        """How many partitions of an asset are materialized."""
        node = self.ask(_PARTITIONS, key={"path": ["hubspot", name]})["assetNodeOrError"]
        return node["partitionStats"]["numMaterialized"]


@contextmanager
def dagster_dev(home: Path, settings: Mapping[str, str]) -> Iterator[DagsterServer]:
    """Start `dagster dev` with the project's instance settings, and stop all of its processes.

    Args:
        home: A folder to create, with everything that Dagster keeps.
        settings: The project's settings; those of the environment are not passed on.
    """
    home.mkdir()
    shutil.copy(PROJECT / "dagster.yaml", home)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml"),
        "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with (home / "dagster.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env={**inherited, **settings, "DAGSTER_HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            server = DagsterServer(f"http://127.0.0.1:{port}")
            wait_until(lambda: _answers(server) or process.poll() is not None, seconds=90)
            assert process.poll() is None, (home / "dagster.log").read_text()
            yield server
        finally:
            _stop(process)


def wait_until(happened: Callable[[], bool], *, seconds: float) -> None:
    """Look twice a second whether something has happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"it did not happen in {seconds} s"
        time.sleep(0.5)


def _answers(server: DagsterServer) -> bool:
    try:
        return "results" in server.ask(_RUNS)["runsOrError"]
    except requests.ConnectionError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End Dagster as Ctrl-C in a terminal does, and whatever is left of its session after that."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # all of them had ended by themselves
