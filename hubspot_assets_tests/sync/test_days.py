"""Events, e-mail events and changes of subscriptions: every one once, however late it came and however syncs died."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.days import DAY, DaysSource
from hubspot_assets.sync.email_days import email_events, subscription_changes
from hubspot_assets.sync.events import EventDays
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.tables.names import event_table_names
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

CALLS, VISITS = "e_call_started", "e_visited_page"


class ByDay:
    """Syncs of the tables that are read by days."""

    def __init__(self, portal: Portal, client: Client, warehouse: Warehouse) -> None:
        self.portal, self.client, self.warehouse = portal, client, warehouse

    @property
    def today(self) -> date:
        return self.portal.now().astimezone(UTC).date()

    def source(self, what: str, first: date, last: date) -> DaysSource[Any]:
        if what == "email_events":
            table: Any = email_events()
        elif what == "subscription_changes":
            table = subscription_changes()
        else:
            table = EventDays(self.client, what, event_table_names([what])[what])
        return DaysSource(self.client, table, first, last)

    def sync(self, what: str, days: int = 2) -> Report:
        return self.run(self.source(what, self.today - DAY * (days - 1), self.today))

    def run(self, source: DaysSource[Any]) -> Report:
        return run(source, self.warehouse, self.client, run_id="test", say=print)

    def rows(self, what: str) -> list[dict[str, Any]]:
        return self.warehouse.read(table_of(what)).to_pylist()

    def ids(self, what: str) -> Counter[str]:
        return Counter(self.warehouse.read(table_of(what), ["ID"])["ID"].to_pylist())

    def true_ids(self, what: str) -> Counter[str]:
        if what == "email_events":
            return Counter(body["id"] for _, body in self.portal.moments(what))
        return Counter(event["id"] for event in self.portal.events(what))


def table_of(what: str) -> str:
    return what.upper() if what in ("email_events", "subscription_changes") else event_table_names([what])[what]


@pytest.fixture(scope="module")
def company() -> Iterator[Portal]:
    with Portal.start(sizes={"contacts": 300, "deals": 40}, properties={"contacts": 8, "deals": 12}) as portal:
        yield portal


@pytest.fixture
def portal(company: Portal) -> Portal:
    company.reset()
    return company


@pytest.fixture
def by_day(portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> ByDay:
    return ByDay(portal, connect(portal), warehouse)


@pytest.fixture(params=["duckdb", "snowflake"])
def anywhere(request, portal: Portal, connect: Callable[..., Client], warehouse: DuckDBWarehouse) -> Iterator[ByDay]:
    """The same on each destination."""
    if request.param == "duckdb":
        yield ByDay(portal, connect(portal), warehouse)
        return
    with closing(request.getfixturevalue("snowflake_server").warehouse()) as snowflake:
        yield ByDay(portal, connect(portal), snowflake)


def login(portal: Portal) -> str:
    return next(each["fullyQualifiedName"] for each in portal.event_definitions() if each["name"] == "login")


ALL = (VISITS, "e_deal_closed", "login", "email_events")


@pytest.mark.parametrize("what", ALL)
def test_a_table_has_what_the_portal_has_and_says_how_much_of_it_on_each_day(anywhere: ByDay, what: str) -> None:
    what = login(anywhere.portal) if what == "login" else what
    report = anywhere.sync(what, days=900)
    assert anywhere.ids(what) == anywhere.true_ids(what)
    assert report.counts.inserted == sum(report.rows_by_day.values()) == len(anywhere.rows(what)) > 0
    assert len(report.rows_by_day) == 900
    column = "CREATED" if what == "email_events" else "OCCURREDAT"
    counted = Counter(row[column].date() for row in anywhere.rows(what))
    assert counted == {day: rows for day, rows in report.rows_by_day.items() if rows}


def test_changes_of_subscriptions_are_those_of_the_portal(anywhere: ByDay) -> None:
    anywhere.sync("subscription_changes", days=90)
    truth = {
        (body["recipient"], body["timestamp"], change.get("subscriptionId", 0), change["change"])
        for _, body in anywhere.portal.moments("subscription_changes")
        for change in body["changes"]
    }
    found = {
        (row["RECIPIENT"], milliseconds(row["OCCURREDAT"]), row["SUBSCRIPTIONID"], row["CHANGE"])
        for row in anywhere.rows("subscription_changes")
    }
    assert found == truth


def milliseconds(instant: datetime) -> int:
    return round(instant.replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("what", [VISITS, "email_events"])
def test_an_idle_launch_writes_nothing_and_asks_once(by_day: ByDay, what: str) -> None:
    by_day.sync(what)
    syncs = by_day.warehouse.read("SYNCS").to_pylist()
    by_day.portal.clear_requests()
    again = by_day.sync(what)
    assert again.idle
    assert again.covered_until is not None
    assert by_day.warehouse.read("SYNCS").to_pylist() == syncs
    assert len(by_day.portal.requests()) == 1


def test_a_quiet_week_costs_one_request(by_day: ByDay) -> None:
    by_day.sync(CALLS, days=8)
    assert by_day.warehouse.count(table_of(CALLS)) == 0
    assert by_day.warehouse.schema(table_of(CALLS)) is not None
    by_day.portal.clear_requests()
    assert by_day.sync(CALLS, days=8).idle
    assert len(by_day.portal.requests("event-occurrences")) == 1
