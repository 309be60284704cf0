"""The demo, stopped by Ctrl-C in the midst of its run: a terminal sends it to all processes in its foreground."""

import os
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import psutil

from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

MARK = "DEMO_OF_A_TEST"
"""In the environment of all processes of a demo, whichever session they are in."""


def processes(mark: str) -> list[str]:
    """The command lines of what is left of a demo."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def test_ctrl_c_in_the_midst_of_the_demos_run_ends_all_of_it_and_keeps_what_was_read(tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    mark = uuid.uuid4().hex
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HUBSPOT_", "DAGSTER_"))}
    demo = subprocess.Popen(
        [sys.executable, "-m", "hubspot_assets", "demo", "--port", port],
        cwd=tmp_path,
        env={**inherited, "COLUMNS": "200", MARK: mark},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if "events_deal_closed" in line and "inserted" in line:
                break
        assert any("dagster dev" in process for process in processes(mark)), said
        os.killpg(demo.pid, signal.SIGINT)
        said += demo.communicate(timeout=30)[0].splitlines(keepends=True)
        assert demo.returncode == 130, said
        assert not processes(mark)
        printed = "".join(said)
        assert "Traceback" not in printed, printed
        assert "failed" not in printed, printed
        assert "keeps what was read" in said[-1]
        warehouse = DuckDBWarehouse(tmp_path / ".data" / "demo.duckdb")
        assert warehouse.count("EVENTS_DEAL_CLOSED") > 0
        assert warehouse.count("SYNCS") > 0
    finally:
        for each in psutil.Process(demo.pid).children(recursive=True) if demo.poll() is None else ():
            each.kill()
        demo.kill()
        demo.wait()
