"""Lists: all of them, of all object types, however HubSpot lets them be read."""

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.lists import lists
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.scripted_server import Reply


def the_same(found: list, truth: list[dict]) -> bool:
    """Whether the lists found are those of the portal, in order of id, with all that is said of them."""

    def told(each: dict) -> tuple:
        more = each["additionalProperties"]
        names = ("hs_list_size", "hs_folder_name", "hs_last_record_added_at", "hs_last_record_removed_at")
        return (
            each["listId"],
            each["name"],
            each["listVersion"],
            each["processingStatus"],
            each["updatedAt"],
            *map(more.get, names),
        )

    assert [
        (
            each.list_id, each.name, each.list_version, each.processing_status, each.updated_at,
            each.size, each.folder_name, each.last_record_added_at, each.last_record_removed_at,
        )
        for each in found
    ] == [told(each) for each in truth]  # fmt: skip
    return bool(truth)


def test_all_lists_are_read_by_cursor_five_hundred_a_request(portal: Portal, portal_client: Client):
    portal.put_lists("companies", 600)
    portal.put_lists("cars", 500, processing_type="DYNAMIC", status="PROCESSING")
    assert the_same(lists(portal_client), portal.lists())
    assert [each["path"] for each in portal.requests()] == ["/crm/lists/2026-09/all"] * 3


@pytest.mark.parametrize("count", [5, 700])
def test_where_there_is_no_cursor_they_are_searched(portal: Portal, portal_client: Client, count: int):
    portal.behavior(lists_by_cursor=False)
    portal.put_lists("companies", count)
    assert the_same(lists(portal_client), portal.lists())


def test_search_gives_those_beyond_its_ceiling_by_id(portal: Portal, portal_client: Client):
    portal.behavior(lists_by_cursor=False)
    made = portal.put_lists("companies", 10_300)
    portal.put_list(made[-1] + 4_000, type="contacts")
    portal.remove_list(made[7])
    assert the_same(lists(portal_client), portal.lists())


def test_a_search_that_does_not_give_what_it_counts_fails(portal: Portal, portal_client: Client):
    portal.behavior(lists_by_cursor=False)
    made = portal.put_lists("companies", 10_100)
    portal.put_list(made[-1] + 40_000, type="contacts")
    with pytest.raises(errors.UnreadableAnswer, match=r"has 10,\d+ lists, but only 10,\d+ of them can be found"):
        lists(portal_client)


def test_a_read_in_trouble_is_as_complete_as_one_without(portal: Portal, portal_client: Client):
    portal.put_lists("companies", 1_500)
    portal.faults([{"kind": kind, "every": 3} for kind in ("server_error", "truncated", "reset")])
    assert the_same(lists(portal_client), portal.lists())


def test_a_list_with_the_least_that_hubspot_promises_is_read_and_a_circle_ends(serve, connect):
    server = serve(Reply(body={"results": [{"listId": "1"}], "total": 1}))
    (found,) = lists(connect(server))
    assert (found.size, found.folder_name, found.last_record_added_at) == (None, None, None)
    assert set(server.asked[0].json) == {"processingTypes", "additionalProperties", "count"}
    server = serve(Reply(body={"results": [], "paging": {"next": {"after": "x"}}}))
    with pytest.raises(errors.UnreadableAnswer, match="leads to itself"):
        lists(connect(server))


def test_a_missing_scope_is_named(portal: Portal, portal_client: Client):
    portal.faults([{"kind": "missing_scopes", "scopes": ["crm.lists.read"]}])
    with pytest.raises(errors.MissingScopes, match=r"crm\.lists\.read"):
        lists(portal_client)
