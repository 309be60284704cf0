import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, Reply, asker


def batch_read(hubspot: Asker, ids: list, version: str = "2026-09", archived: str = "false", **body: object) -> Reply:
    inputs = [{"id": str(each)} for each in ids]
    return hubspot.post(f"/crm/objects/{version}/contacts/batch/read", {"inputs": inputs, **body}, archived=archived)


def test_all_records_asked_for_come_once_in_another_order():
    hubspot = asker(sizes={"contacts": 100}, archived_share=0, merged_share=0)
    ids = hubspot.live()
    reply = batch_read(hubspot, ids[:50] + ids[:50], properties=["city"])
    assert reply.status == 200
    assert reply.json["status"] == "COMPLETE"
    assert reply.ids != ids[:50]
    assert sorted(reply.ids) == ids[:50]
    assert "city" in reply.json["results"][0]["properties"]


@pytest.mark.parametrize(("version", "status"), [("v3", 207), ("2026-03", 207), ("2026-09", 200)])
def test_missing_records_are_reported_in_one_error_under_the_status_of_the_version(
    hubspot: Asker, version: str, status: int
):
    known = hubspot.live()[0]
    reply = batch_read(hubspot, [known, 4, 5], version)
    assert reply.status == status
    assert reply.ids == [known]
    assert reply.json["numErrors"] == 1
    assert reply.json["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert reply.json["errors"][0]["context"]["ids"] == ["4", "5"]
    hubspot.order("behavior", batch_errors_in_200=True)
    assert batch_read(hubspot, [4], version).status == 200


def test_archived_records_are_read_with_archived_only(hubspot: Asker):
    record_id = hubspot.live()[0]
    hubspot.order("archive", type="contacts", ids=[record_id])
    assert batch_read(hubspot, [record_id]).ids == []
    assert batch_read(hubspot, [record_id], archived="true").ids == [record_id]


def test_merged_ids_are_missing_in_a_batch_but_resolve_one_by_one(hubspot: Asker):
    survivor, absorbed = hubspot.live()[:2]
    hubspot.order("merge", type="contacts", survivor=survivor, absorbed=[absorbed])
    assert batch_read(hubspot, [absorbed]).ids == []
    path = f"/crm/objects/2026-09/contacts/{absorbed}"
    assert hubspot.get(path).json["id"] == str(survivor)
    hubspot.order("behavior", merged_ids_resolve=False)
    assert hubspot.get(path).status == 404


def test_more_than_a_hundred_inputs_or_fifty_with_history_are_refused(hubspot: Asker):
    assert batch_read(hubspot, list(range(101))).status == 400
    assert batch_read(hubspot, list(range(50)), propertiesWithHistory=["email"]).status in (200, 207)
    refused = batch_read(hubspot, list(range(51)), propertiesWithHistory=["email"])
    assert refused.status == 400
    assert refused.json["message"].startswith("The maximum number of inputs supported in a batch request for property")


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"inputs": 3}', b'{"inputs": ["1"]}', b""])
def test_a_body_that_is_no_batch_is_refused(hubspot: Asker, body: bytes):
    reply = hubspot.post("/crm/objects/2026-09/contacts/batch/read", body)
    assert reply.status == 400
    assert reply.json["category"] == "VALIDATION_ERROR"


def test_records_can_be_asked_for_by_a_unique_property(hubspot: Asker):
    record_id = hubspot.live()[0]
    assert batch_read(hubspot, [hubspot.value("contacts", record_id, "email")], idProperty="email").ids == [record_id]
