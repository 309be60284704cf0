"""Lists and their members are what HubSpot says they are, and cost what moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot import list_members
from hubspot_assets.hubspot.account import account
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.list_inspection import sizes
from hubspot_assets.sync.source import Mode
from hubspot_assets.tables.lists import LIST_MEMBERSHIPS
from hubspot_assets.warehouse.base import Delete, Filters, Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.filled_once import filled_once
from hubspot_assets_tests.sync.listing import Listing
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing

BEGAN = datetime.now(UTC)
"""When whoever is in the lists at first joined them; the account is of that instant, also after midnight."""
EITHER_WAY = pytest.mark.parametrize("descending", [True, False])


@pytest.fixture(scope="module")
def club() -> Iterator[Portal]:
    sizes = {"contacts": 400, "companies": 30, "cars": 30}
    with Portal.start(sizes=sizes, properties={"contacts": 8}, now=BEGAN.isoformat()) as portal:
        yield portal


@pytest.fixture(autouse=True)
def small_pages(monkeypatch) -> None:
    monkeypatch.setattr(list_members, "PAGE_SIZE", 20)


@pytest.fixture
def listing(
    club: Portal,
    connect: Callable[..., Client],
    warehouse: DuckDBWarehouse,
    tmp_path: Path,
    first_sync: Path,
) -> Listing:
    """Lists of three object types, synced once."""
    listing = unsynced(club, connect(club), warehouse)
    filled_once(tmp_path / "hubspot.duckdb", first_sync, lambda: synced(listing))
    # Later than the copy, however long that took.
    club.advance(60)
    # As after a sync, the client knows the time.
    account(listing.client)
    listing.requests()
    return listing


def unsynced(club: Portal, client: Client, warehouse: Warehouse) -> Listing:
    """Lists that everybody joined at the same instant in each test."""
    club.reset()
    club.order("clock", now=BEGAN.isoformat(), frozen=True)
    # As in a step, HubSpot was asked whose data it is, and the client knows what time it is there.
    account(client)
    listing = Listing(club, client, warehouse)
    listing.make("contacts", 200)
    club.freeze(frozen=False)
    return listing


def synced(listing: Listing) -> None:
    listing.tick()
    listing.assert_equal()
    listing.requests()


def test_all_lists_of_all_object_types_are_read_with_their_members(listing: Listing) -> None:
    assert {row["OBJECTTYPEID"] for row in listing.rows("LISTS")} >= {"0-1", "0-2"}
    assert {row["OBJECTTYPEID"][:2] for row in listing.rows("LIST_MEMBERSHIPS")} == {"0-", "2-"}
    assert all(row["REMOVEDAT"] is None for row in listing.rows("LIST_MEMBERSHIPS"))


def test_an_idle_tick_asks_for_the_lists_and_nothing_else_and_writes_nothing(listing: Listing) -> None:
    before = listing.warehouse.count("SYNCS")
    lists, members = listing.tick()
    assert lists.idle
    assert members.idle
    assert listing.requests() == ["/crm/lists/2026-09/all"]
    assert listing.warehouse.count("SYNCS") == before


def test_only_lists_that_moved_are_read(listing: Listing) -> None:
    moved, contacts = listing.list_id, listing.portal.ids("contacts")
    listing.portal.leave_list(moved, contacts[:3])
    _, members = listing.tick()
    listing.assert_equal()
    assert members.counts.removed == 3
    assert {path.split("/")[4] for path in listing.requests()} == {"all", str(moved)}


def test_who_joined_is_read_alone_the_newest_first(listing: Listing) -> None:
    contacts = listing.portal.ids("contacts")
    listing.portal.join_list(listing.list_id, contacts[200:230])
    _, members = listing.tick()
    listing.assert_equal()
    assert members.counts.inserted == 30
    assert [path.rsplit("/", 1)[-1] for path in listing.requests()] == ["all", "join-order", "join-order"]


def test_where_those_who_joined_first_come_first_the_list_is_read_whole(listing: Listing) -> None:
    listing.portal.behavior(join_order_descending=False)
    listing.portal.join_list(listing.list_id, listing.portal.ids("contacts")[200:230])
    listing.tick()
    listing.assert_equal()
    assert len(listing.requests()) == 1 + 230 // 20 + 1


@pytest.mark.parametrize("stamps", ["on_time", "late", "frozen"])
@EITHER_WAY
def test_joins_leaves_and_returns_between_ticks_are_found_however_fresh_the_stamps(
    listing: Listing, stamps: str, descending: bool
) -> None:
    portal, list_id, contacts = listing.portal, listing.list_id, listing.portal.ids("contacts")
    portal.behavior(list_stamps=stamps, join_order_descending=descending)
    listing.tick()
    for number in range(4):
        portal.join_list(list_id, contacts[200 + 9 * number : 209 + 9 * number])
        portal.advance(1)
        portal.leave_list(list_id, contacts[5 * number : 5 * number + 5])
        if number:
            portal.join_list(list_id, contacts[5 * number - 5 : 5 * number - 2])
        listing.tick()
        listing.assert_equal()
    assert [row for row in listing.rows("LIST_MEMBERSHIPS") if row["REMOVEDAT"]]


def test_what_late_stamps_keep_back_is_found_once_they_tell(listing: Listing) -> None:
    portal, contacts = listing.portal, listing.portal.ids("contacts")
    portal.behavior(list_stamps="late")
    portal.join_list(listing.list_id, contacts[200:203])
    portal.leave_list(listing.list_id, contacts[:3])
    listing.tick()
    portal.advance(24 * 3_600)
    listing.tick()
    listing.assert_equal()


def test_what_nothing_tells_of_is_found_within_a_week(listing: Listing) -> None:
    portal, contacts = listing.portal, listing.portal.ids("contacts")
    portal.behavior(list_stamps="frozen")
    listing.tick()
    portal.join_list(listing.list_id, contacts[200:203])
    portal.leave_list(listing.list_id, contacts[:3])
    assert listing.tick()[1].idle
    portal.advance(timedelta(days=7).total_seconds())
    assert listing.tick()[1].mode is Mode.FULL
    listing.assert_equal()
    portal.advance(timedelta(days=1).total_seconds())
    assert listing.tick()[1].idle


def test_who_came_back_stands_with_the_instant_of_coming_back(listing: Listing) -> None:
    portal, contacts = listing.portal, listing.portal.ids("contacts")
    portal.leave_list(listing.list_id, contacts[:2])
    listing.tick()
    portal.advance(60)
    portal.join_list(listing.list_id, contacts[:1])
    listing.tick()
    listing.assert_equal()
    gone = [row["OBJECTID"] for row in listing.rows("LIST_MEMBERSHIPS") if row["REMOVEDAT"]]
    assert gone == [contacts[1]]


def test_the_members_of_a_deleted_list_are_marked_and_stand_again_once_it_is_restored(listing: Listing) -> None:
    listing.portal.remove_list(listing.list_id)
    lists, members = listing.tick()
    assert (lists.counts.removed, members.counts.removed) == (1, 200)
    listing.assert_equal()
    assert listing.requests() == ["/crm/lists/2026-09/all"]
    listing.make("contacts", 20, id=listing.list_id)
    listing.tick()
    listing.assert_equal()


def test_a_list_that_goes_while_it_is_read_harms_no_other(listing: Listing) -> None:
    gone = listing.list_id
    listing.portal.leave_list(gone, listing.portal.ids("contacts")[:3])
    listing.make("companies", 10)
    listing.portal.faults(
        [{"kind": "run", "path": f"/{gone}/memberships", "order": "remove_list", "arguments": {"id": gone}, "nth": [2]}]
    )
    listing.tick()
    listing.portal.faults()
    listing.assert_equal_members()
    listing.tick()
    listing.assert_equal()


def test_a_list_that_is_being_processed_is_read_again(listing: Listing) -> None:
    portal = listing.portal
    portal.behavior(list_stamps="frozen")
    portal.put_list(listing.list_id, status="PROCESSING")
    listing.tick()
    portal.join_list(listing.list_id, portal.ids("contacts")[200:203])
    portal.leave_list(listing.list_id, portal.ids("contacts")[:3])
    listing.tick()
    listing.assert_equal()
    portal.put_list(listing.list_id, status="COMPLETE")
    listing.tick()
    assert listing.tick()[1].idle


def test_other_conditions_are_a_reason_to_read_the_list(listing: Listing) -> None:
    listing.portal.put_list(listing.list_id, version=2)
    assert listing.tick()[1].facts == {"lists_read": 1}


def test_members_are_found_though_the_lists_were_synced_without_them(listing: Listing) -> None:
    listing.portal.join_list(listing.list_id, listing.portal.ids("contacts")[200:210])
    listing.lists()
    assert listing.memberships().counts.inserted == 10
    listing.portal.join_list(listing.list_id, listing.portal.ids("contacts")[210:220])
    assert listing.memberships().counts.inserted == 10
    listing.lists()
    listing.assert_equal()


def test_the_last_sync_alone_remembers_the_lists_and_little_of_each(listing: Listing) -> None:
    listing.portal.put_lists("companies", 600)
    listing.tick()
    listing.portal.leave_list(listing.list_id, listing.portal.ids("contacts")[:3])
    listing.tick()
    kept = listing.warehouse.read("SYNCS", ["PROGRESS"], [("TABLENAME", "=", "LIST_MEMBERSHIPS")])["PROGRESS"]
    [notes] = [each for each in kept.to_pylist() if each]
    assert len(notes) < 20 * 600


def test_a_missing_scope_is_said_and_is_no_failure(listing: Listing) -> None:
    listing.portal.faults([{"kind": "missing_scopes", "scopes": ["crm.lists.read"]}])
    reports = listing.tick()
    listing.portal.faults()
    assert all("crm.lists.read" in (report.unavailable or "") for report in reports)


@pytest.mark.parametrize("after", [True, False])
def test_a_sync_that_crashes_goes_on_with_the_lists_that_are_left(listing: Listing, tmp_path, after: bool) -> None:
    warehouse = listing.warehouse = Crashing(tmp_path / "crashing.duckdb", chunk_rows=200)
    for _ in range(6):
        listing.make("contacts", 100)
    listing.lists()
    warehouse.crash(2, after=after)
    with pytest.raises(Crash):
        listing.memberships()
    warehouse.crash(0)
    read = warehouse.count("LIST_MEMBERSHIPS")
    assert read
    # One that had been read has moved since.
    [moved, *_] = warehouse.read("LIST_MEMBERSHIPS", ["LISTID"])["LISTID"].to_pylist()
    records = [record for list_id, record, _ in listing.portal.members() if list_id == int(moved)]
    listing.portal.leave_list(int(moved), records[:1])
    listing.requests()
    report = listing.memberships()
    assert report.mode is Mode.INITIAL
    assert 0 < report.facts["lists_read"] < len(listing.portal.lists())
    listing.assert_equal_members()
    listing.tick()
    assert listing.tick()[1].idle


def test_joins_that_were_kept_before_a_crash_are_counted_again(listing: Listing, tmp_path) -> None:
    warehouse = listing.warehouse = Crashing(tmp_path / "crashing.duckdb")
    listing.tick()
    contacts = listing.portal.ids("contacts")
    listing.portal.behavior(list_stamps="frozen")
    listing.tick()
    listing.portal.join_list(listing.list_id, contacts[200:210])
    listing.portal.leave_list(listing.list_id, contacts[:5])
    warehouse.crash(1, after=True)
    with pytest.raises(Crash):
        listing.memberships()
    warehouse.crash(0)
    listing.memberships()
    listing.assert_equal_members()


def test_faulty_answers_are_asked_for_again(listing: Listing) -> None:
    for _ in range(10):
        listing.make("contacts", 100)
    kinds = ("server_error", "burst_limit", "reset", "truncated", "empty")
    listing.portal.faults([{"kind": kind, "probability": 0.02, "seed": 1} for kind in kinds])
    listing.tick(full=True)
    listing.portal.faults()
    listing.assert_equal()


def test_as_many_members_as_hubspot_counts_are_found_to(listing: Listing) -> None:
    now, later = listing.client.now(), listing.client.now() + timedelta(hours=1)
    finding = sizes(listing.warehouse, later, later)
    assert finding.holds, finding.sentence
    assert finding.facts["members"] == len(listing.portal.members())
    assert not sizes(listing.warehouse, None, None).holds
    # Members of a list that moved since are none of this check's business.
    listing.portal.leave_list(listing.list_id, listing.portal.ids("contacts")[:3])
    listing.lists()
    assert sizes(listing.warehouse, later, now).holds
    assert not sizes(listing.warehouse, later, later).holds


def test_a_list_whose_members_are_not_as_many_is_named(listing: Listing) -> None:
    later = listing.client.now() + timedelta(hours=1)
    lost: Filters = [("LISTID", "=", str(listing.list_id)), ("OBJECTID", "in", listing.portal.ids("contacts")[:3])]
    listing.warehouse.commit(Delete(LIST_MEMBERSHIPS, lost))
    finding = sizes(listing.warehouse, later, later)
    assert not finding.holds
    assert f"({listing.list_id}) has 200, the table 197" in finding.sentence
    listing.portal.put_list(listing.list_id, status="PROCESSING")
    listing.lists()
    assert sizes(listing.warehouse, later, later).holds


def test_who_left_while_hubspot_counted_is_tolerated(listing: Listing) -> None:
    counted = listing.client.now()
    listing.portal.leave_list(listing.list_id, listing.portal.ids("contacts")[:3])
    listing.portal.join_list(listing.list_id, listing.portal.ids("contacts")[200:205])
    listing.memberships()
    later = listing.client.now() + timedelta(hours=1)
    assert sizes(listing.warehouse, counted, later).holds
    assert not sizes(listing.warehouse, later, later).holds


def test_lists_and_members_are_kept_true_on_snowflake(club: Portal, connect, request) -> None:
    with ExitStack() as stack:
        warehouse = stack.enter_context(closing(request.getfixturevalue("snowflake_server").warehouse()))
        listing = unsynced(club, connect(club), warehouse)
        synced(listing)
        portal, contacts = listing.portal, listing.portal.ids("contacts")
        portal.join_list(listing.list_id, contacts[200:230])
        listing.tick()
        listing.assert_equal()
        portal.leave_list(listing.list_id, contacts[:5])
        portal.join_list(listing.list_id, contacts[230:240])
        portal.remove_list(next(int(each["listId"]) for each in portal.lists()))
        listing.tick()
        listing.assert_equal()
        reports: Any = listing.tick()
        assert all(report.idle for report in reports)
