"""The first five minutes: a demo portal, one run of the main job, and the Dagster UI on the same data."""

import logging
import os
import socket
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import dagster as dg

DUCKDB_PATH = Path(".data/demo.duckdb")
PROJECT_FILES = ("dagster.yaml", "workspace.yaml")


def run_demo(console: Console, *, ui_port: int | None) -> int:
    """Run the demo from the project's folder.

    Args:
        console: where to say what happens.
        ui_port: port of the Dagster UI; None for the run alone.

    Returns:
        The exit code of the process.
    """
    missing = [name for name in PROJECT_FILES if not Path(name).is_file()]
    if missing:
        console.print(f"[red]There is no {missing[0]} here: start the demo from the project's folder.[/]")
        return 1
    if ui_port is not None and _taken(ui_port):
        console.print(f"[red]Port {ui_port} is taken: stop what uses it, or choose another with --port.[/]")
        return 1
    from hubspot_assets.demo_portal.control import Portal

    console.print("Starting the demo portal: a HubSpot account of a made-up company, with HubSpot's rate limits.")
    with Portal.start(limits=True, index_lag=True, short_pages=0.01) as portal:
        environment = {
            "HUBSPOT_BASE_URL": portal.url,
            "HUBSPOT_ACCESS_TOKEN": portal.token,
            "HUBSPOT_DUCKDB_PATH": str(DUCKDB_PATH),
            "HUBSPOT_DESTINATION": "duckdb",
            "HUBSPOT_EXECUTOR": "in_process",
        }
        # The portal's records are as old as this start of it, so data of an earlier demo would not fit them.
        for file in (DUCKDB_PATH, DUCKDB_PATH.with_suffix(".duckdb.wal")):
            file.unlink(missing_ok=True)
        os.environ.update(environment)
        if not _run_main_job(console):
            console.print("[red]The run failed; the lines above say why.[/]")
            return 1
        console.print(_what_was_written())
        if ui_port is None:
            return 0
        return _open_ui(console, environment, ui_port)


def _run_main_job(console: Console) -> bool:
    """Materialize both partitions of every asset, in this process, on the instance that the UI will show."""
    console.print("Running the main job: every asset, `latest` and `archived`.")
    import dagster as dg
    from dagster._core.instance import InstanceRef

    from hubspot_assets.definitions import defs
    from hubspot_assets.defs.automation.jobs import SYNC
    from hubspot_assets.defs.partitions import ARCHIVED, LATEST

    both_partitions = {
        "dagster/asset_partition_range_start": LATEST,
        "dagster/asset_partition_range_end": ARCHIVED,
    }
    progress = dg.Definitions(loggers={"console": _progress_logger(console)})
    job = dg.Definitions.merge(defs, progress).resolve_job_def(SYNC)
    with (
        tempfile.TemporaryDirectory() as folder,
        dg.DagsterInstance.from_ref(InstanceRef.from_dir(folder, config_dir=os.getcwd())) as instance,
    ):
        run = job.execute_in_process(
            instance=instance,
            tags=both_partitions,
            run_config={"loggers": {"console": {}}},
            raise_on_error=False,
        )
        return run.success


def _progress_logger(console: Console) -> "dg.LoggerDefinition":
    """A Dagster logger that shows what the syncs say, and what fails."""
    import dagster as dg

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said: Mapping[str, Any] = getattr(record, "dagster_meta", {})
            event: dg.DagsterEvent | None = said.get("dagster_event")
            if event is None:
                console.print(f"  {said.get('orig_message', record.getMessage())}", markup=False, highlight=False)
            elif event.is_step_failure:
                console.print(f"  {_cause(event)}", style="red", markup=False, highlight=False)

    @dg.logger
    def progress(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("demo", logging.INFO)
        logger.addHandler(Lines())
        return logger

    return progress


def _cause(event: "dg.DagsterEvent") -> str:
    """Why a step failed: what the innermost error said."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    reason = error.message.strip() if error is not None else event.message
    return f"{event.step_key} failed. {reason}"


def _what_was_written() -> Table:
    from hubspot_assets.defs.resources.warehouse import warehouse_of
    from hubspot_assets.settings.hubspot import Settings
    from hubspot_assets.sync.records.request import Slice

    settings = Settings.load()
    warehouse = warehouse_of(settings)
    table = Table(title=f"Written to {settings.duckdb_path}", title_justify="left")
    table.add_column("table")
    for heading in ("live rows", "archived rows", "columns"):
        table.add_column(heading, justify="right")
    syncs = warehouse.read("SYNCS", ["TABLENAME"])
    for name in sorted(set(syncs["TABLENAME"].to_pylist())):
        counts = [f"{warehouse.count(name, (slice_.filter,)):,}" for slice_ in Slice]
        table.add_row(name, *counts, f"{len(warehouse.schema(name) or ()):,}")
    for name in ("PROPERTY_DEFINITIONS", "SYNCS"):
        table.add_row(name, f"{warehouse.count(name):,}", "", f"{len(warehouse.schema(name) or ()):,}")
    return table


def _open_ui(console: Console, environment: Mapping[str, str], port: int) -> int:
    """Serve the Dagster UI until it is interrupted; the demo portal lives as long."""
    address = f"http://127.0.0.1:{port}"
    console.print(f"Opening the Dagster UI at {address} (Ctrl-C stops it and the demo portal).")
    server = subprocess.Popen(
        [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, **environment},
    )
    try:
        webbrowser.open(address)
        return server.wait()
    except KeyboardInterrupt:
        return server.wait()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
