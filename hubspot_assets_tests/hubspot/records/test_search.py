"""A search meets every match, however many, however alike, and however short the pages are."""

from datetime import UTC, datetime, timedelta

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.search import (
    MOST_EMPTY_PAGES,
    PAGE_SIZE,
    Count,
    Search,
    SearchUnreliable,
    Window,
    changed_in,
    holding_any,
)
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.records.portal_reading import covered, ids_of
from hubspot_assets_tests.hubspot.scripted_server import Reply

INSTANT = datetime(2026, 3, 4, 5, 6, 7, 890_000, UTC)


def _changed(client: Client, after: datetime, before: datetime | None = None) -> Search:
    return Search(client, "contacts", ["firstname"], changed_in(Window(after, before), "lastmodifieddate"))


def test_every_match_of_one_millisecond_is_met_and_every_id_covered(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    portal.change("contacts", {"firstname": "Ada"}, ids=live[:900], at=INSTANT)
    search = _changed(portal_client, INSTANT, INSTANT)
    count = search.count()
    assert (count.matches, count.highest_id) == (900, live[899])
    pages = list(search.pages(expected=900, highest_id=count.highest_id))
    assert sorted(set(ids_of(pages))) == live[:900]
    assert covered(pages)


def test_both_ends_of_a_window_belong_to_it(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    for number, id_ in enumerate(live[:5]):
        portal.change("contacts", {}, ids=[id_], at=INSTANT + timedelta(milliseconds=number))
    window = (INSTANT + timedelta(milliseconds=1), INSTANT + timedelta(milliseconds=3))
    assert sorted(ids_of(_changed(portal_client, *window).pages())) == live[1:4]
    assert live[4] in ids_of(_changed(portal_client, window[0]).pages())


def test_a_window_from_the_epoch_on_is_no_trouble(portal: Portal, portal_client: Client) -> None:
    epoch = datetime.fromtimestamp(0, UTC)
    assert _changed(portal_client, epoch).count().matches == len(portal.ids("contacts"))


def test_short_and_empty_pages_lose_nothing(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    portal.behavior(short_pages=0.6)
    pages = list(Search(portal_client, "contacts", []).pages(expected=len(live), highest_id=live[-1]))
    assert sorted(set(ids_of(pages))) == live
    assert covered(pages)
    assert any(0 < page.rows < PAGE_SIZE for page in pages)


def test_rows_that_leave_the_window_while_being_read_are_met_all_the_same(
    portal: Portal, portal_client: Client
) -> None:
    live = portal.ids("contacts")
    portal.change("contacts", {}, ids=live[:1000], at=INSTANT)
    # The index does not know of the change: rows come newer than their match.
    portal.index_lag({"median": 3_600_000, "percentile_99": 3_600_000})
    rule = {"kind": "run", "nth": [2], "order": "change"}
    portal.faults(
        [rule | {"arguments": {"type": "contacts", "properties": {"firstname": "Later"}, "ids": live[:1000]}}]
    )
    assert sorted(set(ids_of(_changed(portal_client, INSTANT, INSTANT).pages()))) == live[:1000]


def test_only_the_ranges_asked_for_are_read(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    met = ids_of(Search(portal_client, "contacts", []).pages([IdRange(live[10], live[20]), IdRange(live[1000])]))
    assert sorted(met) == [*live[10:20], *live[1000:]]


def test_a_read_costs_its_pages_and_no_request_more(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    portal.change("contacts", {}, ids=live[:450], at=INSTANT)
    assert sorted(ids_of(_changed(portal_client, INSTANT, INSTANT).pages(expected=450))) == live[:450]
    assert portal.summary()["total"] == 3


def test_many_matches_are_read_by_several_requests_at_once(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    portal.latency(0.03)
    met = ids_of(Search(portal_client, "contacts", []).pages(highest_id=live[-1]))
    assert sorted(set(met)) == live
    assert portal.summary()["most_in_flight"] > 1


def test_holders_of_any_of_five_properties_are_found(portal: Portal, portal_client: Client) -> None:
    live = portal.ids("contacts")
    for number in range(5):
        portal.create_property("contacts", f"extra_{number}", values={live[number]: "x", live[100]: "y"})
    search = Search(portal_client, "contacts", [], holding_any([f"extra_{number}" for number in range(5)]))
    assert search.count().matches == 6
    assert sorted(set(ids_of(search.pages()))) == [*live[:5], live[100]]
    with pytest.raises(ValueError, match="5 filter groups"):
        holding_any([f"extra_{number}" for number in range(6)])


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="after its end"):
        Window(INSTANT, INSTANT - timedelta(milliseconds=1))


@pytest.mark.parametrize("ids", [(3, 2), (3, 3), (20, 100, 3)])
def test_ids_out_of_order_are_no_base_for_paging(serve, connect, ids: tuple[int, ...]) -> None:
    with pytest.raises(SearchUnreliable, match="out of order"):
        list(Search(connect(serve(_page(*ids))), "contacts", []).pages())


def test_ids_beyond_the_range_asked_for_are_no_base_for_paging(serve, connect) -> None:
    with pytest.raises(SearchUnreliable, match="out of order"):
        list(Search(connect(serve(_page(5, 6))), "contacts", []).pages([IdRange(0, 6)]))


def test_empty_pages_without_end_are_given_up(serve, connect) -> None:
    server = serve(_page(after="0"))
    with pytest.raises(SearchUnreliable, match="only empty pages"):
        list(Search(connect(server), "contacts", []).pages())
    assert len(server.asked) == MOST_EMPTY_PAGES


def _page(*ids: int, after: str | None = None) -> Reply:
    body: dict[str, object] = {"total": 1, "results": [{"id": str(id_)} for id_ in ids]}
    return Reply(body=body | ({"paging": {"next": {"after": after}}} if after else {}))


def test_a_count_without_a_total_is_asked_for_again_and_never_reads_as_nothing(serve, connect) -> None:
    bare = Reply(body={"results": []})
    server = serve(bare, Reply(body={"results": [{"id": "7"}], "total": None}), _page(9))
    assert Search(connect(server), "contacts", []).count() == Count(1, 9)
    assert len(server.asked) == 3
    with pytest.raises(errors.UnreadableAnswer, match="number of matches"):
        Search(connect(serve(bare)), "contacts", []).count()


@pytest.mark.parametrize("refusal", [Reply(400, {"message": "search is not supported"}), Reply(404, {})])
def test_an_object_type_that_cannot_be_searched_says_so(serve, connect, refusal: Reply) -> None:
    with pytest.raises(errors.NotSearchable, match="every record is read by list instead") as refused:
        Search(connect(serve(refusal)), "communications", []).count()
    assert isinstance(refused.value, errors.BadRequest)
    assert refused.value.status == refusal.status


def test_an_object_type_that_the_account_does_not_have_is_no_matter_of_search(serve, connect) -> None:
    unknown = Reply(400, {"message": "Unable to infer object type from: butterflies"})
    with pytest.raises(errors.UnknownObjectType):
        Search(connect(serve(unknown)), "butterflies", []).count()
