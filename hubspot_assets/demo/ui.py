"""The Dagster UI of the demo: started beside the first run, opened as soon as it answers."""

import os
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import psutil
import requests

_START_SENSOR = """
mutation Start($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }
"""
_LOCATION = "hubspot_assets"
"""As `workspace.yaml` calls it."""
LOG = Path("dagster.log")
"""Takes what Dagster's processes and later runs print, in the current folder."""
_STOPPING = 4.0
"""Seconds that runs get for writing what they have read; the other processes have nothing to lose."""


class DagsterUI:
    """A `dagster dev` of the demo's instance.

    Args:
        port: Where it serves the UI.

    Attributes:
        url: The UI's address.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
        # In a session of its own, Ctrl-C does not reach its many processes, each of which would print where it was
        # interrupted.
        with LOG.open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        self._stopped = False
        self._opening = Thread(target=self._open, daemon=True)
        self._opening.start()

    def wait(self) -> int:
        """Wait until somebody stops it; return its exit code."""
        while (code := self._process.poll()) is None:
            time.sleep(0.5)
        return code

    def stop(self) -> None:
        """End its processes: all of its session, since those that it started live on for a while without it."""
        self._stopped = True
        end = time.monotonic() + _STOPPING
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        while self._is_alive() and time.monotonic() < end:
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            # Without an end to it, this would wait for ever for what a signal interrupted in its own wait.
            self._process.wait(1.0)

    def _is_alive(self) -> bool:
        """Whether a process of its session is at work."""
        self._process.poll()
        return any(
            process.info["status"] != psutil.STATUS_ZOMBIE
            for process in psutil.process_iter(["status"])
            if _session_of(process.pid) == self._process.pid
        )

    def _open(self) -> None:
        """Once the page answers, switch on what shows that the account is alive, and show the asset graph."""
        while not self._answers():
            if self._process.poll() is not None:
                return
            time.sleep(0.5)
        if self._stopped:
            return
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": _LOCATION,
            "sensorName": "changes",
        }
        asked = {"query": _START_SENSOR, "variables": {"selector": selector}}
        try:
            requests.post(f"{self.url}/graphql", json=asked, timeout=60).raise_for_status()
        except requests.RequestException:
            if self._stopped:
                return
            raise
        webbrowser.open(f"{self.url}/asset-groups")

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/server_info", timeout=5).ok
        except requests.RequestException:
            return False


@contextmanager
def dagster_ui(port: int | None) -> Iterator[DagsterUI | None]:
    """Serve the UI for as long as a block of code lasts; without a port, there is none."""
    ui = DagsterUI(port) if port is not None else None
    try:
        yield ui
    finally:
        if ui is not None:
            ui.stop()


def _session_of(process: int) -> int | None:
    try:
        return os.getsid(process)
    except OSError:
        return None
