from hubspot_assets_tests.demo_portal.asker import Asker, asker

BATCH = "/crm/associations/2026-09/contacts/companies/batch/read"


def people(**options: object) -> Asker:
    return asker(sizes={"contacts": 40, "companies": 5}, archived_share=0, merged_share=0, **options)


def test_a_batch_gives_every_type_of_each_pair_and_leaves_out_records_without_any():
    hubspot = people()
    ids = hubspot.live()
    reply = hubspot.post(BATCH, {"inputs": [{"id": str(each)} for each in ids]})
    given = {int(each["from"]["id"]): each["to"] for each in reply.json["results"]}
    known = {each: hubspot.account.associations.of("contacts", each, "companies") for each in ids}
    assert set(given) == {each for each, pairs in known.items() if pairs} != set(ids)
    assert reply.status == 200
    types = {
        (each["category"], each["typeId"]): each["label"] for to in given.values() for each in to[0]["associationTypes"]
    }
    assert types[("HUBSPOT_DEFINED", 279)] is None
    assert types[("HUBSPOT_DEFINED", 1)] == "Primary"
    assert all(isinstance(to[0]["toObjectId"], int) for to in given.values())


def test_records_without_associations_can_be_reported_as_errors_instead():
    hubspot = people()
    hubspot.order("behavior", empty_associations_as_errors=True)
    created = hubspot.order("create", type="contacts")["id"]
    reply = hubspot.post(BATCH, {"inputs": [{"id": str(created)}]})
    assert reply.status == 207
    assert reply.json["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


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


def test_labels_differ_by_direction():
    hubspot = people()
    there = hubspot.get("/crm/associations/2026-09/contacts/companies/labels").json["results"]
    back = hubspot.get("/crm/v4/associations/companies/contacts/labels").json["results"]
    assert [each["typeId"] for each in there] == [279, 1, 28]
    assert [each["typeId"] for each in back] == [280, 2, 29]


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
