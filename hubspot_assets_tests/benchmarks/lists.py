"""Five lists of 20,000 members, kept true through joins, leaves and returns, under HubSpot's limits and with faults.

    uv run python -m hubspot_assets_tests.benchmarks.lists

The table must equal the portal after every tick, however fresh the stamps are by which HubSpot tells that records
joined or left. Of what was read, the ceiling is what 19 requests a second bring: 4,750 members.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.listing import Listing

LATENCY = 0.2
LISTS = 5
FAULTS = ("server_error", "reset", "truncated", "burst_limit")
SHARE_OF_FAULTS = 0.02 / len(FAULTS)
STAMPS = ("on_time", "late", "frozen")


def rounds(portal: Portal, lists: list[int], members: int) -> Iterator[tuple[str, str]]:
    """What happens between ticks: how fresh the stamps are, and what it was."""
    contacts = portal.ids("contacts")
    spare = iter(contacts[members:])
    for stamps in STAMPS:
        portal.behavior(list_stamps=stamps)
        for each in lists:
            portal.join_list(each, [next(spare) for _ in range(40)])
        yield stamps, f"40 joined each of {LISTS} lists"
        for number, each in enumerate(lists):
            portal.leave_list(each, contacts[number * 100 : number * 100 + 30])
        yield stamps, f"30 left each of {LISTS} lists"
        for number, each in enumerate(lists):
            portal.join_list(each, [*contacts[number * 100 : number * 100 + 30], *(next(spare) for _ in range(5))])
        yield stamps, "these came back, and 5 more"
    yield "frozen", "nothing happened"


def main() -> None:
    """Measure it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=20_000, help="members of each list")
    members = parser.parse_args().members
    table = Table("stamps", "what happened", "seconds", "requests", "members read", "per second", "429s", "equal")
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(
            sizes={"contacts": members + 1_000},
            properties={"contacts": 8},
            archived_share=0,
            merged_share=0,
            latency=LATENCY,
            limits=True,
        ) as portal,
        Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.local(f"lists {portal.url}")) as client,
    ):
        listing = Listing(portal, client, DuckDBWarehouse(Path(folder, "hubspot.duckdb")))
        lists = [listing.make("contacts", members) for _ in range(LISTS)]
        portal.faults([{"kind": kind, "probability": SHARE_OF_FAULTS, "seed": 7} for kind in FAULTS])

        def tick(stamps: str, happened: str) -> None:
            before, started = client.usage(), time.monotonic()
            _, report = listing.tick()
            seconds, used = time.monotonic() - started, client.usage() - before
            listing.assert_equal_members()
            table.add_row(
                stamps, happened, f"{seconds:.1f}", f"{used.calls:,}", f"{report.rows_read:,}",
                f"{report.rows_read / seconds:,.0f}", f"{used.rate_limited}", "yes",
            )  # fmt: skip

        tick("on_time", f"first load of {LISTS} lists of {members:,}")
        for stamps, happened in rounds(portal, lists, members):
            tick(stamps, happened)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
