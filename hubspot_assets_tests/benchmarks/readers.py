"""How fast associations, histories, members, events and e-mail events are read at 200 ms under HubSpot's limits.

    uv run python -m hubspot_assets_tests.benchmarks.readers

No warehouse takes part. The ceiling is what 19 requests a second can bring; for associations, which count in limits of
their own, what 15 can.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.associations import AssociationRead
from hubspot_assets.hubspot.email_events import read_email_events
from hubspot_assets.hubspot.events import read_events
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.list_members import MembersRead
from hubspot_assets.hubspot.property_history import HistoryRead
from hubspot_assets.hubspot.span_read import Span
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken

LATENCY = 0.2
CONTACTS = 20_000
COMPANIES = 2_000
ASSOCIATION_ROUNDS = 15
EVENTS = 40_000
EMAIL_EVENTS = 400_000
LISTS = 10
CALLS = "e_call_started"
LEARNING = 30
"""Requests after which a client knows the limit."""
WINDOW = 10.5
"""Seconds after which nothing counts in the limit any more."""


@dataclass(frozen=True)
class Reader:
    """What is measured.

    Attributes:
        ceiling: Things a second.
        read: Gets the portal ready and yields 0; then reads, and yields how many things came.
    """

    ceiling: int
    read: Callable[[Portal, Client], Iterator[int]]


def _associations(portal: Portal, client: Client) -> Iterator[int]:
    """Records asked for, many times over: each has few associations, and a page holds a thousand records."""
    ids = portal.ids("contacts")
    yield 0
    for _ in range(ASSOCIATION_ROUNDS):
        for batch in AssociationRead(client, "contacts", "companies", ids):
            yield len(batch.whole)


def _histories(portal: Portal, client: Client) -> Iterator[int]:
    ids = portal.ids("contacts")
    yield 0
    for batch in HistoryRead(client, "contacts", ids, ["firstname", "email", "lifecyclestage"]):
        yield len(batch.done)


def _members(portal: Portal, client: Client) -> Iterator[int]:
    contacts = portal.ids("contacts")
    lists = portal.put_lists("contacts", LISTS)
    for each in lists:
        portal.join_list(each, contacts)
    yield 0
    for members in MembersRead(client, map(str, lists)):
        yield len(members)


def _events(portal: Portal, client: Client) -> Iterator[int]:
    day = portal.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    portal.make_events(CALLS, EVENTS, day, day + timedelta(days=1))
    yield 0
    for page in read_events(client, [Span(day, day + timedelta(days=1), CALLS)]):
        yield len(page.things)


def _email_events(portal: Portal, client: Client) -> Iterator[int]:
    day = portal.now().replace(hour=0, minute=0, second=0, microsecond=0)
    portal.make_email_events(EMAIL_EVENTS, day - timedelta(days=4), day)
    spans = [Span(day - timedelta(days=number + 1), day - timedelta(days=number)) for number in range(4)]
    yield 0
    for page in read_email_events(client, spans):
        yield len(page.things)


READERS = {
    "records' associations": Reader(15_000, _associations),
    "records with history": Reader(950, _histories),
    "list memberships": Reader(4_750, _members),
    "events": Reader(1_900, _events),
    "e-mail events": Reader(19_000, _email_events),
}


def main() -> None:
    """Measure all of them."""
    table = Table("", "read", "seconds", "per second", "of the ceiling", "CPU s", "requests", "429s")
    with Portal.start(
        sizes={"contacts": CONTACTS, "companies": COMPANIES}, properties={"contacts": 20}, latency=LATENCY, limits=True
    ) as portal:
        budgets = Budgets.local(f"benchmark {portal.url}")
        with Client(AccessToken(portal.token), base_url=portal.url, budgets=budgets) as client:
            for _ in range(LEARNING):
                client.get("/account-info/2026-09/details")
            for name, reader in READERS.items():
                time.sleep(WINDOW)
                before, counts = client.usage(), reader.read(portal, client)
                # What the portal needs to get ready is not measured.
                next(counts)
                started, cpu = time.monotonic(), time.process_time()
                things = sum(counts)
                seconds, done = time.monotonic() - started, client.usage() - before
                cpu = time.process_time() - cpu
                speed = things / seconds
                table.add_row(
                    name, f"{things:,}", f"{seconds:.1f}", f"{speed:,.0f}", f"{speed / reader.ceiling:.0%}",
                    f"{cpu:.1f}", f"{done.calls:,}", f"{done.rate_limited}",
                )  # fmt: skip
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
