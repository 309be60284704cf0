"""Events: every one of a span once, late or not, however many share an instant."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.event_definitions import EventsNotInPlan, event_definitions, event_types
from hubspot_assets.hubspot.events import PAGE_SIZE, Event, read_events
from hubspot_assets.hubspot.span_read import Span, SpanPage
from hubspot_assets.hubspot.transport import errors
from hubspot_assets_tests.hubspot.scripted_server import Reply

CALLS = "e_call_started"
DAY = datetime(2026, 11, 20, tzinfo=UTC)
ONE_DAY = Span(DAY, DAY + timedelta(days=1), CALLS)


def ids(pages: Iterable[SpanPage[Event]]) -> Counter[str]:
    return Counter(event.id for page in pages for event in page.things)


def true_ids(portal: Portal, span: Span = ONE_DAY) -> Counter[str]:
    return Counter(
        event["id"]
        for event in portal.events(span.of)
        if span.start <= datetime.fromisoformat(event["occurredAt"]) < span.end
    )


def three_days(portal: Portal, count: int) -> None:
    portal.make_events(CALLS, count, DAY - timedelta(days=1), DAY + timedelta(days=2))


@pytest.mark.parametrize("inclusive", [True, False])
def test_the_events_of_a_day_are_those_from_its_midnight_to_the_next(portal, portal_client, inclusive):
    portal.behavior(event_bounds_inclusive=inclusive)
    instants = [-1, 0, 1, 86_399_999, 86_400_000]
    given = [
        {"object_id": 51, "id": str(each), "occurred_at": (DAY + timedelta(milliseconds=each)).isoformat()}
        for each in instants
    ]
    portal.add_events(CALLS, given)
    pages = list(read_events(portal_client, [ONE_DAY]))
    assert ids(pages) == Counter(["0", "1", "86399999"])
    assert [page.done for page in pages] == [True]


def test_a_busy_day_is_read_in_pieces_at_once_at_the_cost_of_a_few_pages(portal, portal_client):
    three_days(portal, 30_000)
    portal.latency(0.03)
    pages = list(read_events(portal_client, [ONE_DAY]))
    assert ids(pages) == true_ids(portal)
    assert portal.summary()["most_in_flight"] > 4
    assert portal.summary()["total"] <= sum(true_ids(portal).values()) / PAGE_SIZE * 1.15
    assert [page.done for page in pages].count(True) == 1
    assert pages[-1].done


def test_days_and_types_are_read_at_once_and_each_is_done_once(portal, portal_client):
    three_days(portal, 2_000)
    spans = [
        Span(DAY + timedelta(days=number), DAY + timedelta(days=number + 1), type_)
        for type_ in (CALLS, "e_visited_page", "pe7654321_login", "e_ad_interaction")
        for number in range(-10, 3)
    ]
    pages = list(read_events(portal_client, spans))
    for span in spans:
        assert ids(page for page in pages if page.span == span) == true_ids(portal, span)
    assert Counter(page.span for page in pages if page.done) == Counter(spans)


def test_a_read_in_trouble_is_as_complete_as_one_without(portal, portal_client):
    three_days(portal, 20_000)
    kinds = ("server_error", "truncated", "reset", "empty")
    portal.faults([{"kind": kind, "probability": 0.02, "seed": number} for number, kind in enumerate(kinds)])
    assert ids(read_events(portal_client, [ONE_DAY])) == true_ids(portal)
    assert portal_client.usage().retries > 0


def test_thousands_at_one_instant_are_read_once(portal, portal_client):
    noon = (DAY + timedelta(hours=12)).isoformat()
    given = [{"object_id": 51, "id": str(number), "occurred_at": noon} for number in range(3_050)]
    portal.add_events(CALLS, given)
    three_days(portal, 900)
    assert ids(read_events(portal_client, [ONE_DAY])) == true_ids(portal)


def test_events_that_arrive_late_are_found_when_their_day_is_read_again(portal, portal_client):
    three_days(portal, 300)
    before = ids(read_events(portal_client, [ONE_DAY]))
    (late,) = portal.add_events(CALLS, [{"object_id": 51, "occurred_at": DAY.isoformat()}])
    assert set(ids(read_events(portal_client, [ONE_DAY]))) - set(before) == {late}


def test_a_quiet_day_costs_one_request(portal, portal_client):
    (page,) = read_events(portal_client, [ONE_DAY])
    assert (page.things, page.done) == ([], True)
    assert page.read_at.tzinfo is UTC
    assert portal.summary()["total"] == 1


def test_an_account_without_enterprise_is_told_so_in_one_sentence(portal, portal_client):
    portal.behavior(events_in_plan=False)
    for read in (lambda: list(read_events(portal_client, [ONE_DAY])), lambda: event_types(portal_client)):
        with pytest.raises(EventsNotInPlan, match="only to accounts with an Enterprise subscription") as refused:
            read()
        assert refused.value.permanent


@pytest.mark.parametrize("path", ["events", "custom"])
def test_definitions_are_read_wherever_they_are(portal, portal_client, path):
    portal.behavior(event_definitions_path=path)
    portal.define_event("service", {"cost": "number", "at": "datetime"}, primary_object="CAR")
    found = {each.fully_qualified_name: each for each in event_definitions(portal_client)}
    assert found.keys() == {each["fullyQualifiedName"] for each in portal.event_definitions()}
    service = found["pe7654321_service"]
    assert [(each.name, each.type) for each in service.properties] == [("cost", "number"), ("at", "datetime")]
    assert (service.primary_object, service.object_type_id) == ("CAR", "6-1000002")
    assert "e_visited_page" in event_types(portal_client)


def occurrences(*instants: int, after: str | None = None) -> Reply:
    results = [
        {"id": str(each), "eventType": CALLS, "occurredAt": (DAY + timedelta(seconds=each)).isoformat()}
        for each in instants
    ]
    return Reply(body={"results": results, **({"paging": {"next": {"after": after}}} if after else {})})


def test_an_account_that_does_not_sort_is_read_to_its_end(serve, connect):
    # The second page happens to ascend, beyond the end of the day.
    script = [occurrences(90, 10, 50, after="a"), occurrences(7, 86_500, after="b"), occurrences(-5, 3)]
    assert ids(read_events(connect(serve(*script)), [ONE_DAY])) == Counter(["90", "10", "50", "7", "3"])


def test_an_order_that_changes_after_a_day_was_cut_fails_the_read(serve, connect):
    server = serve(occurrences(*range(25), after="a"), occurrences(90, 30, after="b"))
    with pytest.raises(errors.UnreadableAnswer, match="in the order of time and then went on in another"):
        list(read_events(connect(server), [ONE_DAY], in_flight=1))


def test_a_page_that_leads_to_itself_ends_the_read(serve, connect):
    with pytest.raises(errors.UnreadableAnswer, match="leads to itself"):
        list(read_events(connect(serve(occurrences(86_399, after="a"))), [ONE_DAY]))
