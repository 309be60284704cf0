"""A first load that is killed at random moments: what going on costs, and whether the table ends equal to the portal.

    uv run python -m hubspot_assets_tests.benchmarks.resume --contacts 200000 --kills 5

Each attempt is a process that does what a user's run does; `kill -9` ends all but the last.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.benchmarks.materialization import environment
from hubspot_assets_tests.benchmarks.scenarios import AS_GOOD_AS_UNLIMITED, PROPERTIES
from hubspot_assets_tests.truth import assert_equals_portal

TABLE = "OBJECTS_CONTACTS"


def main() -> None:
    """Load, kill, go on, compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    table = Table("attempt", title=f"a first load of {arguments.contacts:,} contacts, killed {arguments.kills} times")
    for heading in ("requests", "rows in the table", "seconds"):
        table.add_column(heading, justify="right")
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(
            sizes={"contacts": arguments.contacts},
            properties={"contacts": PROPERTIES},
            archived_share=0,
            merged_share=0,
            limits=AS_GOOD_AS_UNLIMITED,
        ) as portal,
    ):
        warehouse = DuckDBWarehouse(Path(folder, "hubspot.duckdb"))
        requests = 0
        for attempt in range(arguments.kills + 1):
            # A page holds a hundred; each attempt is killed somewhere in its share of them, or a little later.
            share = arguments.contacts // 100 / (arguments.kills + 1)
            pages = moments.uniform(0, 1.5 * share) if attempt < arguments.kills else None
            seconds = _attempt(portal, Path(folder), pages)
            asked = portal.summary()["total"]
            requests += asked
            name = "killed" if pages is not None else "to the end"
            table.add_row(name, f"{asked:,}", f"{warehouse.count(TABLE):,}", f"{seconds:.1f}")
        compared = assert_equals_portal(warehouse, portal, "contacts")
    console = Console(width=120)
    console.print(table)
    fewest = arguments.contacts // 100
    console.print(f"{compared:,} records equal the portal after {requests:,} requests; {fewest:,} pages hold them.")


def _attempt(portal: Portal, folder: Path, pages: float | None) -> float:
    """Sync in a process of its own, to be killed after so many requests beyond those of its start; seconds it took."""
    portal.clear_requests()
    began = time.perf_counter()
    command = [sys.executable, "-m", "hubspot_assets_tests.benchmarks.materialization"]
    process = subprocess.Popen(
        command,
        env=environment(portal, folder, ["contacts"]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        if pages is not None and portal.summary()["total"] >= 8 + pages:
            process.kill()
        time.sleep(0.05)
    if pages is None and process.returncode:
        raise SystemExit(f"The last attempt failed with exit code {process.returncode}.")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
