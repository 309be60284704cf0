"""Events, their types, and the definitions of the account's own."""

from bisect import bisect_left, bisect_right

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import parse_instant
from hubspot_assets.demo_portal.cursors import packed, unpacked
from hubspot_assets.demo_portal.errors import events_not_in_plan, invalid, path_unknown, resource_not_found
from hubspot_assets.demo_portal.events import Event

DEFINITION_SCOPE = "behavioral_events.event_definitions.read_write"
DEFAULT_LIMIT = 100
ASCENDING, DESCENDING = ("occurredAt", "timestamp"), ("-occurredAt", "-timestamp")


def list_occurrences(call: Call) -> Answer:
    """Events of one type within a span of time; the newest first unless asked otherwise."""
    _insist_on_plan(call)
    event_type, limit = call.parameter("eventType"), call.limit(DEFAULT_LIMIT, call.account.behavior.events_page)
    if not event_type:
        raise invalid("eventType or objectType and objectId are required")
    sort = call.parameter("sort", DESCENDING[0])
    if sort not in (*ASCENDING, *DESCENDING):
        raise invalid("sort is occurredAt or -occurredAt", sort=[sort])
    events = call.account.events.of(event_type)
    after, before = _bound(call, "occurredAfter", -1), _bound(call, "occurredBefore", 1)
    start, stop = call.account.events.between(event_type, after, before)
    chosen = events[start:stop]
    if object_id := call.parameter("objectId"):
        chosen = [each for each in chosen if str(each.object_id) == object_id]
    page, more = _page(chosen, call.parameter("after"), limit, descending=sort in DESCENDING)
    body: dict[str, object] = {"results": [each.as_json(event_type) for each in page]}
    if more:
        cursor = packed([page[-1].at, page[-1].id])
        body["paging"] = {"next": {"after": cursor, "link": call.link(cursor)}}
    return answer(body)._replace(rows=len(page))


def list_types(call: Call) -> Answer:
    """The names of all types, those that the account cannot receive among them."""
    _insist_on_plan(call)
    return answer({"eventTypes": call.account.events.types()})


def list_definitions(call: Call) -> Answer:
    """The account's own types, by cursor."""
    if "/custom/" in call.path and call.account.behavior.event_definitions_path != "custom":
        raise path_unknown()
    if "/custom/" not in call.path and call.account.behavior.event_definitions_path == "custom":
        raise path_unknown()
    call.token.require(DEFINITION_SCOPE)
    limit, text = call.limit(10, 100), call.parameter("after", "0")
    if not text.isdigit():
        raise invalid("Invalid paging cursor", after=[text])
    known = [each for each in call.account.events.definitions.values() if not each.archived]
    page = known[int(text) : int(text) + limit]
    include = call.parameter("includeProperties", "true").lower() == "true"
    body: dict[str, object] = {
        "results": [each.as_json(include_properties=include) for each in page],
        "total": len(known),
    }
    if int(text) + limit < len(known):
        body["paging"] = {"next": {"after": str(int(text) + limit)}}
    return answer(body)


def read_definition(call: Call) -> Answer:
    """One of the account's own types."""
    call.token.require(DEFINITION_SCOPE)
    found = call.account.events.definitions.get(call.parameters["name"])
    if found is None:
        raise resource_not_found()
    return answer(found.as_json(include_properties=True))


def _insist_on_plan(call: Call) -> None:
    if not call.account.behavior.events_in_plan:
        raise events_not_in_plan()


def _bound(call: Call, name: str, inclusive_shift: int) -> int | None:
    text = call.parameter(name)
    if not text:
        return None
    at = parse_instant(text)
    if at is None:
        raise invalid(f"{name} is an ISO 8601 instant, not {text}")
    return at + inclusive_shift if call.account.behavior.event_bounds_inclusive else at


def _page(events: list[Event], cursor: str, limit: int, *, descending: bool) -> tuple[list[Event], bool]:
    """A page of events that ascend, from behind a cursor on, and whether more follow."""
    place = unpacked(cursor) if cursor else None
    if cursor and (not isinstance(place, list) or len(place) != 2):
        raise invalid("Invalid paging cursor", after=[cursor])
    passed = tuple(place) if isinstance(place, list) else None
    if descending:
        end = len(events) if passed is None else bisect_left(events, passed, key=lambda event: event[:2])
        return events[max(end - limit, 0) : end][::-1], end > limit
    start = 0 if passed is None else bisect_right(events, passed, key=lambda event: event[:2])
    return events[start : start + limit], start + limit < len(events)


ENDPOINTS = (
    Endpoint("GET", "/events/event-occurrences", list_occurrences),
    Endpoint("GET", "/events/events", list_occurrences),
    Endpoint("GET", "/events/event-occurrences/event-types", list_types),
    Endpoint("GET", "/events/events/event-types", list_types),
    Endpoint("GET", "/events/event-definitions", list_definitions),
    Endpoint("GET", "/events/custom/event-definitions", list_definitions),
    Endpoint("GET", "/events/event-definitions/{name}", read_definition),
)
