from collections.abc import Iterator

import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, Reply, asker

ALL = "/crm/lists/2026-09/all"
NAMES = ["hs_list_size", "hs_folder_name", "hs_last_record_added_at", "hs_last_record_removed_at"]


@pytest.fixture
def hubspot() -> Asker:
    return asker(sizes={"contacts": 60, "companies": 20, "cars": 10})


def every_list(hubspot: Asker, **body: object) -> Iterator[dict]:
    after: dict = {}
    while True:
        reply = hubspot.post(ALL, {"additionalProperties": NAMES, **body, **after})
        yield from reply.json["results"]
        if reply.after is None:
            return
        after = {"after": reply.after}


def one(hubspot: Asker, id_: int) -> dict:
    return next(each for each in every_list(hubspot) if each["listId"] == str(id_))


def members(hubspot: Asker, id_: int, what: str = "memberships", **query: object) -> list[int]:
    pages = hubspot_pages(hubspot, f"/crm/lists/2026-09/{id_}/{what}", **query)
    return [int(each["recordId"]) for page in pages for each in page.json["results"]]


def hubspot_pages(hubspot: Asker, path: str, **query: object) -> Iterator[Reply]:
    reply = hubspot.get(path, **query)  # type: ignore[arg-type]
    yield reply
    while reply.after is not None:
        reply = hubspot.get(path, **{**query, "after": reply.after})  # type: ignore[arg-type]
        yield reply


def test_all_lists_of_all_object_types_come_by_cursor_in_order(hubspot: Asker):
    ids = [int(each["listId"]) for each in every_list(hubspot, count=2)]
    assert ids == sorted(hubspot.account.lists.by_id)
    assert {each["objectTypeId"] for each in every_list(hubspot)} == {"0-1", "0-2", "2-41234567"}
    assert {each["processingType"] for each in every_list(hubspot, processingTypes=["MANUAL"])} == {"MANUAL"}
    assert len({each["listId"] for each in every_list(hubspot, objectTypeId="0-2")}) == 1


def test_additional_properties_are_texts_and_absent_when_empty(hubspot: Asker):
    made = hubspot.order("put_list", type="companies", name="New")["id"]
    assert one(hubspot, made)["additionalProperties"] == {"hs_list_size": "0"}
    hubspot.order("join_list", id=made, records=hubspot.live("companies")[:3])
    now = str(hubspot.account.clock.now())
    assert one(hubspot, made)["additionalProperties"]["hs_list_size"] == "3"
    assert len(one(hubspot, made)["additionalProperties"]["hs_last_record_added_at"]) == len(now)


@pytest.mark.parametrize("after", ["x", "bm9wZQ==", "e30="])
def test_a_cursor_that_is_malformed_or_of_other_filters_is_refused(hubspot: Asker, after: str):
    refused = hubspot.post(ALL, {"additionalProperties": [], "processingTypes": [], "after": after})
    assert (refused.status, refused.json["subCategory"]) == (400, "INVALID_CURSOR")
    cursor = hubspot.post(ALL, {"count": 1}).after
    assert hubspot.post(ALL, {"count": 1, "after": cursor, "objectTypeId": "0-2"}).status == 400
    assert hubspot.post(ALL, {"count": 501}).status == 400
    assert hubspot.post(ALL, {"processingTypes": ["ODD"]}).json["subCategory"] == "INVALID_PROCESSING_TYPE"


def test_all_is_new_in_2026_09_and_may_be_missing(hubspot: Asker):
    assert hubspot.post("/crm/lists/2026-03/all", {}).status == 404
    assert hubspot.post("/crm/v3/lists/all", {}).status == 404
    hubspot.order("behavior", lists_by_cursor=False)
    assert hubspot.post(ALL, {}).status == 404


def test_search_pages_by_offset_up_to_the_ten_thousandth(hubspot: Asker):
    body = {"offset": 0, "count": 3, "listIds": [], "processingTypes": [], "sort": "HS_LIST_ID"}
    first = hubspot.post("/crm/lists/2026-09/search", body).json
    total = len(hubspot.account.lists.by_id)
    assert (first["offset"], first["hasMore"], first["total"], len(first["lists"])) == (3, True, total, 3)
    assert hubspot.post("/crm/lists/2026-09/search", {**body, "offset": 9_998}).status == 400
    some = hubspot.post("/crm/lists/2026-09/search", {**body, "listIds": ["41", "44", "1"]}).json
    assert [each["listId"] for each in some["lists"]] == ["41", "44"]


@pytest.mark.parametrize("descending", [True, False])
def test_members_come_by_record_id_or_in_either_join_order(hubspot: Asker, descending: bool):
    made = hubspot.order("put_list", type="contacts")["id"]
    contacts = hubspot.live()[:20]
    hubspot.order("behavior", join_order_descending=descending)
    for number, contact in enumerate(reversed(contacts)):
        hubspot.order("join_list", id=made, records=[contact], at=f"2026-11-20T10:00:{number:02}Z")
    assert members(hubspot, made, limit=7) == contacts
    joined = contacts if descending else contacts[::-1]
    assert members(hubspot, made, "memberships/join-order", limit=7) == joined
    page = hubspot.get(f"/crm/lists/2026-09/{made}/memberships/join-order", limit=3)
    before = hubspot.get(f"/crm/lists/2026-09/{made}/memberships/join-order", limit=2, before=page.after).json
    assert [int(each["recordId"]) for each in before["results"]] == joined[:2][::-1]
    assert hubspot.get(f"/crm/lists/2026-09/{made}/memberships", limit=251).status == 400
    assert hubspot.get(f"/crm/lists/2026-09/{made}/memberships", after="x").status == 400


def test_stamps_move_on_time_late_or_never(hubspot: Asker):
    made = hubspot.order("put_list", type="contacts")["id"]
    hubspot.order("behavior", list_stamps="late", list_stamps_delay=10)
    hubspot.order("join_list", id=made, records=hubspot.live()[:3])
    assert "hs_last_record_added_at" not in one(hubspot, made)["additionalProperties"]
    assert one(hubspot, made)["additionalProperties"]["hs_list_size"] == "3"
    hubspot.order("clock", advance=601)
    assert "hs_last_record_added_at" in one(hubspot, made)["additionalProperties"]
    hubspot.order("behavior", list_stamps="frozen")
    assert "hs_last_record_added_at" not in one(hubspot, made)["additionalProperties"]
    hubspot.order("behavior", list_stamps="on_time")
    hubspot.order("leave_list", id=made, records=hubspot.live()[:1])
    assert "hs_last_record_removed_at" in one(hubspot, made)["additionalProperties"]


def test_records_that_are_not_live_are_in_no_list_and_survivors_in_those_of_the_absorbed(hubspot: Asker):
    made = hubspot.order("put_list", type="contacts")["id"]
    archived, purged, absorbed, survivor = hubspot.live()[:4]
    hubspot.order("join_list", id=made, records=[archived, purged, absorbed])
    hubspot.order("archive", type="contacts", ids=[archived])
    hubspot.order("purge", type="contacts", ids=[purged])
    hubspot.order("merge", type="contacts", survivor=survivor, absorbed=[absorbed])
    assert members(hubspot, made) == [survivor]
    lists = hubspot.get(f"/crm/lists/2026-09/records/0-1/{survivor}/memberships").json["results"]
    assert str(made) in {each["listId"] for each in lists}


def test_deleted_lists_vanish_and_lists_need_their_scope(hubspot: Asker):
    made = hubspot.order("put_list", type="contacts", status="PROCESSING")["id"]
    assert one(hubspot, made)["processingStatus"] == "PROCESSING"
    hubspot.order("remove_list", id=made)
    assert str(made) not in {each["listId"] for each in every_list(hubspot)}
    assert hubspot.get(f"/crm/lists/2026-09/{made}/memberships").json["category"] == "OBJECT_NOT_FOUND"
    token = hubspot.account.tokens.issue(scopes=["tickets"]).value
    assert hubspot.post(ALL, {}, token).status == 403
