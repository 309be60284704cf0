"""Events by days: 100,000 of them over 40 days with late arrivals, and what an idle hourly tick asks HubSpot for.

    uv run python -m hubspot_assets_tests.benchmarks.days
    uv run python -m hubspot_assets_tests.benchmarks.days --events 20000

At 200 ms latency under HubSpot's limits, into DuckDB. Ends with an error where the table and the portal differ.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync.campaigns import CampaignsSource
from hubspot_assets.sync.days import DaysSource
from hubspot_assets.sync.email_days import email_events, subscription_changes
from hubspot_assets.sync.events import EventDays
from hubspot_assets.sync.form_submissions import FormSubmissionsSource
from hubspot_assets.sync.marketing import MarketingReading
from hubspot_assets.sync.reference import ReferenceSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Source
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

LATENCY = 0.2
CALLS, TABLE = "e_call_started", "EVENTS_CALL_STARTED"
DAYS = 40
LATE = 0.05
"""Share of the events that arrive after the first load, within the week that is read again."""


def main() -> None:
    """Measure, and compare with the portal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    count = parser.parse_args().events
    console = Console(width=120)
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(sizes={"contacts": 2_000}, properties={"contacts": 8}, latency=LATENCY, limits=True) as portal,
        Client(
            AccessToken(portal.token), base_url=portal.url, budgets=Budgets.local(f"benchmark {portal.url}")
        ) as client,
    ):
        warehouse = DuckDBWarehouse(Path(folder) / "hubspot.duckdb")
        console.print(_events(portal, client, warehouse, count))
        console.print(_idle_tick(portal, client, warehouse))


def _events(portal: Portal, client: Client, warehouse: DuckDBWarehouse, count: int) -> Table:
    table = Table("events", "read", "inserted", "seconds", "read/s", "requests", "429s", "MiB at peak")

    def sync(what: str, days: int) -> Report:
        today = portal.now().astimezone(UTC).date()
        source = DaysSource(client, EventDays(client, CALLS, TABLE), today - timedelta(days=days - 1), today)
        report = run(source, warehouse, client, run_id="benchmark", say=lambda line: None)
        table.add_row(
            what, f"{report.rows_read:,}", f"{report.counts.inserted:,}", f"{report.seconds:.1f}",
            f"{report.records_per_second:,.0f}", f"{report.api_calls:,}", f"{report.rate_limited:,}",
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}",
        )  # fmt: skip
        return report

    now, late = portal.now(), round(count * LATE)
    portal.make_events(CALLS, count - late, now - timedelta(days=DAYS), now)
    sync(f"{DAYS} days at first", DAYS + 1)
    assert sync("idle tick", 2).idle
    portal.make_events(CALLS, late, now - timedelta(days=7) + timedelta(minutes=1), now)
    sync("late arrivals", 8)
    assert sync("the week again", 8).idle
    found = Counter(warehouse.read(TABLE, ["ID"])["ID"].to_pylist())
    if found != Counter(event["id"] for event in portal.events(CALLS)):
        raise SystemExit(f"{TABLE} and the portal differ.")
    return table


def _idle_tick(portal: Portal, client: Client, warehouse: DuckDBWarehouse) -> Table:
    """What each table of marketing asks for when nothing has happened."""
    table = Table("idle hourly tick", "requests", "seconds", "of what")
    today = portal.now().astimezone(UTC).date()

    def days(made: Callable[[], Any]) -> Callable[[], Source[Any]]:
        return lambda: DaysSource(client, made(), today - timedelta(days=1), today)

    def whole(name: str) -> Callable[[], Source[Any]]:
        def source() -> Source[Any]:
            reading = MarketingReading(client)
            return ReferenceSource(client, name, reading.tables[name], getattr(reading, name))

        return source

    ticked: dict[str, Callable[[], Source[Any]]] = {
        **{name: whole(name) for name in MarketingReading.tables if name != "marketing_event_participations"},
        "campaigns": lambda: CampaignsSource(client),
        "form_submissions": lambda: FormSubmissionsSource(client, lambda: MarketingReading(client).found_forms),
        "email_events": days(email_events),
        "subscription_changes": days(subscription_changes),
        "events_visited_page": days(lambda: EventDays(client, "e_visited_page", "EVENTS_VISITED_PAGE")),
    }
    for name, source in ticked.items():
        run(source(), warehouse, client, run_id="benchmark", say=lambda line: None)
        portal.clear_requests()
        began = time.monotonic()
        assert run(source(), warehouse, client, run_id="benchmark", say=lambda line: None).idle
        asked = Counter(request["path"] for request in portal.requests())
        paths = ", ".join(f"{path} x {times}" if times > 1 else path for path, times in asked.most_common(3))
        table.add_row(name, f"{asked.total()}", f"{time.monotonic() - began:.1f}", paths)
    return table


if __name__ == "__main__":
    main()
