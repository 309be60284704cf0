import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker

EVENTS = "/events/event-occurrences/2026-09"
VISITS = "e_visited_page"


@pytest.fixture
def hubspot() -> Asker:
    return asker(sizes={"contacts": 60, "deals": 30})


def add(hubspot: Asker, *instants: str, type: str = "e_call_started", **more: object) -> list[str]:
    contact = hubspot.live()[0]
    events = [{"object_id": contact, "occurred_at": each, **more} for each in instants]
    return hubspot.order("add_events", type=type, events=events)["ids"]


def read(hubspot: Asker, type: str = "e_call_started", **query: object) -> list[dict]:
    return [
        each for page in all_pages(hubspot, {"eventType": type, **query}) for each in page.json["results"]
    ]  # fmt: skip


def all_pages(hubspot: Asker, query: dict):
    while True:
        reply = hubspot.get(EVENTS, **query)
        assert reply.status == 200
        yield reply
        if reply.after is None:
            return
        query = {**query, "after": reply.after}


@pytest.mark.parametrize("sort", ["occurredAt", "-occurredAt"])
def test_events_of_a_type_come_page_by_page_in_either_order(hubspot: Asker, sort: str):
    events = read(hubspot, VISITS, sort=sort, limit=7)
    assert len(events) == len(hubspot.account.events.of(VISITS)) > 20
    instants = [each["occurredAt"] for each in events]
    assert instants == sorted(instants, reverse=sort.startswith("-"))
    assert len({each["id"] for each in events}) == len(events)


def test_the_newest_come_first_unless_asked_otherwise(hubspot: Asker):
    instants = [each["occurredAt"] for each in read(hubspot, VISITS)]
    assert instants == sorted(instants, reverse=True)


@pytest.mark.parametrize(("inclusive", "found"), [(False, 1), (True, 3)])
def test_a_window_has_its_ends_in_or_out(hubspot: Asker, inclusive: bool, found: int):
    hubspot.order("behavior", event_bounds_inclusive=inclusive)
    add(hubspot, "2026-11-01T00:00:00Z", "2026-11-01T12:00:00Z", "2026-11-02T00:00:00Z")
    window = {"occurredAfter": "2026-11-01T00:00:00Z", "occurredBefore": "2026-11-02T00:00:00Z"}
    assert len(read(hubspot, **window)) == found


def test_an_event_may_arrive_long_after_it_occurred(hubspot: Asker):
    (id_,) = add(hubspot, "2026-11-10T00:00:00Z", properties={"a": "1"})
    (event,) = read(hubspot, occurredAfter="2026-11-09T00:00:00Z", occurredBefore="2026-11-11T00:00:00Z")
    assert (event["id"], event["properties"], event["objectType"]) == (id_, {"a": "1"}, "CONTACT")


def test_many_events_at_one_instant_are_paged_without_loss(hubspot: Asker):
    ids = add(hubspot, *["2026-11-10T00:00:00Z"] * 25)
    assert sorted(each["id"] for each in read(hubspot, limit=4, sort="occurredAt")) == sorted(ids)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"eventType": VISITS, "limit": 101},
        {"eventType": VISITS, "sort": "x"},
        {"eventType": VISITS, "after": "x"},
        {"eventType": VISITS, "occurredAfter": "x"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(hubspot: Asker, query: dict):
    assert hubspot.get(EVENTS, **query).status == 400


def test_types_and_definitions_are_listed(hubspot: Asker):
    types = hubspot.get(f"{EVENTS}/event-types").json["eventTypes"]
    assert {VISITS, "pe7654321_login", "e_approval_concluded"} <= set(types)
    hubspot.order("define_event", name="service", properties={"cost": "number"})
    page = hubspot.get("/events/2026-09/event-definitions", limit=1)
    second = hubspot.get("/events/2026-09/event-definitions", limit=1, after=page.after).json
    assert page.json["results"][0]["fullyQualifiedName"] == "pe7654321_login"
    assert [each["type"] for each in second["results"][0]["properties"]] == ["number"]
    assert hubspot.get("/events/custom/2026-09/event-definitions").status == 404
    hubspot.order("behavior", event_definitions_path="custom")
    assert hubspot.get("/events/2026-09/event-definitions").status == 404
    assert hubspot.get("/events/custom/2026-09/event-definitions").status == 200
    assert hubspot.get("/events/v3/events", eventType=VISITS).status == 200


def test_without_enterprise_events_are_refused_in_hubspots_words(hubspot: Asker):
    hubspot.order("behavior", events_in_plan=False)
    refused = hubspot.get(EVENTS, eventType=VISITS)
    said = "Insufficient scopes, requires one of: [event-detail-read,web-analytics-api-access]"
    assert (refused.status, refused.json["message"]) == (403, said)
    assert hubspot.get(f"{EVENTS}/event-types").status == 403
    token = hubspot.account.tokens.issue(scopes=["tickets"]).value
    assert hubspot.get("/events/2026-09/event-definitions", token).status == 403
