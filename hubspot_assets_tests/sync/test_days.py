"""Events, e-mail events and changes of subscriptions: every one once, however late it came and however syncs died."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

import duckdb
import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.hubspot.transport.errors import Forbidden
from hubspot_assets.sync.combined import CombinedSync
from hubspot_assets.sync.days import DAY, DaysSource
from hubspot_assets.sync.email_days import email_events, subscription_changes
from hubspot_assets.sync.events import EventDays
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Unavailable
from hubspot_assets.tables.event_names import event_table_names
from hubspot_assets.warehouse.base import Counts, Warehouse
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
    """The same on each destination; a test may name others than these."""
    if request.param == "duckdb":
        yield ByDay(portal, connect(portal), warehouse)
        return
    if request.param == "s3":
        yield ByDay(portal, connect(portal), request.getfixturevalue("s3_store").warehouse())
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


@pytest.mark.parametrize("anywhere", ["duckdb", "snowflake", "s3"], indirect=True)
@pytest.mark.parametrize("what", [CALLS, "email_events"])
def test_what_came_late_is_found_by_reading_its_day_again(anywhere: ByDay, what: str) -> None:
    portal, now = anywhere.portal, anywhere.portal.now()
    make = portal.make_email_events if what == "email_events" else partial(portal.make_events, what)
    make(40, now - timedelta(days=5), now)
    anywhere.sync(what, days=8)
    make(25, now - timedelta(days=5), now)
    known = sum(anywhere.ids(what).values())
    report = anywhere.sync(what, days=8)
    assert report.counts == Counts(inserted=25)
    assert report.facts["rows_known_before"] > 0
    assert sum(report.rows_by_day.values()) == report.rows_in_slice
    assert sum(anywhere.ids(what).values()) == known + 25
    assert set(anywhere.ids(what).values()) == {1}


def test_a_busier_day_than_is_compared_here_is_compared_by_the_warehouse(by_day: ByDay, monkeypatch) -> None:
    monkeypatch.setattr("hubspot_assets.sync.days.MOST_COMPARED", 10)
    now = by_day.portal.now()
    by_day.portal.make_events(CALLS, 40, now - timedelta(hours=20), now)
    by_day.sync(CALLS)
    by_day.portal.make_events(CALLS, 5, now - timedelta(hours=20), now)
    assert by_day.sync(CALLS).counts == Counts(inserted=5, unchanged=40)


# Columns


def test_a_type_of_the_account_has_the_columns_of_its_definition_and_keeps_what_does_not_fit(anywhere: ByDay) -> None:
    what = login(anywhere.portal)
    report = anywhere.sync(what, days=50)
    schema = anywhere.warehouse.schema(table_of(what))
    assert schema is not None
    types = {name: str(schema.field(f"PROPERTY_{name}").type) for name in ("PLAN", "SEATS", "TRIAL", "SESSION_STARTED")}
    assert types == {
        "PLAN": "string", "SEATS": "decimal128(38, 10)", "TRIAL": "bool", "SESSION_STARTED": "timestamp[us]",
    }  # fmt: skip
    truth = {event["id"]: event["properties"]["seats"] for event in anywhere.portal.events(what)}
    for row in anywhere.rows(what):
        assert row["EVENTTYPEID"].startswith("6-")
        if truth[row["ID"]] == "many":
            assert (row["PROPERTY_SEATS"], json.loads(row["UNPARSED"])["seats"]) == (None, "many")
        else:
            assert row["PROPERTY_SEATS"] == Decimal(truth[row["ID"]])
    assert report.rows_unparsed == list(truth.values()).count("many") > 0


def test_a_column_comes_with_the_first_event_that_has_its_property_even_half_way(anywhere: ByDay) -> None:
    portal, now = anywhere.portal, anywhere.portal.now()
    record = portal.ids("contacts")[0]
    given = [
        {
            "object_id": record,
            "id": f"{number}",
            "occurred_at": (now - timedelta(minutes=number)).isoformat(),
            "properties": {"hs_kind": "new", **({f"late_{number // 100}": f"{number}"} if number % 100 == 0 else {})},
        }
        for number in range(300)
    ]
    portal.add_events(CALLS, given)
    report = anywhere.sync(CALLS, days=3)
    assert report.counts.inserted == 300
    rows = {row["ID"]: row for row in anywhere.rows(CALLS)}
    for each in given:
        row = rows[each["id"]]
        assert {name: row[f"PROPERTY_{name.upper()}"] for name in each["properties"]} == each["properties"]
        assert row["UNPARSED"] is None
    known = anywhere.warehouse.read("PROPERTY_DEFINITIONS", ["NAME", "COLUMNNAME"], [("OBJECTTYPEID", "=", CALLS)])
    names = {"hs_kind", "late_0", "late_1", "late_2"}
    assert dict(zip(*known.to_pydict().values(), strict=True)) == {name: f"PROPERTY_{name.upper()}" for name in names}


def test_names_that_would_be_one_column_keep_two_for_ever(by_day: ByDay) -> None:
    record, now = by_day.portal.ids("contacts")[0], by_day.portal.now()
    for number, properties in enumerate(({"a-b": "1"}, {"a_b": "2", "a-b": "3"}, {"a_b": "4"})):
        at = (now - timedelta(minutes=3 - number)).isoformat()
        event = {"object_id": record, "id": f"{number}", "occurred_at": at, "properties": properties}
        by_day.portal.add_events(CALLS, [event])
        by_day.sync(CALLS)
    rows = {row["ID"]: (row["PROPERTY_A_B"], row["PROPERTY_A_B_2"]) for row in by_day.rows(CALLS)}
    assert rows == {"0": ("1", None), "1": ("3", "2"), "2": (None, "4")}


def test_more_properties_than_a_table_should_have_are_kept_as_json(by_day: ByDay, monkeypatch) -> None:
    monkeypatch.setattr("hubspot_assets.sync.events.MOST_COLUMNS", 2)
    properties = {"a": "1", "b": "2", "c": "3"}
    by_day.portal.add_events(CALLS, [{"object_id": by_day.portal.ids("contacts")[0], "properties": properties}])
    by_day.sync(CALLS)
    [row] = by_day.rows(CALLS)
    assert (row["PROPERTY_A"], row["PROPERTY_B"], json.loads(row["UNPARSED"])) == ("1", "2", {"c": "3"})


def test_a_property_that_changes_its_type_keeps_every_value(by_day: ByDay) -> None:
    name = by_day.portal.define_event("visit", {"score": "number"})
    record = by_day.portal.ids("contacts")[0]
    by_day.portal.add_events(name, [{"object_id": record, "id": each, "properties": {"score": each}} for each in "12x"])
    by_day.sync(name)
    by_day.portal.define_event("visit", {"score": "string"})
    by_day.portal.add_events(name, [{"object_id": record, "id": "y", "properties": {"score": "y"}}])
    report = by_day.sync(name)
    assert [(change.kind, change.column) for change in report.schema_changes] == [("widened", "PROPERTY_SCORE")]
    assert {row["ID"]: row["PROPERTY_SCORE"] for row in by_day.rows(name)} == {each: each for each in "12xy"}


def test_without_definitions_events_are_read_as_text_and_a_remark_says_why(portal: Portal, warehouse) -> None:
    token = portal.issue_token(without=["behavioral_events.event_definitions.read_write"])
    with Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        by_day = ByDay(portal, client, warehouse)
        report = by_day.sync(login(portal), days=50)
    assert "behavioral_events" in " ".join(report.remarks)
    truth = {event["id"]: event["properties"]["seats"] for event in portal.events(login(portal))}
    assert {row["ID"]: row["PROPERTY_SEATS"] for row in by_day.rows(login(portal))} == truth


def test_events_about_custom_objects_carry_their_type(by_day: ByDay) -> None:
    record = by_day.portal.ids("contacts")[0]
    by_day.portal.add_events(CALLS, [{"object_id": record, "object_type": each} for each in ("CONTACT", "CAR", "ODD")])
    by_day.sync(CALLS)
    [car] = [row["OBJECTTYPEID"] for row in by_day.rows(CALLS) if row["OBJECTTYPEID"] not in ("0-1", "ODD")]
    assert car.startswith("2-")


def test_the_combined_view_has_every_event_with_its_properties_as_hubspot_spells_them(anywhere: ByDay) -> None:
    types = (VISITS, login(anywhere.portal), CALLS)
    for what in types[:2]:
        anywhere.sync(what, days=50)

    def changed() -> list[str]:
        sync = CombinedSync(anywhere.client, "events", (), (), print, types)
        [report] = sync.write_to(anywhere.warehouse, {})
        return [change.kind for change in report.schema_changes]

    assert (changed(), changed()) == (["created"], [])
    # What is empty is NULL in a column, and left out here.
    truth = {
        event["id"]: (what, event["objectId"], {name: text for name, text in event["properties"].items() if text})
        for what in types
        for event in anywhere.portal.events(what)
    }
    found = {
        row["ID"]: (row["EVENTTYPE"], str(row["OBJECTID"]), json.loads(row["PROPERTIES"]))
        for row in anywhere.warehouse.read("EVENTS").to_pylist()
    }
    assert found.keys() == truth.keys()
    numbers = {"1E+3": "1000"}
    for id_, (what, record, properties) in truth.items():
        spelt = {name: numbers.get(text, text) if name == "seats" else text for name, text in properties.items()}
        assert found[id_] == (what, record, spelt)


# Trouble


def dying(source: DaysSource, after: int) -> DaysSource:
    """The source, interrupted after so many batches."""
    read = source.read

    def interrupted(plan, work):
        yield from islice(read(plan, work), after)
        raise KeyboardInterrupt

    source.read = interrupted
    return source


def test_a_backfill_that_died_goes_on_whatever_hourly_launches_did_meanwhile(anywhere: ByDay) -> None:
    portal, today = anywhere.portal, anywhere.today
    portal.make_events(CALLS, 500, portal.now() - timedelta(days=395), portal.now() - timedelta(days=10))
    first, last = today - DAY * 399, today - DAY * 5
    with pytest.raises(KeyboardInterrupt):
        anywhere.run(dying(anywhere.source(CALLS, first, last), 25))
    portal.make_events(CALLS, 3, portal.now() - timedelta(hours=20))
    anywhere.sync(CALLS)
    portal.clear_requests()
    report = anywhere.run(anywhere.source(CALLS, first, last))
    assert len(portal.requests("event-occurrences")) <= 50 - 25 + 16
    assert anywhere.ids(CALLS) == anywhere.true_ids(CALLS)
    assert report.covered_until is None
    assert len(report.rows_by_day) == 395
    assert anywhere.run(anywhere.source(CALLS, first, last)).idle


def test_a_launch_of_recent_days_that_died_reads_today_and_yesterday_in_any_case(by_day: ByDay) -> None:
    portal, now = by_day.portal, by_day.portal.now()
    portal.make_events(CALLS, 900, now - timedelta(days=7), now)
    first = by_day.today - DAY * 7
    source = by_day.source(CALLS, first, by_day.today)
    with pytest.raises(KeyboardInterrupt):
        by_day.run(dying(source, 9))
    portal.make_events(CALLS, 20, now - timedelta(hours=1), now)
    by_day.sync(CALLS, days=8)
    assert by_day.ids(CALLS) == by_day.true_ids(CALLS)
    assert by_day.sync(CALLS, days=8).idle


def test_days_that_were_not_over_when_a_launch_died_are_read_again_however_late_it_goes_on(by_day: ByDay) -> None:
    portal, today = by_day.portal, by_day.today
    portal.make_events(CALLS, 60, portal.now() - timedelta(days=20), portal.now())
    first = today - DAY * 20
    source = by_day.source(CALLS, first, today)
    read = source.read

    def interrupted(plan, work):
        for batch in read(plan, work):
            yield batch
            if today.toordinal() in Outstanding(batch.ends):
                raise KeyboardInterrupt

    source.read = interrupted
    with pytest.raises(KeyboardInterrupt):
        by_day.run(source)
    died = portal.now()
    portal.advance(timedelta(days=5))
    # An answer tells what time it is.
    by_day.run(by_day.source(VISITS, first, today))
    portal.make_events(CALLS, 9, died - timedelta(hours=20), died)
    by_day.run(by_day.source(CALLS, first, today))
    assert by_day.ids(CALLS) == by_day.true_ids(CALLS)


@pytest.mark.parametrize("what", [CALLS, "email_events"])
def test_a_refusal_in_the_middle_is_a_failure_and_the_next_launch_reads_what_is_missing(
    by_day: ByDay, what: str
) -> None:
    portal, now = by_day.portal, by_day.portal.now()
    make = portal.make_email_events if what == "email_events" else partial(portal.make_events, what)
    make(200, now - timedelta(days=30), now)
    by_day.sync(what, days=20)
    portal.faults([{"kind": "forbidden", "path": "event", "nth": [3]}])
    with pytest.raises((Unavailable, Forbidden)):
        by_day.sync(what, days=900)
    portal.faults()
    by_day.sync(what, days=900)
    assert by_day.ids(what) == by_day.true_ids(what)


@pytest.mark.parametrize("what", [CALLS, "email_events"])
def test_every_event_is_read_in_trouble_and_under_real_limits_too(
    portal: Portal, connect, warehouse, tmp_path, what: str
) -> None:
    now = portal.now()
    portal.limits(enabled=True, burst=190, interval=10.0, search=5)
    if what == "email_events":
        portal.make_email_events(12_000, now - timedelta(days=40), now)
    else:
        portal.make_events(what, 6_000, now - timedelta(days=40), now)
    kinds = ("server_error", "truncated", "reset", "empty")
    certain = [{"kind": kind, "nth": [5 * number + 3], "times": 1} for number, kind in enumerate(kinds)]
    share = 0.02 / len(kinds)
    portal.faults([*certain, *({"kind": kind, "probability": share, "seed": n} for n, kind in enumerate(kinds))])
    by_day = ByDay(portal, connect(portal, Budgets.local("faulty", tmp_path / "budgets.sqlite")), warehouse)
    by_day.sync(what, days=400)
    assert set(kinds) <= {request["fault"] for request in portal.requests()}
    assert by_day.ids(what) == by_day.true_ids(what)


def test_a_table_that_was_dropped_is_read_afresh(by_day: ByDay, tmp_path) -> None:
    by_day.sync(VISITS, days=50)
    with duckdb.connect(tmp_path / "hubspot.duckdb") as connection:
        connection.execute(f"DROP TABLE {table_of(VISITS)}")
    by_day.sync(VISITS, days=50)
    assert by_day.ids(VISITS) == by_day.true_ids(VISITS)


def test_an_account_without_enterprise_is_said_and_keeps_what_it_has(by_day: ByDay) -> None:
    by_day.sync(VISITS, days=50)
    rows = by_day.warehouse.count(table_of(VISITS))
    by_day.portal.behavior(events_in_plan=False)
    report = by_day.sync(VISITS, days=50)
    assert "Enterprise" in (report.unavailable or "")
    assert sum(report.rows_by_day.values()) == rows == by_day.warehouse.count(table_of(VISITS))


@pytest.mark.parametrize("what", ["email_events", "subscription_changes"])
def test_a_scope_that_is_missing_is_said_and_no_failure(portal: Portal, warehouse: DuckDBWarehouse, what: str) -> None:
    token = portal.issue_token(without=["content"])
    with Client(AccessToken(token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        report = ByDay(portal, client, warehouse).sync(what)
    assert report.idle
    assert "content" in (report.unavailable or "")
