"""Forms and submissions, e-mail events and changes of subscriptions: they have no dated path."""

from bisect import bisect_left, bisect_right

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.cursors import packed, unpacked
from hubspot_assets.demo_portal.errors import form_type_not_allowed, invalid, path_unknown, resource_not_found
from hubspot_assets.demo_portal.things import Moment

FORM_TYPES = ("hubspot", "captured", "flow", "blog_comment", "all")
MAX_FORMS = 500
MAX_SUBMISSIONS = 50
MAX_EVENTS = 1_000


def list_forms(call: Call) -> Answer:
    """Forms of the types asked for (those of HubSpot's own editor when none is), archived or not."""
    _only(call, "v3")
    call.token.require("forms")
    types, limit = call.names("formTypes") or ["hubspot"], call.limit(20, MAX_FORMS)
    for each in types:
        if each not in FORM_TYPES:
            raise invalid(f"formTypes is one of {', '.join(FORM_TYPES)}", formTypes=[each])
    forms = [
        form
        for form in call.account.things.of("forms").values()
        if ("all" in types or form["formType"] in types) and form.get("archived", False) == call.flag("archived")
    ]
    start = _offset(call.parameter("after"))
    body: dict[str, object] = {"results": forms[start : start + limit]}
    if start + limit < len(forms):
        after = packed(start + limit)
        body["paging"] = {"next": {"after": after, "link": call.link(after)}}
    return answer(body)


def list_submissions(call: Call) -> Answer:
    """Submissions of one form, the newest first; the cursor is a place in time, so new ones move nothing."""
    _only(call, "v1")
    call.token.require("forms")
    limit = call.limit(20, MAX_SUBMISSIONS)
    form = call.account.things.of("forms").get(call.parameters["form"])
    if form is None:
        raise resource_not_found()
    if form["formType"] == "blog_comment":
        raise form_type_not_allowed()
    moments, cursor = call.account.things.moments("submissions", form["id"]), call.parameter("after")
    end = len(moments)
    if cursor:
        place = unpacked(cursor)
        if not isinstance(place, list):
            raise invalid("Invalid paging cursor", after=[cursor])
        end = bisect_left(moments, tuple(place), key=lambda moment: moment[:2])
    page = moments[max(end - limit, 0) : end][::-1]
    body: dict[str, object] = {"results": [each.body for each in page]}
    if end > limit:
        body["paging"] = {"next": {"after": packed(list(page[-1][:2]))}}
    return answer(body)._replace(rows=len(page))


def list_email_events(call: Call) -> Answer:
    """E-mail events of a span of time (both ends in it), the newest first."""
    page, place = _newest_first(call, "email_events")
    wanted = call.parameter("eventType")
    events = [each.body for each in page if not wanted or each.body.get("type") == wanted]
    return answer({"hasMore": place is not None, "offset": place or "", "events": events})._replace(rows=len(events))


def list_subscription_changes(call: Call) -> Answer:
    """Changes of subscriptions in a span of time, the newest first."""
    page, place = _newest_first(call, "subscription_changes")
    body = {"hasMore": place is not None, "offset": place or "", "timeline": [each.body for each in page]}
    return answer(body)._replace(rows=len(page))


def _newest_first(call: Call, stream: str) -> tuple[list[Moment], str | None]:
    """A page of what happened to the account, and the offset of the next."""
    _only(call, "v1")
    call.token.require("content")
    limit = call.limit(100, MAX_EVENTS)
    moments = call.account.things.moments(stream)
    start = bisect_left(moments, _milliseconds(call, "startTimestamp", 0), key=lambda moment: moment.at)
    end = bisect_right(moments, _milliseconds(call, "endTimestamp", 1 << 62), key=lambda moment: moment.at)
    if offset := call.parameter("offset"):
        place = unpacked(offset)
        if not isinstance(place, list):
            raise invalid("Invalid offset", offset=[offset])
        end = min(end, bisect_left(moments, tuple(place), key=lambda moment: moment[:2]))
    page = moments[max(end - limit, start) : max(end, start)][::-1]
    return page, packed(list(page[-1][:2])) if end - limit > start else None


def _milliseconds(call: Call, name: str, default: int) -> int:
    text = call.parameter(name, str(default))
    if not text.isdigit():
        raise invalid(f"{name} is in milliseconds, not {text}")
    return int(text)


def _offset(cursor: str) -> int:
    place = unpacked(cursor) if cursor else 0
    if not isinstance(place, int):
        raise invalid("Invalid paging cursor", after=[cursor])
    return place


def _only(call: Call, version: str) -> None:
    if call.version != version:
        raise path_unknown()


ENDPOINTS = (
    Endpoint("GET", "/marketing/forms", list_forms),
    Endpoint("GET", "/form-integrations/submissions/forms/{form}", list_submissions),
    Endpoint("GET", "/email/public/events", list_email_events),
    Endpoint("GET", "/email/public/subscriptions/timeline", list_subscription_changes),
)
