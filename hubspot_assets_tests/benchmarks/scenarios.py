"""What is measured: portals, what happens in them, and the runs that read them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.benchmarks.materialization import Measured, materialize

LATENCY = 0.2
"""Seconds that HubSpot takes for an answer."""
PROPERTIES = 60
AS_GOOD_AS_UNLIMITED = {"burst": 1_000_000, "search": 1_000_000, "daily": 1_000_000_000}
"""Not switched off: a sync learns how high the limits are from the headers, and is cautious without them."""
SCANNED = 1_900
"""Records a second: 190 requests in ten seconds, of 100 records each."""
SEARCHED = 1_000
"""Five searches a second, of 200 records each."""

Runs = Iterator[tuple[str, Measured]]


@dataclass(frozen=True)
class Scenario:
    """One or more runs to measure.

    Attributes:
        title: What is measured.
        target: What it must reach.
        runs: Carries it out for a number of contacts (or of records per object type).
        ceiling: Records a second that HubSpot's limits let through; None where they do not count.
    """

    title: str
    target: str
    runs: Callable[[int], Runs]
    ceiling: int | None = None


@contextmanager
def _contacts(number: int, **options: object) -> Iterator[tuple[Portal, Path]]:
    """A portal with so many live contacts, and an empty folder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(
            sizes={"contacts": number},
            properties={"contacts": PROPERTIES},
            archived_share=0,
            merged_share=0,
            **options,  # pyright: ignore[reportArgumentType]
        ) as portal,
    ):
        yield portal, Path(folder)


def _by_scan(contacts: int) -> Runs:
    with _contacts(contacts, limits=True, latency=LATENCY) as (portal, folder):
        yield f"first load of {contacts:,}, by scan", materialize(portal, folder, ["contacts"])


def _by_search(contacts: int) -> Runs:
    # Searching pays where the other half has not changed: a scan would read it too.
    with _contacts(2 * contacts, limits=AS_GOOD_AS_UNLIMITED) as (portal, folder):
        materialize(portal, folder, ["contacts"])
        portal.change("contacts", {"firstname": "Ada"}, ids=portal.ids("contacts")[::2])
        portal.limits(burst=190, search=5)
        portal.latency(LATENCY)
        yield f"{contacts:,} changed of {2 * contacts:,}, by search", materialize(portal, folder, ["contacts"])


def _unlimited(contacts: int) -> Runs:
    with _contacts(contacts, limits=AS_GOOD_AS_UNLIMITED) as (portal, folder):
        yield f"first load of {contacts:,}", materialize(portal, folder, ["contacts"])
        yield f"{contacts:,} read again, 1 % changed", _again(portal, folder, contacts)


def _again(portal: Portal, folder: Path, contacts: int) -> Measured:
    portal.change("contacts", {"firstname": "Ada"}, count=contacts // 100)
    return materialize(portal, folder, ["contacts"])


def _three_times_as_many(contacts: int) -> Runs:
    with _contacts(3 * contacts, limits=AS_GOOD_AS_UNLIMITED) as (portal, folder):
        yield f"first load of {3 * contacts:,}", materialize(portal, folder, ["contacts"])


def _tick(contacts: int) -> Runs:
    names = list(STANDARD_OBJECT_TYPES)[:30]
    each = max(contacts // 200, 1)
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(sizes=dict.fromkeys(names, each), archived_share=0, limits=True, latency=LATENCY) as portal,
    ):
        yield f"30 object types, first load of {each:,} each", materialize(portal, Path(folder), names)
        yield "30 object types, nothing changed", materialize(portal, Path(folder), names)
        for name in names:
            portal.change(name, {}, count=max(each // 100, 1))
        yield "30 object types, 1 % changed", materialize(portal, Path(folder), names)


def warm_up() -> None:
    """Let Python compile what a run imports; the first process after an installation does that for all others."""
    with _contacts(10) as (portal, folder):
        materialize(portal, folder, ["contacts"])


SCENARIOS = {
    "scan": Scenario("HubSpot's limits, 200 ms latency", "1,700 records/s, under 1 % 429s", _by_scan, SCANNED),
    "search": Scenario("HubSpot's limits, 200 ms latency", "900 records/s, under 1 % 429s", _by_search, SEARCHED),
    "unlimited": Scenario("no limits, no latency", "10,000 records/s, 8,000 per CPU second, below 400 MiB", _unlimited),
    "memory": Scenario("no limits, no latency", "the same memory as a third", _three_times_as_many),
    "tick": Scenario("HubSpot's limits, 200 ms latency", "nothing changed: 15 s, 31 requests", _tick),
}
