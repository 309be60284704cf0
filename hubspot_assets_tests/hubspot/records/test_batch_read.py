"""Records by id: those that exist come, those that do not are left out, and nothing else is taken for either."""

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.scan import LONGEST_PROPERTY_LIST, Scan
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.records.portal_reading import ids_of
from hubspot_assets_tests.hubspot.scripted_server import Reply


@pytest.mark.parametrize("in_200", [True, False])
def test_ids_that_are_gone_are_left_out_whatever_the_status(
    portal: Portal, portal_client: Client, in_200: bool
) -> None:
    portal.behavior(batch_errors_in_200=in_200)
    live, archived = portal.ids("contacts")[:98], sorted(portal.truth("contacts").archived)[:2]
    portal.purge("contacts", live[:3])
    page = batch_read.page(portal_client, "contacts", [*live, *archived], ["firstname"], covers=IdRange(0, 7))
    assert sorted(ids_of([page])) == live[3:]
    assert (page.rows, page.covers) == (95, IdRange(0, 7))
    page = batch_read.page(portal_client, "contacts", [*live, *archived], ["firstname"], archived=True)
    assert sorted(ids_of([page])) == archived


def batch(*ids: int, errors: object = (), status: int = 207) -> Reply:
    body = {"status": "COMPLETE", "results": [{"id": str(id_)} for id_ in ids], "numErrors": 1, "errors": errors}
    return Reply(status, body)


def failure(category: str, *ids: int, **more: object) -> dict[str, object]:
    return {"status": "error", "category": category, "message": "…", "context": {"ids": [*map(str, ids)]}, **more}


FAILED = failure("INTERNAL_ERROR", 2)
ABSENT = failure("OBJECT_NOT_FOUND", 3)
NOT_FOUND = Reply(404, {"category": "OBJECT_NOT_FOUND", "message": "Object not found."})


@pytest.mark.parametrize("status", [200, 207])
@pytest.mark.parametrize(
    "failed",
    [
        FAILED,
        {"category": "INTERNAL_ERROR", "id": "2"},
        {"category": "INTERNAL_ERROR", "id": 2, "context": None},
        {"category": "INTERNAL_ERROR"},
        {"message": "odd"},
    ],
)
def test_a_record_that_hubspot_failed_to_read_is_asked_for_again(serve, connect, status, failed) -> None:
    server = serve(batch(1, errors=[failed, ABSENT], status=status), batch(1, 2, errors=[ABSENT], status=status))
    page = batch_read.page(connect(server), "contacts", [1, 2, 3], [])
    assert ids_of([page]) == [1, 2]
    assert [sorted(each["id"] for each in asked.json["inputs"]) for asked in server.asked] == [["1", "2", "3"]] * 2


def test_a_record_that_hubspot_goes_on_failing_to_read_is_an_error_and_never_absent(serve, connect) -> None:
    with pytest.raises(errors.PartialAnswer, match=r"INTERNAL_ERROR for 1 records \(2\)") as partial:
        batch_read.page(connect(serve(batch(1, errors=[FAILED, ABSENT]))), "contacts", [1, 2, 3], [])
    assert not partial.value.permanent
    assert partial.value.attempts == 6


def test_a_failure_that_cost_no_record_is_none(serve, connect) -> None:
    server = serve(batch(1, 2, errors=[FAILED]))
    assert ids_of([batch_read.page(connect(server), "contacts", [1, 2], [])]) == [1, 2]
    assert len(server.asked) == 1


def test_a_record_of_which_hubspot_says_nothing_is_asked_for_alone(serve, connect) -> None:
    server = serve(batch(1, errors=[], status=200), NOT_FOUND)
    page = batch_read.page(connect(server), "contacts", [1, 2], ["firstname"], archived=True)
    assert ids_of([page]) == [1]
    assert server.asked[1].target == "/crm/objects/2026-09/contacts/2?properties=hs_object_id&archived=true"


@pytest.mark.parametrize("nothing", [None, [], [failure("OBJECT_NOT_FOUND")]])
def test_a_record_that_exists_though_a_batch_left_it_out_fails_the_read(serve, connect, nothing) -> None:
    server = serve(batch(1, errors=nothing, status=200), Reply(body={"id": "2", "properties": {}}))
    with pytest.raises(errors.PartialAnswer, match="HubSpot has the record 2 of contacts"):
        batch_read.page(connect(server), "contacts", [1, 2], [])


def test_a_record_that_leads_to_another_was_merged_away(serve, connect) -> None:
    server = serve(batch(1, errors=None, status=200), Reply(body={"id": "1", "properties": {}}))
    assert ids_of([batch_read.page(connect(server), "contacts", [1, 2], [])]) == [1]


def test_an_endpoint_that_is_not_there_does_not_make_records_absent(serve, connect) -> None:
    server = serve(batch(1, errors=None, status=200), Reply(404, b"<html>no such page</html>"))
    with pytest.raises(errors.NotFound, match="no such endpoint"):
        batch_read.page(connect(server), "contacts", [1, 2], [])


def test_a_scan_by_batches_loses_no_record_to_a_partial_answer(serve, connect) -> None:
    names = ["x" * 99] * (LONGEST_PROPERTY_LIST // 100 + 1)
    listed = Reply(body={"results": [{"id": "1"}, {"id": "2"}]})
    server = serve(listed, batch(1, errors=[FAILED]), batch(1, 2, errors=[]))
    assert ids_of(Scan(connect(server), "contacts", names).pages(expected=2)) == [1, 2]
