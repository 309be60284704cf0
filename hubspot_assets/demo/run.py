"""The first five minutes: a demo portal, one run of the main job, and the Dagster UI on the same data."""

import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

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
        from hubspot_assets.definitions import defs
        from hubspot_assets.defs.console import INTERRUPTED, sync

        console.print("Running the main job: every asset, `latest` and `archived`.")
        if code := sync(console, defs):
            if code != INTERRUPTED:
                console.print("[red]The run failed; the lines above say why.[/]")
            return code
        console.print(_what_was_written())
        if ui_port is None:
            return 0
        return _open_ui(console, environment, ui_port)


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
