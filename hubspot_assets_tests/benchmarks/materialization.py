"""One run of the assets in a process of its own, and what it cost.

The process does what a user's run does, with the settings in its environment: it loads the definitions, opens a
Dagster instance that keeps its events in files, and materializes the partition `latest` of every asset.
"""

import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubspot_assets.demo_portal.control import Portal


@dataclass(frozen=True)
class Measured:
    """What one run did and cost.

    Attributes:
        rows_read: Records read, over all object types.
        rows_written: Of those, inserted or updated.
        strategies: How the object types were read.
        seconds: Of materializing, Dagster's part included.
        cpu_seconds: User and system time of the process while it materialized.
        start_cpu_seconds: User and system time before that: Python, imports, definitions.
        start_memory: Peak resident memory when materializing began, MiB.
        memory: Peak resident memory at the end, MiB.
        api_calls: Requests that reached the portal.
        rate_limited: Those of them answered 429.
        portal_cpu_seconds: CPU time of the demo portal meanwhile.
    """

    rows_read: int
    rows_written: int
    strategies: Sequence[str]
    seconds: float
    cpu_seconds: float
    start_cpu_seconds: float
    start_memory: float
    memory: float
    api_calls: int = 0
    rate_limited: int = 0
    portal_cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Records written per second; those that overlapping ranges bring twice count once."""
        return self.rows_written / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Records written per CPU second of the process, start-up left out."""
        return self.rows_written / self.cpu_seconds

    @property
    def rate_limited_share(self) -> float:
        """Part of the requests that HubSpot's limits refused."""
        return self.rate_limited / max(self.api_calls, 1)


def materialize(portal: Portal, folder: Path, objects: Sequence[str]) -> Measured:
    """Bring the tables in `folder` into line with the portal, in a new process.

    Args:
        portal: Where the records are.
        folder: Of the DuckDB file and of everything else that a run leaves behind.
        objects: Names of the object types.
    """
    cpu = portal.about()["cpu_seconds"]
    portal.clear_requests()
    command = [sys.executable, "-m", "hubspot_assets_tests.benchmarks.materialization"]
    run = subprocess.run(
        command, env=environment(portal, folder, objects), stdout=subprocess.PIPE, check=True, text=True
    )
    measured = json.loads(run.stdout.splitlines()[-1])
    requests = portal.summary()
    return Measured(
        **measured,
        api_calls=requests["total"],
        rate_limited=requests["rate_limited"],
        portal_cpu_seconds=portal.about()["cpu_seconds"] - cpu,
    )


def environment(portal: Portal, folder: Path, objects: Sequence[str]) -> dict[str, str]:
    """The environment of a process that syncs some object types of a portal into a folder."""
    # Without PYTHONDONTWRITEBYTECODE, which makes every process compile every library anew.
    apart = ("HUBSPOT_", "DAGSTER_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    return kept | {
        "HUBSPOT_BASE_URL": portal.url,
        "HUBSPOT_ACCESS_TOKEN": portal.token,
        "HUBSPOT_DATASETS": "none",
        "HUBSPOT_OBJECTS": ",".join(objects),
        "HUBSPOT_DUCKDB_PATH": str(folder / "hubspot.duckdb"),
        # Rate limits that earlier runs against other portals have learned are kept out.
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def main() -> None:
    """Materialize, and print what it cost as the last line."""
    warnings.simplefilter("ignore")
    import dagster as dg

    from hubspot_assets.definitions import defs

    assets = [each for each in defs.assets or () if isinstance(each, dg.AssetsDefinition)]
    # The checks ask HubSpot and the tables on their own account.
    syncs = [each for each in assets if each.keys and not isinstance(each, dg.AssetChecksDefinition)]
    logging.getLogger("dagster").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.local_temp(folder) as instance:
        start_memory, start_cpu, began = peak_memory(), cpu_seconds(), time.perf_counter()
        run = dg.materialize(syncs, partition_key="latest", instance=instance, resources=defs.resources)
        seconds, cpu = time.perf_counter() - began, cpu_seconds() - start_cpu
    materialized = [event for event in run.all_events if event.is_step_materialization]
    metadata = [event.step_materialization_data.materialization.metadata for event in materialized]

    def total(name: str) -> int:
        return sum(int(str(each[name].value)) for each in metadata)

    measured = {
        "rows_read": total("rows_read"),
        "rows_written": total("rows_inserted") + total("rows_updated"),
        "strategies": sorted({str(each["strategy"].value) for each in metadata}),
        "seconds": seconds,
        "cpu_seconds": cpu,
        "start_cpu_seconds": start_cpu,
        "start_memory": start_memory,
        "memory": peak_memory(),
    }
    print(json.dumps(measured))


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory() -> float:
    """Peak resident memory of this process so far, MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # `ru_maxrss` of a new process begins with what its parent had before `exec`.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
