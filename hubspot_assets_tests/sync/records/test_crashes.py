"""Whatever ends a sync, and whenever, the next one goes on from there."""

import json
import subprocess
from collections.abc import Sequence

import pytest

from hubspot_assets.hubspot.transport.errors import Forbidden
from hubspot_assets.sync.source import Mode
from hubspot_assets_tests.sync.records import sync_process
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.records.syncing import Syncing


@pytest.fixture
def crowd(tickets: Syncing, tmp_path, monkeypatch) -> Syncing:
    """600 tickets, read twenty a page and committed a hundred at a time."""
    monkeypatch.setattr("hubspot_assets.hubspot.records.scan.PAGE_SIZE", 20)
    monkeypatch.setattr("hubspot_assets.sync.records.batches.BATCH_ROWS", 100)
    tickets.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=100)
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(540)])
    return tickets


def _crash(syncing: Syncing, at: int, *, after: bool = False, **request) -> None:
    assert isinstance(syncing.warehouse, Crashing)
    syncing.warehouse.crash(at, after=after)
    with pytest.raises(Crash):
        syncing.latest(**request)
    syncing.warehouse.crash(0)


def _listed(syncing: Syncing) -> int:
    """Records in the answers to list requests since the last call of this."""
    rows = sum(request["rows"] for request in syncing.portal.requests() if request["path"].endswith("/tickets"))
    syncing.portal.clear_requests()
    return rows


@pytest.mark.parametrize(("at", "after"), [(1, False), (1, True), (4, False)])
def test_a_first_load_that_crashed_at_a_commit_reads_on_from_there(crowd: Syncing, at: int, after: bool) -> None:
    live = len(crowd.portal.ids("tickets"))
    _crash(crowd, at, after=after)
    kept = crowd.warehouse.count(crowd.table)
    assert (kept > 0) is (at > 1 or after)
    _listed(crowd)
    report = crowd.latest()
    assert (report.mode, report.rows_in_slice) == (Mode.INITIAL, live)
    # What waited for the commit is read again, and so may be a page at each edge of a range.
    assert _listed(crowd) <= live - kept + 10 * 20
    assert report.counts.inserted == live - kept
    crowd.archived()
    crowd.assert_equal()
    assert crowd.latest().mode is Mode.INCREMENTAL


def test_a_load_that_crashes_again_and_again_gets_done(crowd: Syncing) -> None:
    for _ in range(2):
        _crash(crowd, 2, after=True)
    crowd.both()
    crowd.assert_equal()
    finished = [row["FINISHEDAT"] is not None for row in crowd.syncs()]
    assert finished == [False] * 2 + [True, True]
    # Nothing is left that a later sync would go by.
    left = [json.loads(row["PROGRESS"]) for row in crowd.syncs() if row["PROGRESS"]]
    assert [set(each) for each in left] == [{"criteria"}] * 2


def test_a_full_run_that_crashed_half_way_still_marks_what_is_gone(crowd: Syncing) -> None:
    crowd.both()
    ids = crowd.portal.ids("tickets")
    crowd.portal.purge("tickets", [*ids[:3], *ids[-3:]])
    _crash(crowd, 4, after=True, full=True)
    _listed(crowd)
    report = crowd.full()
    assert report.facts["rows_purged"] == 6
    assert _listed(crowd) < 400
    crowd.assert_equal()
    assert crowd.warehouse.count("SYNCS_SEEN") == 0


def test_what_a_full_run_met_that_nobody_went_on_with_is_cleared_away(crowd: Syncing) -> None:
    crowd.both()
    _crash(crowd, 4, after=True, full=True)
    assert crowd.warehouse.count("SYNCS_SEEN") > 0
    crowd.portal.change("tickets", {"subject": "Changed"}, count=1)
    crowd.latest()
    crowd.full()
    assert crowd.warehouse.count("SYNCS_SEEN") == 0
    crowd.assert_equal()


def test_a_property_that_came_between_a_crash_and_the_rest_has_all_its_values(crowd: Syncing) -> None:
    _crash(crowd, 4, after=True)
    ids = crowd.portal.ids("tickets")
    crowd.portal.create_property("tickets", "shoe_size", "number", values=dict.fromkeys(ids[::9], "44"))
    crowd.both()
    crowd.assert_equal()
    _crash(crowd, 4, after=True, full=True)
    crowd.portal.create_property("tickets", "hat_size", "number", values=dict.fromkeys(ids[::9], "7"))
    crowd.full()
    crowd.assert_equal()


def test_merges_met_before_a_crash_are_marked_after_it(crowd: Syncing) -> None:
    crowd.both()
    survivor, *absorbed = crowd.portal.ids("tickets")[:4]
    crowd.portal.merge("tickets", survivor, absorbed)
    crowd.portal.change("tickets", {"subject": "Changed"}, count=400)
    _crash(crowd, 3, after=True)
    assert crowd.latest().facts["rows_merged"] == 3
    crowd.assert_equal()


def test_a_run_that_hubspot_refuses_half_way_leaves_the_table_further_along(crowd: Syncing) -> None:
    crowd.portal.faults([{"kind": "forbidden", "path": "/tickets\\?", "nth": [25]}])
    with pytest.raises(Forbidden):
        crowd.latest()
    kept = crowd.warehouse.count(crowd.table)
    assert kept > 0
    crowd.portal.faults()
    assert crowd.latest().counts.inserted == len(crowd.portal.ids("tickets")) - kept
    crowd.archived()
    crowd.assert_equal()


def _start(crowd: Syncing, tmp_path, **options) -> "subprocess.Popen[str]":
    command: Sequence[str] = sync_process.command(
        crowd.portal.url, crowd.portal.token, tmp_path / "crashing.duckdb", **options
    )
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_first_load_killed_between_two_commits_goes_on_from_where_it_was(crowd: Syncing, tmp_path) -> None:
    commits = 2
    live = len(crowd.portal.ids("tickets"))
    crowd.portal.latency(0.02)
    process = _start(crowd, tmp_path)
    assert process.stdout is not None
    for _ in range(commits):
        assert process.stdout.readline() == "committed\n"
    process.kill()
    process.communicate()
    assert process.returncode == -9
    crowd.portal.latency(0)
    kept = crowd.warehouse.count(crowd.table)
    assert kept >= 200 * commits
    report = crowd.latest()
    assert report.counts.inserted == live - kept
    crowd.archived()
    crowd.assert_equal()


def test_two_processes_at_once_on_one_table_leave_it_equal_to_the_portal(crowd: Syncing, tmp_path) -> None:
    crowd.portal.latency(0.02)
    processes = [
        _start(crowd, tmp_path),
        _start(crowd, tmp_path, full="full"),
        _start(crowd, tmp_path, records="archived"),
    ]
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    crowd.assert_equal()
