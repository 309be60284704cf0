import pytest

from hubspot_assets.demo_portal.orders import BadOrder
from hubspot_assets_tests.demo_portal.asker import Asker, asker

BATCH = "/crm/associations/2026-09/contacts/companies/batch/read"


def people(**options: object) -> Asker:
    return asker(sizes={"contacts": 40, "companies": 5}, archived_share=0, merged_share=0, **options)


def test_a_batch_gives_every_type_of_each_pair_and_an_error_for_each_record_without_any():
    hubspot = people()
    ids = hubspot.live()
    reply = hubspot.post(BATCH, {"inputs": [{"id": str(each)} for each in ids]})
    given = {int(each["from"]["id"]): each["to"] for each in reply.json["results"]}
    known = {each: hubspot.account.associations.of("contacts", each, "companies") for each in ids}
    assert set(given) == {each for each, pairs in known.items() if pairs} != set(ids)
    assert reply.status == 207
    assert reply.json["status"] == "COMPLETE"
    assert reply.json["numErrors"] == len(reply.json["errors"]) == len(set(ids) - set(given))
    types = {
        (each["category"], each["typeId"]): each["label"] for to in given.values() for each in to[0]["associationTypes"]
    }
    assert types[("HUBSPOT_DEFINED", 279)] is None
    assert types[("HUBSPOT_DEFINED", 1)] == "Primary"
    assert all(isinstance(to[0]["toObjectId"], int) for to in given.values())


def test_a_record_without_associations_is_named_only_in_the_context_of_its_error():
    hubspot = people()
    created = hubspot.order("create", type="contacts")["id"]
    assert hubspot.post(BATCH, {"inputs": [{"id": str(created)}]}).json["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No company is associated with contact {created}.",
            "context": {
                "fromObjectId": [str(created)], "fromObjectType": ["contact"], "toObjectType": ["company"],
            },
        }
    ]  # fmt: skip


def test_records_without_associations_can_be_left_out_instead():
    hubspot = people()
    hubspot.order("behavior", empty_associations_as_errors=False)
    created = hubspot.order("create", type="contacts")["id"]
    reply = hubspot.post(BATCH, {"inputs": [{"id": str(created)}]})
    assert (reply.status, reply.json["results"]) == (200, [])


def test_an_id_that_is_none_is_an_error_of_its_own():
    reply = people().post(BATCH, {"inputs": [{"id": "ada"}]})
    assert reply.status == 207
    error = reply.json["errors"][0]
    assert (error["category"], error["subCategory"]) == ("VALIDATION_ERROR", "crm.associations.INVALID_IDENTIFIER")
    assert error["context"] == {"id": ["ada"]}


def test_types_that_cannot_be_associated_are_refused():
    hubspot = people()
    path = "/crm/associations/2026-09/products/contacts/batch/read"
    reply = hubspot.post(path, {"inputs": [{"id": "1"}]})
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")


def test_leads_name_their_deals_and_deals_never_name_their_leads():
    hubspot = asker(sizes={"deals": 3, "leads": 3}, archived_share=0)
    deal, lead = hubspot.live("deals")[0], hubspot.live("leads")[0]
    hubspot.order("associate", type="deals", id=deal, to="leads", to_id=lead)
    found = hubspot.post("/crm/associations/2026-09/0-136/0-3/batch/read", {"inputs": [{"id": str(lead)}]}).json
    assert [each["toObjectId"] for each in found["results"][0]["to"]] == [deal]
    silent = hubspot.post("/crm/associations/2026-09/0-3/0-136/batch/read", {"inputs": [{"id": str(deal)}]}).json
    assert silent["results"] == []
    assert silent["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


def test_two_labels_of_one_pair_read_otherwise_from_each_side():
    hubspot = people()
    boss, report = hubspot.live()[:2]
    hubspot.order("associate", type="contacts", id=report, to="contacts", to_id=boss, label="Manager")
    labels = {
        int(each["from"]["id"]): [kind["label"] for kind in each["to"][0]["associationTypes"]]
        for each in hubspot.post(
            "/crm/associations/2026-09/0-1/0-1/batch/read", {"inputs": [{"id": str(boss)}, {"id": str(report)}]}
        ).json["results"]
    }
    assert labels == {report: [None, "Manager"], boss: [None, "Report"]}


def test_a_record_with_many_associations_is_paged_on_its_own():
    hubspot = people()
    hubspot.order("behavior", associations_page=3)
    company = hubspot.live("companies")[0]
    expected = [to_id for to_id, _ in hubspot.account.associations.of("companies", company, "contacts")]
    path = "/crm/associations/2026-09/companies/contacts/batch/read"
    found, given = [], {"id": str(company)}
    while True:
        page = hubspot.post(path, {"inputs": [given]}).json["results"][0]
        found += [each["toObjectId"] for each in page["to"]]
        if "paging" not in page:
            break
        given = {"id": str(company), "after": page["paging"]["next"]["after"]}
    assert found == expected
    assert len(expected) > 3
    legacy = hubspot.post("/crm/v3/associations/companies/contacts/batch/read", {"inputs": [given]})
    assert [each["toObjectId"] for each in legacy.json["results"][0]["to"]] == expected[:3], "v3 ignores the cursor"


def test_one_records_associations_are_listed_and_gone_records_are_not_among_them():
    hubspot = people()
    contact = next(e for e in hubspot.live() if hubspot.account.associations.of("contacts", e, "companies"))
    path = f"/crm/objects/2026-09/contacts/{contact}/associations/companies"
    company = hubspot.get(path).json["results"][0]["toObjectId"]
    hubspot.order("archive", type="companies", ids=[company])
    assert hubspot.get(path).json["results"] == []


def test_records_can_be_associated_and_taken_apart():
    hubspot = people()
    contact = hubspot.order("create", type="contacts")["id"]
    company = hubspot.live("companies")[0]
    hubspot.order("associate", type="contacts", id=contact, to="companies", to_id=company, label="Primary")
    found = hubspot.post(BATCH, {"inputs": [{"id": str(contact)}]}).json["results"][0]["to"][0]
    assert [each["typeId"] for each in found["associationTypes"]] == [279, 1]
    hubspot.order("dissociate", type="contacts", id=contact, to="companies", to_id=company)
    assert hubspot.post(BATCH, {"inputs": [{"id": str(contact)}]}).json["results"] == []


def test_a_label_of_an_app_can_be_added_and_taken_off_again():
    hubspot = people()
    contact, company = hubspot.order("create", type="contacts")["id"], hubspot.live("companies")[0]
    pair = {"type": "contacts", "id": contact, "to": "companies", "to_id": company}
    for label in (None, "ERP customer", "Decision maker"):
        hubspot.order("associate", **pair, label=label)
    given = hubspot.account.associations.of("contacts", contact, "companies")[0][1]
    assert {each.category for each in given} == {"HUBSPOT_DEFINED", "USER_DEFINED", "INTEGRATOR_DEFINED"}
    hubspot.order("dissociate", **pair, label="ERP customer")
    given = hubspot.account.associations.of("contacts", contact, "companies")[0][1]
    assert [each.label for each in given] == [None, "Decision maker"]
    back = dict(hubspot.account.associations.of("companies", company, "contacts"))[contact]
    assert [each.label for each in back] == [None, "Decision maker"]
    with pytest.raises(BadOrder, match="not associated"):
        hubspot.order("dissociate", **pair, label="ERP customer")


def test_an_edit_moves_the_counts_of_both_records_and_neither_last_modified():
    hubspot = asker(sizes={"deals": 5, "contacts": 5}, archived_share=0, merged_share=0)
    deal, contact = hubspot.live("deals")[0], hubspot.order("create", type="contacts")["id"]
    of = {"deals": deal, "contacts": contact}
    before = {name: hubspot.account.stores[name].live[each].updated_at for name, each in of.items()}
    counted = int(hubspot.value("deals", deal, "num_associated_contacts") or 0)
    hubspot.order("associate", type="contacts", id=contact, to="deals", to_id=deal)
    assert hubspot.value("deals", deal, "num_associated_contacts") == str(counted + 1)
    assert hubspot.value("contacts", contact, "num_associated_deals") == "1"
    hubspot.order("archive", type="contacts", ids=[contact])
    assert hubspot.value("deals", deal, "num_associated_contacts") == str(counted)
    hubspot.order("restore", type="contacts", ids=[contact])
    assert hubspot.value("deals", deal, "num_associated_contacts") == str(counted + 1)
    assert hubspot.account.stores["deals"].live[deal].updated_at == before["deals"]
    assert hubspot.account.stores["contacts"].live[contact].updated_at == before["contacts"]
    hubspot.order("behavior", association_edits_touch=True)
    hubspot.order("clock", advance=5)
    hubspot.order("dissociate", type="contacts", id=contact, to="deals", to_id=deal)
    assert hubspot.account.stores["deals"].live[deal].updated_at > before["deals"]


def test_the_counts_of_the_company_are_right_from_the_start():
    hubspot = asker(sizes=None)
    contacts, live = hubspot.account.stores["contacts"].live, hubspot.live("companies")
    for company in live:
        found = [to_id for to_id, _ in hubspot.account.associations.of("companies", company, "contacts")]
        assert int(hubspot.value("companies", company, "num_associated_contacts") or 0) == sum(
            each in contacts for each in found
        )


def test_a_purged_record_takes_its_associations_with_it():
    hubspot = people()
    contact = next(each for each in hubspot.live() if hubspot.account.associations.of("contacts", each, "companies"))
    hubspot.order("purge", type="contacts", ids=[contact])
    hubspot.order("create", type="contacts", id=contact)
    assert hubspot.account.associations.of("contacts", contact, "companies") == []
    assert list(hubspot.account.associations.around("contacts", contact)) == []


def test_a_cursor_whose_record_is_gone_goes_on_behind_it():
    hubspot = people()
    hubspot.order("behavior", associations_page=2)
    company = max(
        hubspot.live("companies"),
        key=lambda each: len(hubspot.account.associations.of("companies", each, "contacts")),
    )
    path = "/crm/associations/2026-09/companies/contacts/batch/read"
    page = hubspot.post(path, {"inputs": [{"id": str(company)}]}).json["results"][0]
    people_of = [to_id for to_id, _ in hubspot.account.associations.of("companies", company, "contacts")]
    hubspot.order("archive", type="contacts", ids=[people_of[2]])
    given = {"id": str(company), "after": page["paging"]["next"]["after"]}
    following = hubspot.post(path, {"inputs": [given]}).json["results"][0]
    assert [each["toObjectId"] for each in following["to"]] == people_of[3:5]
    assert hubspot.post(path, {"inputs": [{"id": str(company), "after": "?"}]}).status == 400


def test_labels_differ_by_direction():
    hubspot = people()
    there = hubspot.get("/crm/associations/2026-09/contacts/companies/labels").json["results"]
    back = hubspot.get("/crm/v4/associations/companies/contacts/labels").json["results"]
    assert [each["typeId"] for each in there] == [279, 1, 931, 28, 5012]
    assert [each["typeId"] for each in back] == [280, 2, 930, 29, 5013]


def test_more_than_a_thousand_inputs_are_refused():
    hubspot = people()
    assert hubspot.post(BATCH, {"inputs": [{"id": "1"}] * 1000}).status == 200
    assert hubspot.post(BATCH, {"inputs": [{"id": "1"}] * 1001}).status == 400


def test_both_types_need_their_scope():
    hubspot = people()
    token = hubspot.order("token", without=["crm.objects.companies.read"])["token"]
    assert hubspot.post(BATCH, {"inputs": []}, token).status == 403


def test_a_merge_takes_the_associations_along():
    hubspot = people()
    pairs = {each: hubspot.account.associations.of("contacts", each, "companies") for each in hubspot.live()}
    absorbed = next(each for each, found in pairs.items() if found)
    ((company, types),) = pairs[absorbed]
    survivor = next(each for each, found in pairs.items() if not found)
    hubspot.order("merge", type="contacts", survivor=survivor, absorbed=[absorbed])
    found = hubspot.post(BATCH, {"inputs": [{"id": str(survivor)}]}).json["results"][0]["to"][0]
    assert found["toObjectId"] == company
    assert [each["typeId"] for each in found["associationTypes"]] == [each.type_id for each in types]
    back = [each for each, _ in hubspot.account.associations.of("companies", company, "contacts")]
    assert survivor in back
    assert absorbed not in back
