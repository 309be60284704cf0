"""A later run reads what changed, costs no more than that, and never loses its place."""

import os
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.records.plan import Strategy
from hubspot_assets.hubspot.records.scan import CursorNotNumeric, Scan
from hubspot_assets.hubspot.records.search import Search, SearchUnreliable
from hubspot_assets.sync.records import source as records
from hubspot_assets.sync.source import Mode
from hubspot_assets.warehouse.duckdb.file import DuckDBFile
from hubspot_assets_tests.sync.records.syncing import Syncing

HANDFUL = 6
"""One count, three lists of property definitions, the page that ends a read, and one that cutting a range may cost."""


def test_a_second_run_after_one_percent_of_changes_costs_its_pages_and_a_handful_of_calls(tickets: Syncing) -> None:
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(2_940)])
    _an_hour_ago(tickets)
    tickets.latest()
    tickets.portal.change("tickets", {"subject": "Lovelace"}, count=30)
    tickets.calls()
    report = tickets.latest()
    assert (report.rows_read, report.counts.updated) == (30, 30)
    assert report.strategy == Strategy.SEARCH
    assert report.api_calls == tickets.calls() <= 1 + HANDFUL
    tickets.archived()
    tickets.assert_equal()


def test_an_idle_run_costs_one_request_and_writes_nothing(tickets: Syncing, tmp_path) -> None:
    _an_hour_ago(tickets)
    tickets.both()
    tickets.calls()
    before, file = tickets.syncs(), os.stat(tmp_path / "hubspot.duckdb")
    report = tickets.latest()
    assert tickets.calls() == report.api_calls == 1
    assert report.rows_read == 0
    after = os.stat(tmp_path / "hubspot.duckdb")
    assert (after.st_mtime_ns, after.st_size) == (file.st_mtime_ns, file.st_size)
    assert tickets.syncs() == before


def test_an_idle_run_opens_the_duckdb_file_once(tickets: Syncing, monkeypatch) -> None:
    _an_hour_ago(tickets)
    tickets.both()
    opened = []
    attach = DuckDBFile._attach

    def counted(self: DuckDBFile, *arguments: Any, **options: Any) -> None:
        opened.append(self.path)
        attach(self, *arguments, **options)

    monkeypatch.setattr(DuckDBFile, "_attach", counted)
    tickets.latest()
    assert len(opened) == 1


def test_an_instant_is_read_again_until_it_is_an_hour_old(tickets: Syncing) -> None:
    _an_hour_ago(tickets)
    tickets.latest()
    tickets.portal.index_lag({"median": 600_000, "percentile_99": 600_000})
    tickets.portal.change("tickets", {"subject": "Late"}, count=5)
    # The index does not know of it yet, so this run covers an instant that it could not see.
    assert tickets.latest().counts.updated == 0
    tickets.portal.create("tickets", {"subject": "Makes a run that moves the covered instant"})
    tickets.portal.index_lag(False)
    tickets.portal.advance(timedelta(minutes=11))
    assert tickets.latest().counts.updated == 5
    tickets.archived()
    tickets.assert_equal()


def test_a_replayed_window_moves_no_watermark_and_changes_nothing(tickets: Syncing) -> None:
    tickets.both()
    covered, rows = tickets.latest(full=True).covered_until, tickets.rows()
    now = tickets.portal.now()
    report = tickets.latest(updated_after=now - timedelta(days=3_000), updated_before=now - timedelta(days=1))
    assert report.mode is Mode.WINDOW
    assert report.rows_read == report.counts.unchanged > 0
    assert report.covered_until == covered
    assert tickets.rows() == rows
    assert tickets.syncs()[-1]["COVEREDUNTIL"] is None
    # A window may be empty, and have no beginning.
    assert tickets.latest(updated_before=now - timedelta(days=20_000)).rows_read == 0


def test_a_window_on_an_empty_table_leaves_the_first_load_to_be_done(tickets: Syncing) -> None:
    live = len(tickets.portal.ids("tickets"))
    _an_hour_ago(tickets)
    tickets.portal.change("tickets", {"subject": "Replayed"}, count=4)
    tickets.latest(updated_after=tickets.portal.now() - timedelta(minutes=5))
    report = tickets.latest()
    assert (report.mode, report.rows_in_slice) == (Mode.INITIAL, live)


def test_a_first_load_reads_only_what_was_modified_since_the_setting(tickets: Syncing) -> None:
    tickets.updated_after = tickets.portal.now()
    tickets.portal.advance(timedelta(seconds=5))
    tickets.portal.change("tickets", {"subject": "Young"}, count=7)
    assert tickets.latest().counts.inserted == 7
    # Later runs and full scans know no older records either, but do not forget those that the table has.
    [young, *_] = tickets.rows()
    tickets.portal.archive("tickets", [young])
    tickets.full()
    assert len(tickets.rows()) == 7
    assert tickets.reasons() == {young: "archived"}
    tickets.updated_after = tickets.portal.now() + timedelta(days=1)
    tickets.portal.restore("tickets", [young])
    tickets.archived()
    assert tickets.reasons() == {}


def test_dropping_the_table_makes_the_next_run_a_first_one(tickets: Syncing, tmp_path) -> None:
    tickets.both()
    with duckdb.connect(str(tmp_path / "hubspot.duckdb")) as connection:
        connection.execute(f"DROP TABLE {tickets.table}")
    assert tickets.latest().mode is Mode.INITIAL
    with duckdb.connect(str(tmp_path / "hubspot.duckdb")) as connection:
        connection.execute("DROP TABLE SYNCS")
    assert tickets.latest().mode is Mode.INITIAL
    tickets.archived()
    tickets.assert_equal()


def test_a_search_that_cannot_be_paged_gives_way_to_a_scan(tickets: Syncing, monkeypatch) -> None:
    tickets.both()
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(600)])
    tickets.portal.change("tickets", {"subject": "Changed"}, count=3)
    monkeypatch.setattr(records, "choose", lambda **_: Strategy.SEARCH)
    fetch, fetched = Search._fetch, []

    def out_of_order(search: Search, range_: IdRange) -> Page:
        fetched.append(range_)
        if len(fetched) > 1:
            raise SearchUnreliable("ids out of order")
        return fetch(search, range_)

    monkeypatch.setattr(Search, "_fetch", out_of_order)
    report = tickets.latest()
    assert (report.strategy, tickets.syncs()[-1]["STRATEGY"]) == (Strategy.SCAN, "scan")
    assert any("by scan" in line for line in tickets.said)
    tickets.archived()
    tickets.assert_equal()


def test_cursors_that_are_no_ids_are_followed_one_after_the_other(tickets: Syncing, monkeypatch) -> None:
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(600)])

    def fetch(scan: Scan, range_: IdRange) -> Page:
        raise CursorNotNumeric("The cursor is opaque")

    monkeypatch.setattr(Scan, "_fetch", fetch)
    tickets.both()
    tickets.assert_equal()


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_watermark_is_of_hubspots_clock_though_this_machines_is_hours_off(tickets: Syncing, hours: int) -> None:
    tickets.portal.advance(timedelta(hours=hours))
    covered_until = tickets.latest().covered_until
    assert covered_until is not None
    assert abs(covered_until - tickets.portal.now()) < timedelta(seconds=30)
    # The first request of a process is sent before it knows HubSpot's clock.
    tickets.portal.change("tickets", {"subject": "Timely"}, count=3)
    tickets = tickets.reconnected()
    assert tickets.latest().counts.updated == 3
    tickets.archived()
    tickets.assert_equal()


def _an_hour_ago(tickets: Syncing) -> None:
    """Let what happened so far be so old that a run does not read it again."""
    tickets.portal.advance(timedelta(hours=2))
