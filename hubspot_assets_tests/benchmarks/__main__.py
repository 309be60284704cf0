"""Measures the whole path, from HubSpot's API into DuckDB tables, and prints a table.

    uv run python -m hubspot_assets_tests.benchmarks
    uv run python -m hubspot_assets_tests.benchmarks scan search --contacts 20000
    uv run python -m hubspot_assets_tests.benchmarks peers --help

Everything runs on this machine: the demo portal takes its CPU seconds from the same processors.
"""

import argparse
import os
import platform
import subprocess
import sys
from datetime import date

from rich.console import Console
from rich.table import Table

from hubspot_assets_tests.benchmarks.materialization import Measured
from hubspot_assets_tests.benchmarks.scenarios import SCENARIOS, warm_up

PARTS = {
    "scale": "scale",
    "resume": "resume",
    "readers": "readers",
    "days": "days",
    "lists": "lists",
    "portal": "portal_ceiling",
    "pages": "pages_to_arrow",
    "merge": "duckdb_merge",
    "lake": "lake_merge",
    "snowflake": "snowflake_merge",
    "peers": "peers",
}
"""Benchmarks of one part of the path, each a module that can be run alone with options of its own."""

ONLY_WHEN_NAMED = ("merge", "snowflake", "peers")
"""They take many minutes."""

COLUMNS = {
    "seconds": lambda run: f"{run.seconds:.1f}",
    "records/s": lambda run: f"{run.per_second:,.0f}",
    "CPU s": lambda run: f"{run.cpu_seconds:.1f}",
    "records/CPU s": lambda run: f"{run.per_cpu_second:,.0f}",
    "portal CPU s": lambda run: f"{run.portal_cpu_seconds:.1f}",
    "requests": lambda run: f"{run.api_calls:,}",
    "429s": lambda run: f"{run.rate_limited_share:.1%}",
    "read": lambda run: f"{run.rows_read:,}",
    "written": lambda run: f"{run.rows_written:,}",
    "MiB at start": lambda run: f"{run.start_memory:.0f}",
    "MiB at peak": lambda run: f"{run.memory:.0f}",
}


def main() -> None:
    """Run the chosen benchmarks."""
    names = [*SCENARIOS, *PARTS]
    if sys.argv[1:2] and sys.argv[1] in PARTS and not set(sys.argv[2:]) & set(names):
        # One part alone, with options of its own.
        subprocess.run([sys.executable, "-m", f"{__package__}.{PARTS[sys.argv[1]]}", *sys.argv[2:]], check=True)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help=f"which: {', '.join(names)}; if none, all but {', '.join(ONLY_WHEN_NAMED)}",
    )
    parser.add_argument("--contacts", type=int, default=100_000, help="how many records the scenarios read")
    parser.add_argument("--growth", action="store_true", help="run each scenario with half as many records before")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in names]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; choose from {', '.join(names)}")
    chosen = arguments.names or [name for name in names if name not in ONLY_WHEN_NAMED]
    console = Console(width=200)
    title = f"{os.cpu_count()} processors, Python {platform.python_version()}, {date.today()}"
    table = Table("scenario", "run", "must reach", title=title)
    for heading in COLUMNS:
        table.add_column(heading, justify="right")
    table.add_column("of HubSpot's ceiling", justify="right")
    if arguments.growth:
        table.add_column("doubled: seconds, CPU s, MiB", justify="right")
    if any(name in SCENARIOS for name in chosen):
        warm_up()
    for name in chosen:
        if name not in SCENARIOS:
            continue
        scenario = SCENARIOS[name]
        halves = [half for _, half in scenario.runs(arguments.contacts // 2)] if arguments.growth else []
        for number, (run, measured) in enumerate(scenario.runs(arguments.contacts)):
            console.print(f"{name}: {run}: {_line(measured)}", highlight=False)
            share = f"{measured.per_second / scenario.ceiling:.0%}" if scenario.ceiling else ""
            growth = [_growth(halves[number], measured)] if halves else []
            figures = (show(measured) for show in COLUMNS.values())
            table.add_row(scenario.title, run, scenario.target, *figures, share, *growth)
    if table.row_count:
        console.print(table)
    for name in chosen:
        if name in PARTS:
            subprocess.run([sys.executable, "-m", f"{__package__}.{PARTS[name]}"], check=True)


def _growth(half: Measured, whole: Measured) -> str:
    """How many times as much twice the work takes."""
    pairs = ((half.seconds, whole.seconds), (half.cpu_seconds, whole.cpu_seconds), (half.memory, whole.memory))
    return ", ".join(f"{more / less:.2f}" for less, more in pairs)


def _line(measured: Measured) -> str:
    return ", ".join(f"{show(measured)} {heading}" for heading, show in COLUMNS.items())


if __name__ == "__main__":
    main()
