from datetime import UTC, datetime

import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker

DEALS = "/crm/objects/2026-09/deals"


@pytest.fixture
def hubspot() -> Asker:
    return asker(sizes={"contacts": 20, "deals": 20}, odd_values=False)


def history(hubspot: Asker, id_: int, *names: str, archived: str = "false", type: str = "deals", **more: str) -> dict:
    body = {"inputs": [{"id": str(id_)}], "properties": [], "propertiesWithHistory": list(names)}
    reply = hubspot.post(f"/crm/objects/2026-09/{type}/batch/read", body, archived=archived, **more)
    return reply.json["results"][0]["propertiesWithHistory"]


def change(hubspot: Asker, id_: int, value: str | None, **more: object) -> None:
    hubspot.order("change", type="deals", ids=[id_], properties={"dealname": value}, **more)


def test_the_value_before_the_first_change_is_a_version_too(hubspot: Asker):
    deal = hubspot.live("deals")[0]
    before = hubspot.value("deals", deal, "dealname")
    change(hubspot, deal, "Ship")
    assert [each["value"] for each in history(hubspot, deal, "dealname")["dealname"]] == ["Ship", before]


def test_a_cleared_value_is_an_empty_version_and_an_unchanged_one_none(hubspot: Asker):
    deal = hubspot.live("deals")[0]
    for value in ("Ship", "Ship", None, ""):
        change(hubspot, deal, value)
    assert [each["value"] for each in history(hubspot, deal, "dealname")["dealname"]][:-1] == ["", "Ship"]


def test_who_set_a_value_is_told_as_far_as_it_is_known(hubspot: Asker):
    deal = hubspot.live("deals")[0]
    change(hubspot, deal, "A", source={"type": "INTEGRATION", "id": "1034", "label": "ERP sync"})
    change(hubspot, deal, "B", touch=False)
    change(hubspot, deal, "C")
    user, calculated, erp, imported = history(hubspot, deal, "dealname")["dealname"]
    assert (user["sourceType"], user["updatedByUserId"]) == ("CRM_UI", 9586504)
    assert calculated.keys() == {"value", "timestamp", "sourceType"}
    assert (erp["sourceId"], erp["sourceLabel"], "updatedByUserId" in erp) == ("1034", "ERP sync", False)
    assert imported["sourceType"] == "IMPORT"


def test_two_versions_may_share_a_millisecond(hubspot: Asker):
    deal = hubspot.live("deals")[0]
    at = datetime(2026, 11, 21, 12, tzinfo=UTC).isoformat()
    change(hubspot, deal, "A", at=at)
    change(hubspot, deal, "B", at=at)
    newest, older = history(hubspot, deal, "dealname")["dealname"][:2]
    assert (newest["value"], older["value"]) == ("B", "A")
    assert newest["timestamp"] == older["timestamp"]


@pytest.mark.parametrize(("type", "property", "kept"), [("deals", "dealname", 20), ("contacts", "firstname", 45)])
def test_the_oldest_versions_are_forgotten_but_remembered_as_served(hubspot: Asker, type, property, kept):
    id_ = hubspot.live(type)[0]
    for number in range(60):
        hubspot.order("change", type=type, ids=[id_], properties={property: str(number)})
        if number == 30:
            history(hubspot, id_, property, type=type)
    versions = history(hubspot, id_, property, type=type)[property]
    assert [each["value"] for each in versions] == [str(59 - number) for number in range(kept)]
    served = {row[3] for row in hubspot.account.history.served(type) if row[0] == id_}
    first = max(31 - kept, 0)
    assert served >= {str(number) for number in (*range(first, 31), *range(60 - kept, 60))}
    hubspot.order("behavior", versions_kept=3)
    assert len(history(hubspot, id_, property, type=type)[property]) == 3


def test_a_survivor_has_the_versions_of_what_it_absorbed_and_keeps_its_values(hubspot: Asker):
    survivor, absorbed = hubspot.live("deals")[:2]
    change(hubspot, survivor, "Mine")
    change(hubspot, absorbed, "Theirs")
    hubspot.order("merge", type="deals", survivor=survivor, absorbed=[absorbed])
    versions = history(hubspot, survivor, "dealname")["dealname"]
    assert [each["value"] for each in versions[:3]] == ["Mine", "Theirs", "Mine"]
    assert versions[0]["sourceType"] == "MERGE_OBJECTS"
    assert len(versions) == 5


def test_a_new_id_has_the_versions_of_all_that_were_merged_into_it(hubspot: Asker):
    survivor, absorbed = hubspot.live("deals")[:2]
    change(hubspot, survivor, "Mine")
    change(hubspot, absorbed, "Theirs")
    minted = hubspot.order("merge", type="deals", survivor=survivor, absorbed=[absorbed], mint=True)["id"]
    versions = history(hubspot, minted, "dealname")["dealname"]
    assert [each["value"] for each in versions[:3]] == ["Mine", "Theirs", "Mine"]
    assert [each["sourceType"] for each in versions] == ["MERGE_OBJECTS", "CRM_UI", "CRM_UI", "IMPORT", "IMPORT"]


def test_archived_records_have_their_history_in_the_recycle_bin(hubspot: Asker):
    deal = hubspot.live("deals")[0]
    change(hubspot, deal, "A")
    hubspot.order("archive", type="deals", ids=[deal])
    assert history(hubspot, deal, "dealname", archived="true")["dealname"][0]["value"] == "A"


def test_lists_and_single_reads_have_history_too(hubspot: Asker):
    page = hubspot.get(DEALS, limit=50, propertiesWithHistory="dealstage,no_such").json["results"][0]
    assert page["propertiesWithHistory"].keys() == {"dealstage"}
    assert hubspot.get(DEALS, limit=51, propertiesWithHistory="dealstage").status == 400
    one = hubspot.get(f"{DEALS}/{page['id']}", propertiesWithHistory="dealstage").json
    assert one["propertiesWithHistory"] == page["propertiesWithHistory"]


def test_properties_never_set_have_no_version_and_sensitive_ones_need_their_scope(hubspot: Asker):
    contact = hubspot.live()[0]
    hubspot.order("change", type="contacts", ids=[contact], properties={"passport_number": "X1"})
    hubspot.order("create_property", type="contacts", name="empty")
    seen = history(hubspot, contact, "passport_number", "empty", type="contacts")
    assert (seen["empty"], seen["passport_number"][0]["value"]) == ([], "X1")
    token = hubspot.account.tokens.issue(
        without=["crm.objects.contacts.sensitive.read", "crm.objects.contacts.highly_sensitive.read"]
    ).value
    assert "passport_number" not in history(hubspot, contact, "passport_number", type="contacts", token=token)
