from urllib.parse import urlencode

from hubspot_assets_tests.demo_portal.asker import Asker, asker

REFRESH = {
    "grant_type": "refresh_token",
    "client_id": "demo-client-id",
    "client_secret": "demo-client-secret",
    "refresh_token": "na1-demo-refresh-token",
}


def test_account_details_are_open_to_every_token(hubspot: Asker):
    token = hubspot.account.tokens.issue(scopes=[]).value
    details = hubspot.get("/account-info/2026-09/details", token).json
    assert (details["portalId"], details["accountType"], details["timeZone"]) == (7654321, "STANDARD", "US/Eastern")
    assert (details["utcOffset"], details["utcOffsetMilliseconds"]) == ("-05:00", -18_000_000)
    assert details["uiDomain"] == "app.hubspot.com"


def test_owners_are_paged_and_archived_ones_listed_apart_without_a_user_id(hubspot: Asker):
    pages = list(hubspot.pages("/crm/owners/2026-09", limit=4))
    owners = [each for page in pages for each in page.json["results"]]
    assert len(pages) == 3
    assert len({owner["id"] for owner in owners}) == 10
    archived = hubspot.get("/crm/owners/2026-09", archived="true").json["results"]
    assert all(owner["archived"] and owner["userId"] is None and owner["userIdIncludingInactive"] for owner in archived)
    assert hubspot.get("/crm/owners/2026-09", email=owners[0]["email"]).json["results"] == owners[:1]


def test_an_owner_is_found_by_owner_id_or_by_user_id(hubspot: Asker):
    owner = hubspot.get("/crm/owners/2026-09/41629779").json
    assert hubspot.get(f"/crm/owners/2026-09/{owner['userId']}", idProperty="userId").json == owner
    assert hubspot.get("/crm/owners/2026-09/1").status == 404


def test_record_limits_count_the_live_records_of_the_types_a_token_may_read():
    hubspot = asker(sizes={"contacts": 40, "cars": 5})
    token = hubspot.account.tokens.issue(scopes=["crm.objects.contacts.read", "crm.objects.custom.read"]).value
    found = hubspot.get("/crm/limits/2026-09/records", token).json
    usage = {each["objectTypeId"]: each["usage"] for each in found["hubspotDefinedObjectTypes"]}
    assert usage["0-1"] == len(hubspot.live())
    assert "0-3" not in usage
    assert found["customObjectTypes"]["overallUsage"] == len(hubspot.live("cars"))
    no_scope = hubspot.account.tokens.issue(scopes=[]).value
    assert hubspot.get("/crm/limits/2026-09/records", no_scope).status == 403


def test_token_information_lists_the_scopes_of_a_private_token_and_needs_no_header(hubspot: Asker):
    token = hubspot.account.tokens.issue(scopes=["tickets"]).value
    found = hubspot.post("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": token}, token="").json
    assert found["scopes"] == ["oauth", "tickets"]
    assert found["hubId"] == 7654321
    assert hubspot.post("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "x"}, token="").status == 401


def test_a_refresh_token_gives_access_tokens_that_live_for_half_an_hour(hubspot: Asker):
    reply = hubspot.post("/oauth/2026-09/token", urlencode(REFRESH).encode(), token="").json
    assert (reply["token_type"], reply["expires_in"], reply["refresh_token"]) == (
        "bearer", 1800, "na1-demo-refresh-token",
    )  # fmt: skip
    assert hubspot.get("/crm/objects/2026-09/contacts", reply["access_token"]).status == 200
    hubspot.order("clock", advance=1801)
    expired = hubspot.get("/crm/objects/2026-09/contacts", reply["access_token"])
    assert (expired.status, expired.json["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_wrong_oauth_credentials_are_named_as_hubspot_names_them(hubspot: Asker):
    for change, status in (({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"), ({"client_secret": "x"}, "BAD_CLIENT_ID")):
        reply = hubspot.post("/oauth/v1/token", urlencode({**REFRESH, **change}).encode(), token="")
        assert (reply.status, reply.json["status"]) == (400, status)
    reply = hubspot.post("/oauth/v3/token", urlencode({**REFRESH, "grant_type": "password"}).encode(), token="")
    assert reply.status == 400


def test_library_objects_are_enabled(hubspot: Asker):
    enabled = hubspot.get("/crm/object-library/2026-09/enablement").json["enablementByObjectTypeId"]
    assert enabled["0-162"] is True
