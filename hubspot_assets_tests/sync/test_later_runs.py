"""A later run reads what changed, costs no more than that, and never loses its place."""

import os
from datetime import timedelta

import duckdb
import pytest

from hubspot_assets.hubspot.id_ranges import IdRange
from hubspot_assets.hubspot.pages import Page
from hubspot_assets.hubspot.plan import Strategy
from hubspot_assets.hubspot.scan import CursorNotNumeric, Scan
from hubspot_assets.hubspot.search import Search, SearchUnreliable
from hubspot_assets.sync import records
from hubspot_assets.sync.request import Mode
from hubspot_assets_tests.sync.syncing import Syncing

HANDFUL = 6
"""One count, three lists of property definitions, the page that ends a read, and one that cutting a range may cost."""


def test_a_second_run_after_one_percent_of_changes_costs_its_pages_and_a_handful_of_calls(contacts: Syncing) -> None:
    contacts.portal.create_many("contacts", [{"firstname": f"New {number}"} for number in range(2_940)])
    _an_hour_ago(contacts)
    contacts.latest()
    contacts.portal.change("contacts", {"lastname": "Lovelace"}, count=30)
    contacts.calls()
    report = contacts.latest()
    assert (report.rows_read, report.rows_updated) == (30, 30)
    assert report.strategy is Strategy.SEARCH
    assert report.api_calls == contacts.calls() <= 1 + HANDFUL
    contacts.archived()
    contacts.assert_equal()


def test_an_idle_run_costs_one_request_and_writes_nothing(contacts: Syncing, tmp_path) -> None:
    _an_hour_ago(contacts)
    contacts.both()
    contacts.calls()
    before, file = contacts.syncs(), os.stat(tmp_path / "hubspot.duckdb")
    report = contacts.latest()
    assert contacts.calls() == report.api_calls == 1
    assert report.rows_read == 0
    after = os.stat(tmp_path / "hubspot.duckdb")
    assert (after.st_mtime_ns, after.st_size) == (file.st_mtime_ns, file.st_size)
    assert contacts.syncs() == before


def test_an_instant_is_read_again_until_it_is_an_hour_old(contacts: Syncing) -> None:
    _an_hour_ago(contacts)
    contacts.latest()
    contacts.portal.index_lag({"median": 600_000, "percentile_99": 600_000})
    contacts.portal.change("contacts", {"lastname": "Late"}, count=5)
    # The index does not know of it yet, so this run covers an instant that it could not see.
    assert contacts.latest().rows_updated == 0
    contacts.portal.create("contacts", {"firstname": "Makes a run that moves the covered instant"})
    contacts.portal.index_lag(False)
    contacts.portal.advance(timedelta(minutes=11))
    assert contacts.latest().rows_updated == 5
    contacts.archived()
    contacts.assert_equal()


def test_a_replayed_window_moves_no_watermark_and_changes_nothing(contacts: Syncing) -> None:
    contacts.both()
    covered, rows = contacts.latest(full=True).covered_until, contacts.rows()
    now = contacts.portal.now()
    report = contacts.latest(updated_after=now - timedelta(days=3_000), updated_before=now - timedelta(days=1))
    assert report.mode is Mode.WINDOW
    assert report.rows_read == report.rows_unchanged > 0
    assert report.covered_until == covered
    assert contacts.rows() == rows
    assert contacts.syncs()[-1]["COVEREDUNTIL"] is None
    # A window may be empty, and have no beginning.
    assert contacts.latest(updated_before=now - timedelta(days=20_000)).rows_read == 0


def test_a_window_on_an_empty_table_leaves_the_first_load_to_be_done(contacts: Syncing) -> None:
    live = len(contacts.portal.ids("contacts"))
    _an_hour_ago(contacts)
    contacts.portal.change("contacts", {"lastname": "Replayed"}, count=4)
    contacts.latest(updated_after=contacts.portal.now() - timedelta(minutes=5))
    report = contacts.latest()
    assert (report.mode, report.rows_in_slice) == (Mode.INITIAL, live)


def test_a_first_load_reads_only_what_was_modified_since_the_setting(contacts: Syncing) -> None:
    contacts.updated_after = contacts.portal.now()
    contacts.portal.advance(timedelta(seconds=5))
    contacts.portal.change("contacts", {"lastname": "Young"}, count=7)
    assert contacts.latest().rows_inserted == 7
    # Later runs and full scans know no older records either, but do not forget those that the table has.
    [young, *_] = contacts.rows()
    contacts.portal.archive("contacts", [young])
    contacts.full()
    assert len(contacts.rows()) == 7
    assert contacts.reasons() == {young: "archived"}
    contacts.updated_after = contacts.portal.now() + timedelta(days=1)
    contacts.portal.restore("contacts", [young])
    contacts.archived()
    assert contacts.reasons() == {}


def test_dropping_the_table_makes_the_next_run_a_first_one(contacts: Syncing, tmp_path) -> None:
    contacts.both()
    with duckdb.connect(str(tmp_path / "hubspot.duckdb")) as connection:
        connection.execute(f"DROP TABLE {contacts.table}")
    assert contacts.latest().mode is Mode.INITIAL
    with duckdb.connect(str(tmp_path / "hubspot.duckdb")) as connection:
        connection.execute("DROP TABLE SYNCS")
    assert contacts.latest().mode is Mode.INITIAL
    contacts.archived()
    contacts.assert_equal()


def test_a_search_that_cannot_be_paged_gives_way_to_a_scan(contacts: Syncing, monkeypatch) -> None:
    contacts.both()
    contacts.portal.create_many("contacts", [{"firstname": f"New {number}"} for number in range(600)])
    contacts.portal.change("contacts", {"lastname": "Changed"}, count=3)
    monkeypatch.setattr(records, "choose", lambda **_: Strategy.SEARCH)
    fetch, fetched = Search._fetch, []

    def out_of_order(search: Search, range_: IdRange) -> Page:
        fetched.append(range_)
        if len(fetched) > 1:
            raise SearchUnreliable("ids out of order")
        return fetch(search, range_)

    monkeypatch.setattr(Search, "_fetch", out_of_order)
    report = contacts.latest()
    assert (report.strategy, contacts.syncs()[-1]["STRATEGY"]) == (Strategy.SCAN, "scan")
    assert any("by scan" in line for line in contacts.said)
    contacts.archived()
    contacts.assert_equal()


def test_cursors_that_are_no_ids_are_followed_one_after_the_other(contacts: Syncing, monkeypatch) -> None:
    contacts.portal.create_many("contacts", [{"firstname": f"New {number}"} for number in range(600)])

    def fetch(scan: Scan, range_: IdRange) -> Page:
        raise CursorNotNumeric("The cursor is opaque")

    monkeypatch.setattr(Scan, "_fetch", fetch)
    contacts.both()
    contacts.assert_equal()


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_watermark_is_of_hubspots_clock_though_this_machines_is_hours_off(contacts: Syncing, hours: int) -> None:
    contacts.portal.advance(timedelta(hours=hours))
    covered_until = contacts.latest().covered_until
    assert covered_until is not None
    assert abs(covered_until - contacts.portal.now()) < timedelta(seconds=30)
    # The first request of a process is sent before it knows HubSpot's clock.
    contacts.portal.change("contacts", {"lastname": "Timely"}, count=3)
    contacts = contacts.reconnected()
    assert contacts.latest().rows_updated == 3
    contacts.archived()
    contacts.assert_equal()


def _an_hour_ago(contacts: Syncing) -> None:
    """Let what happened so far be so old that a run does not read it again."""
    contacts.portal.advance(timedelta(hours=2))
