import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker

CONTACTS = "/crm/objects/2026-09/contacts"


def test_paging_a_list_gives_every_live_record_once_in_ascending_order(hubspot: Asker):
    ids = [each for page in hubspot.pages(CONTACTS, limit=7) for each in page.ids]
    assert ids == hubspot.live()
    assert ids == sorted(set(ids))


def test_the_cursor_is_the_id_after_the_last_one_and_any_id_can_be_a_cursor(hubspot: Asker):
    first = hubspot.get(CONTACTS, limit=5)
    assert first.after == str(first.ids[-1] + 1)
    live = hubspot.live()
    assert hubspot.get(CONTACTS, limit=3, after=live[20] - 1).ids == live[20:23]


def test_the_last_page_has_no_paging_even_when_it_is_full(hubspot: Asker):
    live = hubspot.live()
    assert hubspot.get(CONTACTS, limit=2, after=live[-2]).after is None
    assert hubspot.get(CONTACTS, limit=2, after=live[-1] + 1).json == {"results": []}


def test_the_link_of_the_next_page_repeats_the_question(hubspot: Asker):
    link = hubspot.get(CONTACTS, limit=5, properties="email,city").json["paging"]["next"]["link"]
    assert link.startswith("https://api.hubapi.com/crm/objects/2026-09/contacts?limit=5&properties=email%2Ccity&after=")


def test_a_list_holds_archived_records_only_when_asked_for_them(hubspot: Asker):
    hubspot.order("archive", type="contacts", ids=hubspot.live()[3:6])
    page = hubspot.get(CONTACTS, limit=100, archived="true")
    assert page.ids == hubspot.archived()
    assert all(record["archived"] and record["archivedAt"] for record in page.json["results"])
    assert not set(page.ids) & set(hubspot.get(CONTACTS, limit=100).ids)


@pytest.mark.parametrize(("limit", "history"), [(101, ""), (0, ""), ("many", ""), (51, "email")])
def test_a_limit_that_hubspot_does_not_allow_is_refused(hubspot: Asker, limit: object, history: str):
    reply = hubspot.get(CONTACTS, limit=limit, propertiesWithHistory=history)
    assert reply.status == 400
    assert reply.json["category"] == "VALIDATION_ERROR"


def test_without_a_limit_ten_records_come(hubspot: Asker):
    assert len(hubspot.get(CONTACTS).ids) == 10


def test_unset_values_are_null_cleared_ones_empty_and_unknown_properties_left_out(hubspot: Asker):
    first, second = hubspot.live()[:2]
    hubspot.order("change", type="contacts", ids=[first], properties={"city": None, "state": ""})
    record = hubspot.get(f"{CONTACTS}/{first}", properties="city,state,nonsense").json
    assert record["properties"]["city"] is None
    assert record["properties"]["state"] == ""
    assert "nonsense" not in record["properties"]
    assert set(record["properties"]) == {"city", "state", "createdate", "lastmodifieddate", "hs_object_id"}
    assert second in hubspot.get(CONTACTS).ids


def test_properties_may_be_repeated_instead_of_separated_by_commas(hubspot: Asker):
    reply = hubspot.ask("GET", CONTACTS, "limit=1&properties=city&properties=zip,state")
    assert {"city", "zip", "state"} <= set(reply.json["results"][0]["properties"])


def test_without_properties_the_default_ones_come(hubspot: Asker):
    properties = hubspot.get(CONTACTS, limit=1).json["results"][0]["properties"]
    assert set(properties) == {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}


def test_a_record_has_the_shape_of_hubspots(hubspot: Asker):
    record = hubspot.get(CONTACTS, limit=1).json["results"][0]
    assert set(record) == {"id", "properties", "createdAt", "updatedAt", "archived", "url"}
    assert record["createdAt"] == record["properties"]["createdate"]
    assert record["updatedAt"] == record["properties"]["lastmodifieddate"]
    assert record["url"] == f"https://app.hubspot.com/contacts/7654321/record/0-1/{record['id']}"


def test_an_address_longer_than_hubspot_takes_is_refused(hubspot: Asker):
    fits = "x" * (16_200 - len(f"{CONTACTS}?properties="))
    assert hubspot.get(CONTACTS, properties=fits).status == 200
    assert hubspot.get(CONTACTS, properties=fits + "x").status == 414


def test_a_new_record_appears_at_the_end_and_a_restored_one_in_its_old_place(hubspot: Asker):
    ids = hubspot.live()
    hubspot.order("archive", type="contacts", ids=ids[:1])
    created = hubspot.order("create", type="contacts", properties={"email": "new@x.example"})["id"]
    assert hubspot.get(CONTACTS, limit=100).ids == [*ids[1:], created]
    hubspot.order("restore", type="contacts", ids=ids[:1])
    assert hubspot.get(CONTACTS, limit=100).ids == [*ids, created]


def test_a_record_that_changed_is_not_served_from_memory(hubspot: Asker):
    record_id = hubspot.live()[0]
    before = hubspot.get(CONTACTS, limit=1).json["results"][0]
    hubspot.order("change", type="contacts", ids=[record_id], properties={"firstname": "Changed"})
    after = hubspot.get(CONTACTS, limit=1).json["results"][0]
    assert before["properties"]["firstname"] != "Changed"
    assert after["properties"]["firstname"] == "Changed"
    assert after["updatedAt"] == "2026-11-21T12:00:00." + after["updatedAt"][20:]


def test_sensitive_values_are_left_out_for_tokens_that_may_not_see_them(hubspot: Asker):
    token = hubspot.account.tokens.issue(without=["crm.objects.contacts.sensitive.read"]).value
    asked = "passport_number,medical_note"
    properties = hubspot.get(CONTACTS, token, limit=1, properties=asked).json["results"][0]["properties"]
    assert "passport_number" not in properties
    assert "medical_note" in properties
    assert "passport_number" in hubspot.get(CONTACTS, limit=1, properties=asked).json["results"][0]["properties"]


def test_one_record_is_found_by_id_or_by_a_unique_property_and_archived_ones_only_on_request(hubspot: Asker):
    first, second = hubspot.live()[:2]
    email = hubspot.value("contacts", first, "email")
    assert hubspot.get(f"{CONTACTS}/{email}", idProperty="email").json["id"] == str(first)
    assert hubspot.get(f"{CONTACTS}/{email}", idProperty="city").status == 400
    hubspot.order("archive", type="contacts", ids=[second])
    missing = hubspot.get(f"{CONTACTS}/{second}")
    assert (missing.status, missing.json["category"]) == (404, "OBJECT_NOT_FOUND")
    assert hubspot.get(f"{CONTACTS}/{second}", archived="true").json["archived"] is True


def test_history_tells_every_version_of_a_value_newest_first():
    hubspot = asker(sizes={"deals": 40})
    record_id = hubspot.live("deals")[0]
    hubspot.order("change", type="deals", ids=[record_id], properties={"dealstage": "closedwon"})
    hubspot.order("change", type="deals", ids=[record_id], properties={"dealstage": None})
    record = hubspot.get(f"/crm/objects/2026-09/deals/{record_id}", propertiesWithHistory="dealstage,dealname").json
    history = record["propertiesWithHistory"]
    assert [version["value"] for version in history["dealstage"]][:2] == ["", "closedwon"]
    assert len(history["dealstage"]) > 2
    instants = [version["timestamp"] for version in history["dealstage"]]
    assert instants == sorted(instants, reverse=True)
    assert len(history["dealname"]) == 1


def test_inline_associations_stop_at_a_hundred_and_name_labeled_pairs_twice():
    hubspot = asker(sizes={"deals": 2, "companies": 1, "line_items": 230}, archived_share=0)
    page = hubspot.get("/crm/objects/2026-09/deals", associations="line_items,companies,nonsense").json
    busiest = max(page["results"], key=lambda record: len(record["associations"]["line items"]["results"]))
    lines = busiest["associations"]["line items"]
    assert len(lines["results"]) == 100
    assert lines["paging"]["next"]["after"]
    companies = busiest["associations"]["companies"]["results"]
    assert [each["type"] for each in companies] == ["deal_to_company", "deal_to_company_unlabeled"]
    assert len({each["id"] for each in companies}) == 1
