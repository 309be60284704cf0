"""The first five minutes: a demo portal, one run of the main job, and the Dagster UI on the same data."""

import os
import shutil
import socket
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from hubspot_assets.catalog.datasets import DEFAULT_DATASETS
from hubspot_assets.defs.interrupts import INTERRUPTED
from hubspot_assets.demo.local_s3 import NoLocalS3, demo_lake, files_written, how_to_open
from hubspot_assets.demo.stopping import ignore_signals, stop_on_signals
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse

DUCKDB_PATH = Path(".data/demo.duckdb")
DAYS = 21
"""Days of events, the newest e-mail campaign among them.

Each is a partition of three tables, and Dagster stores two events for each.
"""
INSTANCE = "defs/dagster.yaml"
WORKSPACE = "demo/workspace.yaml"
"""Settings of Dagster, as those of the project."""


def run_demo(console: Console, *, ui_port: int | None, destination: str = "duckdb") -> int:
    """Run the demo from the project's folder.

    Args:
        console: Where to say what happens.
        ui_port: Port of the Dagster UI; None for the run alone.
        destination: Duckdb, or s3 for a lake on an S3 of this machine.

    Returns:
        The exit code of the process: 130 where it was asked to stop.
    """
    if ui_port is not None and _taken(ui_port):
        console.print(f"[red]Port {ui_port} is taken: stop what uses it, or choose another with --port.[/]")
        return 1
    file = DUCKDB_PATH.resolve()
    with ExitStack() as stack:

        def say_stopping() -> None:
            kept = f"{DUCKDB_PATH} keeps what was read. " if file.exists() else ""
            # Not by the console, in the midst of whose work this may happen.
            os.write(1, f"Stopping Dagster and the demo portal. {kept}The next demo begins anew.\n".encode())

        def end() -> None:
            say_stopping()
            stack.close()

        stop_on_signals(end)
        code = _demo(console, stack, file, ui_port, destination)
        ignore_signals()
        if code == INTERRUPTED:
            say_stopping()
    return code


def _demo(console: Console, stack: ExitStack, file: Path, ui_port: int | None, destination: str) -> int:
    """Start what is needed, run, and show; what is to be ended is put on the stack, the portal below what needs it."""
    from hubspot_assets.demo.life import Life
    from hubspot_assets.demo.ui import dagster_ui
    from hubspot_assets.demo_portal.control import Portal

    console.print("Starting the demo portal: a HubSpot account of a made-up company, with HubSpot's rate limits.")
    try:
        lake = stack.enter_context(demo_lake()) if destination == "s3" else {}
    except NoLocalS3 as error:
        console.print(str(error), style="red", markup=False)
        return 1
    portal = stack.enter_context(Portal.start(limits=True, index_lag=True, short_pages=0.01))
    folder = _move_in(file)
    os.environ |= {
        "HUBSPOT_BASE_URL": portal.url,
        "HUBSPOT_ACCESS_TOKEN": portal.token,
        "HUBSPOT_DUCKDB_PATH": str(file),
        "HUBSPOT_DAGSTER_URL": f"http://127.0.0.1:{ui_port or 3000}",
        "DAGSTER_HOME": str(folder),
        **lake,
        "HUBSPOT_DATASETS": ",".join((*DEFAULT_DATASETS, "email_events", "property_history")),
        "HUBSPOT_EVENTS": "e_visited_page,e_deal_closed",
        "HUBSPOT_PROPERTY_HISTORY": '{"deals": ["dealstage"]}',
    }
    if ui_port is not None:
        console.print(
            f"Starting the Dagster UI at http://127.0.0.1:{ui_port}; its page opens as soon as it answers, and "
            "shows the run that begins now."
        )
        from hubspot_assets.defs.console import make_storage

        make_storage()
    ui = stack.enter_context(dagster_ui(ui_port))
    if code := _run(console):
        return code
    if lake:
        _show_lake(console, stays=ui is not None)
    else:
        console.print(_what_was_written(file))
    if ui is None:
        return 0
    console.print(
        f"All is at {ui.url}/asset-groups. A few records change every minute: watch the sensor changes under "
        "Automation, and the runs that it launches. Ctrl-C stops Dagster and the demo portal."
    )
    stack.enter_context(Life(portal))
    return ui.wait()


def _run(console: Console) -> int:
    """Run the jobs, the events first, since a view is about them; look at the account once. Return the exit code."""
    from hubspot_assets.definitions import defs
    from hubspot_assets.defs.build import families_of
    from hubspot_assets.defs.command import sync_days
    from hubspot_assets.defs.console import observe_account, sync
    from hubspot_assets.defs.names import Names

    console.print(f"Running the main job: every asset, latest and archived; and {DAYS} days of events.")
    tables = [table for family in families_of(Settings.load(), Names()) for table in family.tables]
    code = sync_days(console, defs, tables, DAYS) or sync(console, defs)
    if code and code != INTERRUPTED:
        console.print("[red]The run failed; the lines above say why.[/]")
    return code or observe_account(defs)


def _move_in(file: Path) -> Path:
    """Give the demo a folder, settings and a Dagster instance of its own, all of them new.

    Nothing of it passes for the real account's, nor the other way round: not `.env`, not what Dagster remembers. The
    portal's records are as old as this start of it, so data of an earlier demo would not fit them.

    Returns:
        The folder, which is the current one from now on.
    """
    for each in (file, file.with_suffix(".duckdb.wal")):
        each.unlink(missing_ok=True)
    folder = file.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file_of_dagster in (INSTANCE, WORKSPACE):
        text = resources.files("hubspot_assets").joinpath(file_of_dagster).read_text()
        (folder / Path(file_of_dagster).name).write_text(text)
    for name in list(os.environ):
        if name.startswith(("HUBSPOT_", "SNOWFLAKE_", "DAGSTER_HOME", "S3_", "AWS_")):
            del os.environ[name]
    os.chdir(folder)
    return folder


def _show_lake(console: Console, *, stays: bool) -> None:
    from hubspot_assets.defs.resources.warehouse import warehouse_of

    lake: LakeWarehouse = warehouse_of(Settings.load())  # pyright: ignore[reportAssignmentType]
    console.print(files_written(lake))
    if not stays:
        console.print("These files are gone with the demo; without --once they stay until Ctrl-C, for other readers.")
        return
    console.print("Until Ctrl-C, any reader of Delta Lake tables opens them. In Python:")
    console.print(how_to_open(lake, "OBJECTS_CONTACTS"), style="cyan", markup=False, highlight=False, soft_wrap=True)


def _what_was_written(file: Path) -> Table:
    from hubspot_assets.defs.partitions import rows_of
    from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

    warehouse = DuckDBWarehouse(file)
    table = Table(title=f"Written to {DUCKDB_PATH}", title_justify="left")
    table.add_column("table", no_wrap=True)
    for heading in ("live rows", "gone", "columns"):
        table.add_column(heading, justify="right")
    with warehouse.reading():
        names = sorted(set(warehouse.read("SYNCS", ["TABLENAME"])["TABLENAME"].to_pylist()))
        for name in (*names, "PROPERTY_DEFINITIONS", "SYNCS"):
            schema = warehouse.schema(name)
            rows, live = warehouse.count(name), warehouse.count(name, rows_of(schema, None, deleted=False))
            if not rows:
                continue
            table.add_row(name, f"{live:,}", f"{rows - live:,}" if rows > live else "", f"{len(schema or ()):,}")
    return table


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
