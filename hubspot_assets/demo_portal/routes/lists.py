"""Lists and their members."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import MINUTE, instant_text
from hubspot_assets.demo_portal.cursors import packed, unpacked
from hubspot_assets.demo_portal.errors import (
    invalid,
    list_cursor_invalid,
    list_not_found,
    list_type_invalid,
    path_unknown,
)
from hubspot_assets.demo_portal.lists import PROCESSING_TYPES, Member, RecordList

SCOPES = ("crm.lists.read", "crm.segments.read")
DEFAULT_COUNT = 20
MAX_COUNT = 500
SEARCH_CEILING = 10_000
DEFAULT_MEMBERS = 100
MAX_MEMBERS = 250


def all_lists(call: Call) -> Answer:
    """All lists in ascending order of id, by a cursor that is good for the same filters only. New in 2026-09."""
    if call.version < "2026-09" or call.version[0] != "2" or not call.account.behavior.lists_by_cursor:
        raise path_unknown()
    call.token.require(*SCOPES)
    body = call.json()
    types, count = _processing_types(body), _count(body)
    filters = {"types": sorted(types), "objectTypeId": body.get("objectTypeId")}
    after = 0
    if "after" in body:
        cursor = unpacked(body["after"])
        if not isinstance(cursor, dict) or cursor.get("filters") != filters or not isinstance(cursor.get("id"), int):
            raise list_cursor_invalid()
        after = cursor["id"]
    found = call.account.lists.ascending(types, body.get("objectTypeId"))
    left = [each for each in found if each.id > after]
    answered: dict[str, object] = {"results": _as_json(call, left[:count], body), "total": len(found)}
    if len(left) > count:
        answered["paging"] = {"next": {"after": packed({"id": left[count - 1].id, "filters": filters})}}
    return answer(answered)._replace(rows=min(len(left), count))


def search_lists(call: Call) -> Answer:
    """Lists by name, type and id, by offset, up to the ten thousandth."""
    call.token.require(*SCOPES)
    body = call.json()
    offset, count = body.get("offset", 0), _count(body)
    if not isinstance(offset, int) or offset < 0:
        raise invalid("offset is a number", offset=[str(offset)])
    if offset + count > SEARCH_CEILING:
        raise invalid(f"The offset and count of a list search may not go beyond {SEARCH_CEILING}")
    found = call.account.lists.ascending(_processing_types(body), body.get("objectTypeId"))
    if ids := {str(each) for each in body.get("listIds") or ()}:
        found = [each for each in found if str(each.id) in ids]
    if query := str(body.get("query") or "").lower():
        found = [each for each in found if query in each.name.lower()]
    if body.get("sort") != "HS_LIST_ID":
        found.sort(key=lambda each: each.name)
    page = found[offset : offset + count]
    return answer(
        {
            "offset": offset + len(page),
            "hasMore": offset + len(page) < len(found),
            "total": len(found),
            "lists": _as_json(call, page, body),
        }
    )._replace(rows=len(page))


def read_list(call: Call) -> Answer:
    """One list."""
    call.token.require(*SCOPES)
    return answer({"list": _list(call).as_json((), _stamped_until(call))})


def list_members(call: Call) -> Answer:
    """Members in ascending order of record id."""
    return _members(call, by_join=False, descending=False)


def list_members_by_join(call: Call) -> Answer:
    """Members in the order in which they joined: the newest first, unless the portal is told otherwise."""
    return _members(call, by_join=True, descending=call.account.behavior.join_order_descending)


def lists_of_record(call: Call) -> Answer:
    """The lists that one record is in."""
    call.token.require(*SCOPES)
    object_type, record = call.object_type(), int(call.parameters["record"])
    results = [
        {
            "listId": str(each.id),
            "listVersion": each.version,
            "firstAddedTimestamp": instant_text(each.joined[record]),
            "lastAddedTimestamp": instant_text(each.joined[record]),
        }
        for each in call.account.lists.ascending((), object_type.object_type_id)
        if record in each.joined
    ]
    return answer({"results": results, "total": len(results)})


def _members(call: Call, *, by_join: bool, descending: bool) -> Answer:
    call.token.require(*SCOPES)
    found = _list(call)
    limit = call.limit(DEFAULT_MEMBERS, MAX_MEMBERS)
    members = found.members(by_join=by_join)
    after, before = call.parameter("after"), call.parameter("before")
    if before and not after:
        descending = not descending
    page, more = _part(members, _place(after or before, by_join=by_join), limit, descending=descending, by_join=by_join)
    body: dict[str, Any] = {
        "results": [{"recordId": str(record), "membershipTimestamp": instant_text(at)} for record, at in page],
        "total": len(members),
    }
    if more:
        cursor = packed(list(page[-1]))
        body["paging"] = {"next": {"after": cursor, "link": call.link(cursor)}}
    return answer(body)._replace(rows=len(page))


def _place(cursor: str, *, by_join: bool) -> tuple[int, ...] | None:
    if not cursor:
        return None
    last = unpacked(cursor)
    if not isinstance(last, list) or len(last) != 2 or not all(isinstance(each, int) for each in last):
        raise list_cursor_invalid()
    return (last[1], last[0]) if by_join else (last[0],)


def _part(
    members: list[Member], place: tuple[int, ...] | None, limit: int, *, descending: bool, by_join: bool
) -> tuple[list[Member], bool]:
    """Members from behind a place on, and whether more follow."""

    def key(member: Member) -> tuple[int, ...]:
        return (member[1], member[0]) if by_join else (member[0],)

    if descending:
        end = len(members) if place is None else bisect_left(members, place, key=key)
        return members[max(end - limit, 0) : end][::-1], end > limit
    start = 0 if place is None else bisect_right(members, place, key=key)
    return members[start : start + limit], start + limit < len(members)


def _list(call: Call) -> RecordList:
    text = call.parameters["list"]
    found = call.account.lists.by_id.get(int(text)) if text.isdecimal() else None
    if found is None:
        raise list_not_found(text)
    return found


def _as_json(call: Call, lists: list[RecordList], body: Mapping[str, Any]) -> list[dict[str, object]]:
    names = [str(each) for each in body.get("additionalProperties") or ()]
    return [each.as_json(names, _stamped_until(call)) for each in lists]


def _stamped_until(call: Call) -> int:
    """Up to when the stamps of lists know what happened."""
    behavior, now = call.account.behavior, call.account.clock.now()
    if behavior.list_stamps == "frozen":
        return call.account.lists.started_at
    return now - behavior.list_stamps_delay * MINUTE if behavior.list_stamps == "late" else now


def _processing_types(body: Mapping[str, Any]) -> list[str]:
    types = [str(each) for each in body.get("processingTypes") or ()]
    for each in types:
        if each not in PROCESSING_TYPES:
            raise list_type_invalid(each)
    return types


def _count(body: Mapping[str, Any]) -> int:
    count = body.get("count", DEFAULT_COUNT)
    if not isinstance(count, int) or not 1 <= count <= MAX_COUNT:
        raise invalid(f"count is a number from 1 to {MAX_COUNT}", count=[str(count)])
    return count


ENDPOINTS = (
    Endpoint("POST", "/crm/lists/all", all_lists),
    Endpoint("POST", "/crm/lists/search", search_lists),
    Endpoint("GET", "/crm/lists/{list}", read_list),
    Endpoint("GET", "/crm/lists/{list}/memberships", list_members),
    Endpoint("GET", "/crm/lists/{list}/memberships/join-order", list_members_by_join),
    Endpoint("GET", "/crm/lists/records/{type}/{record}/memberships", lists_of_record),
)
