"""A scan meets every record, live or archived, whatever the cursor and however long the property list."""

from email.utils import parsedate_to_datetime

import msgspec
import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.records.id_ranges import ALL_IDS, IdRange, Outstanding
from hubspot_assets.hubspot.records.ranged_read import FREE_CUTS, PAGES_PER_CUT
from hubspot_assets.hubspot.records.scan import LONGEST_PROPERTY_LIST, PAGE_SIZE, Scan, property_list_is_long
from hubspot_assets.hubspot.records.search import Search
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.records.portal_reading import covered, ids_of
from hubspot_assets_tests.hubspot.scripted_server import Reply


def test_every_live_record_is_met_and_every_id_covered(portal: Portal, portal_client: Client) -> None:
    pages = list(Scan(portal_client, "contacts", ["firstname"]).pages())
    assert sorted(set(ids_of(pages))) == portal.ids("contacts")
    assert covered(pages)


def test_every_archived_record_is_met_and_no_live_one(portal: Portal, portal_client: Client) -> None:
    pages = list(Scan(portal_client, "contacts", ["firstname"], archived=True).pages())
    assert sorted(set(ids_of(pages))) == sorted(portal.truth("contacts").archived)
    assert covered(pages)


def test_several_ranges_are_read_at_once_at_the_cost_of_a_few_pages(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    portal.latency(0.02)
    pages = list(Scan(portal_client, "contacts", []).pages(expected=len(live), highest_id=live[-1]))
    assert sorted(set(ids_of(pages))) == live
    assert portal.summary()["most_in_flight"] > 2
    # Each cut costs a request for where it starts and one for where it ends.
    fewest = -(-len(live) // PAGE_SIZE)
    assert portal.summary()["total"] <= fewest + 2 * (FREE_CUTS + fewest // PAGES_PER_CUT + 1)


def test_only_the_ranges_asked_for_are_read(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    ranges = [IdRange(live[200], live[301]), IdRange(live[900])]
    pages = list(Scan(portal_client, "contacts", []).pages(ranges))
    assert {*live[200:301], *live[900:]} <= set(ids_of(pages))
    assert portal.summary()["total"] <= 2 + 7
    rest = Outstanding(ranges)
    for page in pages:
        assert page.covers is not None
        rest.remove(page.covers)
    assert not rest


def test_records_restored_archived_and_created_while_reading_harm_no_other(
    portal: Portal, portal_client: Client
) -> None:
    live, [back, *_] = portal.ids("contacts"), sorted(portal.truth("contacts").archived)
    rules = [
        {"kind": "run", "nth": [3], "order": "archive", "arguments": {"type": "contacts", "ids": live[700:710]}},
        {"kind": "run", "nth": [4], "order": "restore", "arguments": {"type": "contacts", "ids": [back]}},
        {"kind": "run", "nth": [5], "order": "create", "arguments": {"type": "contacts"}},
    ]
    portal.faults([rule | {"path": "/contacts[?]"} for rule in rules])
    met = set(ids_of(Scan(portal_client, "contacts", []).pages()))
    assert set(live) - set(live[700:710]) <= met
    assert max(portal.ids("contacts")) in met


def test_a_property_list_too_long_for_a_url_is_read_by_id(portal: Portal, portal_client: Client) -> None:
    names = ["firstname", *(f"{'long_' * 12}{number}" for number in range(200))]
    portal.change("contacts", {"firstname": "Ada"})
    scan = Scan(portal_client, "contacts", names)
    assert scan.by_batches
    pages = list(scan.pages())
    assert sorted(set(ids_of(pages))) == portal.ids("contacts")
    assert covered(pages)
    first = msgspec.json.decode(pages[0].body)["results"][0]
    assert first["properties"]["firstname"] == "Ada"
    assert all(request["status"] == 200 for request in portal.requests())


def test_long_means_near_what_hubspot_refuses_and_never_beyond() -> None:
    assert not property_list_is_long(["x" * 99] * (LONGEST_PROPERTY_LIST // 100))
    assert property_list_is_long(["x" * 99] * (LONGEST_PROPERTY_LIST // 100 + 1))


@pytest.mark.parametrize("first_page", [(1, 2), (2, 1)])
def test_a_cursor_that_is_no_id_is_followed_from_page_to_page(serve, connect, first_page) -> None:
    # The first page comes twice: it is what tells.
    script = [*[_list(*first_page, after="QUJD")] * 2, _list(3, 4, after="REVG"), _list(5)]
    server = serve(*script)
    pages = list(Scan(connect(server), "contacts", []).pages())
    assert sorted(ids_of(pages)) == [1, 2, 3, 4, 5]
    # Such a read cannot be entered half way, so nothing is done before everything is.
    assert [page.covers for page in pages] == [None, None, ALL_IDS]
    assert [asked.target.partition("after=")[2].partition("&")[0] for asked in server.asked] == ["", "", "QUJD", "REVG"]


def test_a_cursor_that_goes_back_is_not_taken_for_the_next_id(serve, connect) -> None:
    server = serve(*[_list(7, 9, after="2")] * 2, _list(11))
    assert sorted(ids_of(Scan(connect(server), "contacts", []).pages())) == [7, 9, 11]


@pytest.mark.parametrize("read", [Scan, Search], ids=["list", "search"])
@pytest.mark.parametrize("date", ["Sun, 22 Nov 2026 01:00:00 GMT", "Sun, 22 Nov 2037 01:00:00 GMT"])
def test_a_page_was_read_when_hubspots_clock_says_so(serve, connect, read, date) -> None:
    server = serve(Reply(body={"results": [{"id": "1"}], "total": 1}))
    server.date = date
    (page,) = read(connect(server), "contacts", []).pages(expected=1)
    assert 0 <= (page.read_at - parsedate_to_datetime(date)).total_seconds() <= 1


def _list(*ids: int, after: str | None = None) -> Reply:
    body: dict[str, object] = {"results": [{"id": str(id_)} for id_ in ids]}
    return Reply(body=body | ({"paging": {"next": {"after": after}}} if after else {}))
