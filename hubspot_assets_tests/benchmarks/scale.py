"""How long 31 object types take to load, to tick and to run idly, and prints a table.

    uv run python -m hubspot_assets_tests.benchmarks.scale

Each figure is of a process of its own, with HubSpot answering after 200 ms. A tick is what Dagster's daemon asks the
code server for; an idle run is one of the schedule `latest` where nothing has changed: once with the rows of SYNCS
that a few runs leave, and once with those of years.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import TypeVar

import duckdb
from rich.console import Console
from rich.table import Table

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.benchmarks.materialization import cpu_seconds, environment

LATENCY = 0.2
NAMES = tuple(STANDARD_OBJECT_TYPES)[:31]
RECORDS = 100
SYNC_ROWS = (200, 20_000)
EXECUTORS = ("in_process", "multiprocess")
LOAD = "load of the code location"
TARGETS = {LOAD: "2.5 s", "sensor": "40 s", "in_process": "15 s"}

Figures = Mapping[str, Mapping[str, float]]
"""Wall and CPU seconds, and requests where HubSpot is asked, by what was measured."""

Result = TypeVar("Result")


def main() -> None:
    """Measure, and print the table; or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, help="how often the code location is loaded; the best counts")
    parser.add_argument("--measure", choices=CHILDREN, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        warnings.simplefilter("ignore")
        print(json.dumps(CHILDREN[arguments.measure]()))
        return
    table = Table("31 object types", "at most", title=f"{os.cpu_count()} processors, {datetime.now(UTC):%Y-%m-%d}")
    for heading in ("seconds", "CPU s", "requests"):
        table.add_column(heading, justify="right")
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(sizes=dict.fromkeys(NAMES, RECORDS), archived_share=0, limits=True) as portal,
    ):
        # Everything compiled, and every table filled.
        _measured("run", portal, Path(folder))
        portal.latency(LATENCY)
        loads = [_measured("load", portal, Path(folder)) for _ in range(arguments.times)]
        figures = dict(min(loads, key=lambda load: load[LOAD]["seconds"]))
        figures |= _measured("ticks", portal, Path(folder))
        for rows in SYNC_ROWS:
            _fill_syncs(Path(folder), rows)
            for executor in EXECUTORS if rows == SYNC_ROWS[0] else EXECUTORS[:1]:
                [run] = _measured("run", portal, Path(folder), executor=executor).values()
                figures[f"idle `latest` run, {executor}, {rows:,} rows in SYNCS"] = run
    for what, figure in figures.items():
        target = next((target for named, target in TARGETS.items() if named in what), "")
        requests = f"{figure['requests']:.0f}" if "requests" in figure else ""
        table.add_row(what, target, f"{figure['seconds']:.2f}", f"{figure['cpu_seconds']:.2f}", requests)
    Console(width=120).print(table)


def _measured(what: str, portal: Portal, folder: Path, *, executor: str = "in_process") -> Figures:
    """Have a new process measure; starting it counts for the code location."""
    portal.clear_requests()
    command = [sys.executable, "-m", "hubspot_assets_tests.benchmarks.scale", "--measure", what]
    options = environment(portal, folder, NAMES) | {"HUBSPOT_EXECUTOR": executor}
    run = subprocess.run(command, env=options, capture_output=True, text=True)
    if run.returncode:
        # Dagster's log, which would else bury the table.
        raise SystemExit(run.stderr)
    figures: dict[str, dict[str, float]] = json.loads(run.stdout.splitlines()[-1])
    if what == "run":
        figures["run"]["requests"] = portal.summary()["total"]
    return figures


def _fill_syncs(folder: Path, rows: int) -> None:
    """Repeat the rows of SYNCS, further and further in the past, until there are so many."""
    with duckdb.connect(str(folder / "hubspot.duckdb")) as connection:
        connection.execute(
            """
            INSERT INTO SYNCS BY NAME
            WITH
                finished AS (
                    SELECT *, row_number() OVER (ORDER BY SYNCID) AS N, count(*) OVER () AS ALL_OF_THEM
                    FROM SYNCS WHERE FINISHEDAT IS NOT NULL
                ),
                wanted AS (SELECT unnest(range($rows - (SELECT count(*) FROM SYNCS)::BIGINT)) AS I)
            SELECT f.* EXCLUDE (N, ALL_OF_THEM) REPLACE (
                    f.SYNCID || '-' || w.I AS SYNCID,
                    f.COVEREDUNTIL - to_minutes(w.I + 1) AS COVEREDUNTIL,
                    f.STARTEDAT - to_minutes(w.I + 1) AS STARTEDAT,
                    f.FINISHEDAT - to_minutes(w.I + 1) AS FINISHEDAT,
                    NULL AS PROGRESS
                )
            FROM wanted w JOIN finished f ON f.N = w.I % f.ALL_OF_THEM + 1
            """,
            {"rows": rows},
        )


def _load() -> Figures:
    """From nothing but Python to a repository, in a process that has imported nothing of this project."""
    before, began = _children_cpu_seconds(), time.perf_counter()
    statement = "from hubspot_assets.definitions import defs; defs.get_repository_def()"
    subprocess.run([sys.executable, "-c", statement], check=True)
    seconds = time.perf_counter() - began
    return {LOAD: {"seconds": seconds, "cpu_seconds": _children_cpu_seconds() - before}}


def _ticks() -> Figures:
    import dagster as dg

    from hubspot_assets.definitions import defs

    repository = defs.get_repository_def()
    figures: dict[str, Mapping[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.local_temp(folder) as instance:
        for schedule in repository.schedule_defs:
            at = datetime.now(UTC)
            with dg.build_schedule_context(instance, scheduled_execution_time=at, repository_def=repository) as context:
                figures[f"tick of `{schedule.name}`"], _ = _timed(partial(schedule.evaluate_tick, context))
        sensor = repository.get_sensor_def("changes")
        cursor = None
        # The second counts: the first imports, and knows nothing to compare with.
        for _ in range(2):
            with dg.build_sensor_context(instance, cursor=cursor, repository_def=repository) as look:
                figure, tick = _timed(partial(sensor.evaluate_tick, look))
            figures[f"tick of the sensor `{sensor.name}`"], cursor = figure, tick.cursor
    return figures


def _run() -> Figures:
    import dagster as dg
    from dagster._core.definitions.reconstruct import ReconstructableRepository

    from hubspot_assets.defs.names import Names

    repository = ReconstructableRepository.for_module("hubspot_assets.definitions", "defs", working_directory=".")
    job = repository.get_reconstructable_job("sync").get_subset(
        asset_selection=frozenset(map(Names().key, NAMES)), asset_check_selection=frozenset()
    )
    # Kept, so that the runs know of those before them, as they do in life.
    folder = Path(os.environ["HUBSPOT_DUCKDB_PATH"]).with_name("dagster")
    folder.mkdir(exist_ok=True)
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        figure, run = _timed(lambda: dg.execute_job(job, instance, tags={"dagster/partition": "latest"}))
    assert run.success
    return {"run": figure}


def _timed(act: Callable[[], Result]) -> tuple[Mapping[str, float], Result]:
    before, began = cpu_seconds(), time.perf_counter()
    result = act()
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "cpu_seconds": cpu_seconds() - before + _forked_cpu_seconds()}, result


def _forked_cpu_seconds() -> float:
    """Of the processes that steps had, which are children of the server that forks them, and of that server."""
    server = forkserver._forkserver._forkserver_pid  # pyright: ignore[reportAttributeAccessIssue]
    if server is None:
        return 0.0
    times = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


CHILDREN = {"load": _load, "ticks": _ticks, "run": _run}

if __name__ == "__main__":
    main()
