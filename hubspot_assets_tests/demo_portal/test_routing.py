import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2026-09/contacts",
        "/crm/objects/2026-03/contacts",
        "/crm/v3/objects/contacts",
        "/crm/v4/objects/contacts",
        "/crm/2026-09/objects/contacts",
        "/crm/objects/v3/contacts",
        "/crm/v3/objects/contacts/",
        "/crm/objects/2026-09/CONTACT",
        "/crm/objects/2026-09/contact",
        "/crm/objects/2026-09/0-1",
    ],
)
def test_versions_and_spellings_lead_to_the_same_records(hubspot: Asker, path: str):
    assert hubspot.get(path, limit=100).ids == hubspot.live()


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("companies", "companies"),
        ("company", "companies"),
        ("goal_targets", "goals"),
        ("line_item", "line_items"),
        ("commerce_payments", "commerce_payments"),
        ("0-162", "services"),
        ("services", "services"),
        ("tax", "taxes"),
        ("2-41234567", "cars"),
        ("p7654321_cars", "cars"),
    ],
)
def test_every_object_type_is_reached_by_its_names(spelling: str, name: str):
    hubspot = asker(sizes={name: 3}, archived_share=0)
    assert hubspot.get(f"/crm/objects/2026-09/{spelling}").ids == hubspot.live(name)


@pytest.mark.parametrize("name", ["butterflies", "cars", "2-999", "contactss"])
def test_an_unknown_type_or_the_bare_name_of_a_custom_object_cannot_be_inferred(hubspot: Asker, name: str):
    for reply in (
        hubspot.get(f"/crm/objects/2026-09/{name}"),
        hubspot.post(f"/crm/objects/2026-09/{name}/search", {}),
        hubspot.get(f"/crm/properties/2026-09/{name}"),
    ):
        assert reply.status == 400
        assert reply.json["message"] == f"Unable to infer object type from: {name}"
        assert "category" not in reply.json


@pytest.mark.parametrize(
    "path", ["/", "/crm", "/crm/objects/contacts", "/crm/objects/2027-03/contacts", "/crm/v3/nothing/here", "/v3"]
)
def test_an_unknown_path_is_a_page_of_html(hubspot: Asker, path: str):
    reply = hubspot.get(path)
    assert reply.status == 404
    assert reply.headers["content-type"] == "text/html;charset=utf-8"
    assert reply.body.startswith(b"<html>")


def test_a_known_path_with_another_method_is_refused(hubspot: Asker):
    assert hubspot.post("/crm/objects/2026-09/contacts", {}).status == 405


def test_answers_carry_hubspots_headers(hubspot: Asker):
    reply = hubspot.get("/crm/objects/2026-09/contacts")
    assert reply.headers["content-type"] == "application/json;charset=utf-8"
    assert reply.headers["date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert reply.headers["x-hubspot-correlation-id"][14] == "7", "a UUID version 7"
    assert int(reply.headers["content-length"]) == len(reply.body)
