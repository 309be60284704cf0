"""Runs that are killed, terminated or interrupted, as real processes meet real signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hubspot_assets
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.end_to_end.dagster_server import wait_until

PROJECT = Path(hubspot_assets.__file__).parent.parent
MATERIALIZE = [
    sys.executable, "-m", "dagster", "asset", "materialize", "-m", "hubspot_assets.definitions",
    "--select", "hubspot/contacts", "--partition", "latest",
]  # fmt: skip
SYNC = [sys.executable, "-m", "hubspot_assets", "sync", "contacts"]


@pytest.fixture(scope="module")
def account() -> Iterator[Portal]:
    """An account that takes its time."""
    with Portal.start(sizes={"contacts": 2_000, "companies": 10}) as portal:
        yield portal


@pytest.fixture
def folder(account: Portal, tmp_path: Path) -> Path:
    """A project's folder with settings of its own."""
    account.latency(0)
    for name in ("dagster.yaml", "workspace.yaml"):
        (tmp_path / name).write_text((PROJECT / name).read_text())
    settings = {
        "HUBSPOT_BASE_URL": account.url,
        "HUBSPOT_ACCESS_TOKEN": account.token,
        "HUBSPOT_OBJECTS": "contacts,companies",
        "HUBSPOT_DATASETS": "none",
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return tmp_path


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HUBSPOT_", "DAGSTER_"))}
    environment |= {"XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "200"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(command: list[str], folder: Path) -> tuple[int, str]:
    with started(command, folder) as process:
        said, _ = process.communicate(timeout=90)
        return process.returncode, said


def reading(account: Portal) -> None:
    """Wait until records are being read, slowly."""
    account.clear_requests()
    account.latency(1.0)
    # More than a page has come: what is asked before that, of properties and of scopes, brings no records.
    wait_until(lambda: sum(each["rows"] for each in account.requests()) > 100, seconds=60)


def rows(folder: Path) -> int:
    return DuckDBWarehouse(folder / ".data" / "hubspot.duckdb").count("OBJECTS_CONTACTS")


def test_after_a_run_was_killed_the_next_one_goes_on_at_once(account, folder):
    with started(MATERIALIZE, folder) as process:
        reading(account)
        process.send_signal(signal.SIGKILL)
        process.wait()
    account.latency(0)
    code, said = run(MATERIALIZE, folder)
    assert code == 0, said
    live = account.ids("contacts")
    assert rows(folder) == len(live)


def test_an_interrupted_sync_stops_in_seconds_and_keeps_what_it_read(account, folder):
    with started(SYNC, folder) as process:
        reading(account)
        time.sleep(3)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "What was read until now is kept" in said
    assert rows(folder) > 0
    account.latency(0)
    code, said = run(SYNC, folder)
    assert code == 0, said
    assert rows(folder) == len(account.ids("contacts"))
    assert "leaked" not in said, "DuckDB's own objects are let go before the process ends"


def test_dagster_takes_an_interrupt_of_a_sync_for_no_reason_to_begin_it_anew(account, folder):
    with started(MATERIALIZE, folder) as process:
        reading(account)
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=15)
    assert "STEP_UP_FOR_RETRY" not in said
    # The pages that had come are kept, though no chunk was full.
    assert rows(folder) > 0
