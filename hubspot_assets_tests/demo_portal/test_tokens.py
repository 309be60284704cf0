import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker

CONTACTS = "/crm/objects/2026-09/contacts"


@pytest.mark.parametrize("token", ["", "pat-na1-0000-unknown"])
def test_a_missing_or_unknown_token_is_refused(hubspot: Asker, token: str):
    reply = hubspot.get(CONTACTS, token)
    assert (reply.status, reply.json["category"]) == (401, "INVALID_AUTHENTICATION")
    assert reply.json["correlationId"] == reply.headers["x-hubspot-correlation-id"]


def test_an_undecodable_token_counts_as_expired_since_1970(hubspot: Asker):
    reply = hubspot.get(CONTACTS, "${HUBSPOT_ACCESS_TOKEN}")
    assert (reply.status, reply.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert reply.json["context"] == {"expire time": ["1970-01-01T00:00:00Z"]}
    assert "20778 day(s) ago" in reply.json["message"]


def test_a_token_expires_when_its_time_is_up_and_a_revoked_one_is_unknown(hubspot: Asker):
    token = hubspot.order("token", expires_in=60)["token"]
    assert hubspot.get(CONTACTS, token).status == 200
    hubspot.order("clock", advance=100)
    reply = hubspot.get(CONTACTS, token)
    assert "expired 40 second(s) ago" in reply.json["message"]
    assert reply.json["context"]["expire time"][0].startswith("2026-11-21T12:01:00")
    other = hubspot.order("token")["token"]
    hubspot.order("revoke", value=other)
    assert hubspot.get(CONTACTS, other).json["category"] == "INVALID_AUTHENTICATION"


def test_a_missing_scope_is_named(hubspot: Asker):
    token = hubspot.order("token", without=["crm.objects.contacts.read"])["token"]
    reply = hubspot.get(CONTACTS, token)
    assert (reply.status, reply.json["category"]) == (403, "MISSING_SCOPES")
    assert reply.json["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.read"]
    assert hubspot.post(f"{CONTACTS}/search", {}, token).status == 403
    assert hubspot.post(f"{CONTACTS}/batch/read", {"inputs": []}, token).status == 403
    assert hubspot.get("/crm/objects/2026-09/deals", token).status == 200


def test_definitions_are_readable_with_the_schema_scope_alone_and_refused_without_either(hubspot: Asker):
    schema_only = hubspot.order("token", scopes=["crm.schemas.contacts.read"])["token"]
    assert hubspot.get("/crm/properties/2026-09/contacts", schema_only).status == 200
    assert hubspot.get(CONTACTS, schema_only).status == 403
    nothing = hubspot.order("token", scopes=[])["token"]
    assert hubspot.get("/crm/properties/2026-09/contacts", nothing).status == 403
    assert hubspot.get("/crm/pipelines/2026-09/leads", nothing).status == 403
    assert hubspot.get("/crm/owners/2026-09", nothing).status == 403


def test_any_one_of_the_alternative_scopes_is_enough():
    hubspot = asker(sizes={"products": 5})
    commerce = hubspot.order("token", scopes=["e-commerce"])["token"]
    assert hubspot.get("/crm/objects/2026-09/products", commerce).status == 200


def test_the_default_token_may_read_every_type_there_is():
    hubspot = asker(sizes={})
    for object_type in hubspot.account.types:
        assert hubspot.get(f"/crm/objects/2026-09/{object_type.object_type_id}").json == {"results": []}
