import pytest

from hubspot_assets.demo_portal.definitions import parse_labels
from hubspot_assets.demo_portal.portal_types import standard_types
from hubspot_assets.demo_portal.property_labels import LABELS
from hubspot_assets_tests.demo_portal.asker import Asker, asker

PROPERTIES = "/crm/properties/2026-09/contacts"


def names(hubspot: Asker, token: str | None = None, **query: str) -> list[str]:
    return [each["name"] for each in hubspot.get(PROPERTIES, token, **query).json["results"]]


def test_definitions_of_each_sensitivity_are_listed_on_their_own(hubspot: Asker):
    plain, sensitive = names(hubspot), names(hubspot, dataSensitivity="sensitive")
    highly = names(hubspot, dataSensitivity="highly_sensitive")
    assert sensitive == ["passport_number"]
    assert highly == ["medical_note"]
    assert "email" in plain
    assert not set(plain) & {*sensitive, *highly}
    assert hubspot.get(PROPERTIES, dataSensitivity="secret").status == 400


def test_definitions_of_sensitive_properties_are_readable_without_the_right_to_their_values(hubspot: Asker):
    token = hubspot.account.tokens.issue(without=["crm.objects.contacts.sensitive.read"]).value
    assert names(hubspot, token, dataSensitivity="sensitive") == ["passport_number"]


def test_a_definition_has_the_shape_of_hubspots(hubspot: Asker):
    by_name = {each["name"]: each for each in hubspot.get(PROPERTIES).json["results"]}
    stage = by_name["lifecyclestage"]
    assert (stage["type"], stage["fieldType"], stage["hubspotDefined"]) == ("enumeration", "radio", True)
    assert stage["options"][0] == {
        "label": "Lead", "value": "lead", "displayOrder": 0, "hidden": False, "description": "",
    }  # fmt: skip
    assert "archived" not in stage, "HubSpot leaves the flag away on its own properties"
    assert by_name["newsletter_opt_in"]["archived"] is False
    assert by_name["hubspotscore"]["calculated"] is True
    assert (by_name["hubspot_owner_id"]["externalOptions"], by_name["hubspot_owner_id"]["options"]) == (True, [])
    assert {each["type"] for each in by_name.values()} == {
        "string", "number", "bool", "date", "datetime", "enumeration", "phone_number", "json", "object_coordinates",
    }  # fmt: skip


def test_properties_carry_the_labels_that_people_see(hubspot: Asker):
    by_name = {each["name"]: each for each in hubspot.get(PROPERTIES).json["results"]}
    views = by_name["hs_analytics_num_page_views"]
    assert (views["label"], views["description"]) == (
        "Number of Pageviews", "How many pages of the website a contact has seen.",
    )  # fmt: skip
    assert (by_name["hubspot_owner_id"]["label"], by_name["zip"]["label"]) == ("Contact owner", "Postal Code")
    assert by_name["webinar_interests"]["label"] == "Webinar interests"
    options = {each["value"]: each["label"] for each in by_name["lifecyclestage"]["options"]}
    assert options["marketingqualifiedlead"] == "Marketing Qualified Lead"
    deals = {each["name"]: each["label"] for each in hubspot.get("/crm/properties/2026-09/deals").json["results"]}
    assert (deals["hubspot_owner_id"], deals["dealstage"], deals["hs_object_id"]) == (
        "Deal owner", "Deal Stage", "Record ID",
    )  # fmt: skip


def test_every_label_belongs_to_a_property():
    for object_type in standard_types():
        names = {each.name for each in object_type.definitions()}
        assert set(parse_labels(LABELS.get(object_type.name, ""))) <= names, object_type.name


def test_contacts_have_both_last_modified_properties_and_other_types_one(hubspot: Asker):
    assert {"lastmodifieddate", "hs_lastmodifieddate", "createdate"} <= set(names(hubspot))
    deals = {each["name"] for each in hubspot.get("/crm/properties/2026-09/deals").json["results"]}
    assert "lastmodifieddate" not in deals
    tasks = {each["name"] for each in hubspot.get("/crm/properties/2026-09/tasks").json["results"]}
    assert {"hs_createdate", "hs_lastmodifieddate"} <= tasks


def test_one_definition_is_found_only_under_its_sensitivity(hubspot: Asker):
    assert hubspot.get(f"{PROPERTIES}/email").json["name"] == "email"
    assert hubspot.get(f"{PROPERTIES}/passport_number").status == 404
    assert hubspot.get(f"{PROPERTIES}/passport_number", dataSensitivity="sensitive").status == 200


def test_a_new_property_is_defined_and_holds_the_values_it_came_with(hubspot: Asker):
    first, second = hubspot.live()[:2]
    before = hubspot.get(f"/crm/objects/2026-09/contacts/{first}").json["updatedAt"]
    hubspot.order("create_property", type="contacts", name="shoe_size", data_type="number", values={str(first): "42"})
    assert "shoe_size" in names(hubspot)
    page = hubspot.get("/crm/objects/2026-09/contacts", limit=2, properties="shoe_size").json["results"]
    assert [record["properties"]["shoe_size"] for record in page] == ["42", None]
    assert page[0]["updatedAt"] == before
    given = [{"propertyName": "shoe_size", "operator": "HAS_PROPERTY"}]
    assert hubspot.search(filters=given).ids == [first]
    hubspot.order("change", type="contacts", ids=[second], properties={"shoe_size": "38"})
    assert hubspot.search(filters=given).json["total"] == 2


def test_an_archived_property_vanishes_and_comes_back_with_its_values_and_perhaps_another_type(hubspot: Asker):
    record_id = hubspot.live()[0]
    hubspot.order("change", type="contacts", ids=[record_id], properties={"order": "7"})
    hubspot.order("archive_property", type="contacts", name="order")
    record = f"/crm/objects/2026-09/contacts/{record_id}"
    assert "order" not in hubspot.get(record, properties="order").json["properties"]
    assert "order" not in names(hubspot)
    archived = hubspot.get(PROPERTIES, archived="true").json["results"]
    assert [(each["name"], each["archived"]) for each in archived] == [("order", True)]
    hubspot.order("create_property", type="contacts", name="order", data_type="string")
    assert hubspot.get(record, properties="order").json["properties"]["order"] == "7"
    assert hubspot.get(f"{PROPERTIES}/order").json["type"] == "string"


def test_a_property_can_change_its_type_in_place(hubspot: Asker):
    record_id = hubspot.live()[0]
    hubspot.order(
        "retype_property", type="contacts", name="loyalty_number", data_type="string", values={str(record_id): "A-1"}
    )
    assert hubspot.get(f"{PROPERTIES}/loyalty_number").json["type"] == "string"
    values = hubspot.get("/crm/objects/2026-09/contacts", limit=1, properties="loyalty_number").json["results"][0]
    assert values["properties"]["loyalty_number"] == "A-1"


def test_schemas_name_the_custom_objects_of_the_account():
    hubspot = asker(sizes={"cars": 3})
    for path in ("/crm-object-schemas/2026-09/schemas", "/crm-object-schemas/v3/schemas", "/crm/v3/schemas"):
        schema = hubspot.get(path).json["results"]
        assert [each["objectTypeId"] for each in schema] == ["2-41234567"]
    assert schema[0]["fullyQualifiedName"] == "p7654321_cars"
    assert schema[0]["labels"] == {"singular": "Car", "plural": "Cars"}
    assert {"vin", "model"} <= {each["name"] for each in schema[0]["properties"]}
    assert schema[0]["associations"][0]["toObjectTypeId"] == "0-1"
    assert "properties" not in hubspot.get("/crm/v3/schemas", includePropertyDefinitions="false").json["results"][0]
    assert hubspot.get("/crm-object-schemas/2026-09/schemas/2-41234567").json["name"] == "cars"


def test_the_schema_of_a_standard_type_names_its_associations(hubspot: Asker):
    schema = hubspot.get("/crm-object-schemas/2026-09/schemas/0-1").json
    assert (schema["objectTypeId"], schema["name"], schema["labels"]["plural"]) == ("0-1", "CONTACT", "Contacts")
    names = {(each["toObjectTypeId"], each["id"]): each["name"] for each in schema["associations"]}
    assert names[("0-2", "279")] == "CONTACT_TO_COMPANY_UNLABELED"
    assert names[("0-2", "1")] == "CONTACT_TO_COMPANY"
    assert names[("0-2", "28")] == "contact_to_company_decision_maker"
    token = hubspot.account.tokens.issue(scopes=["tickets"]).value
    assert hubspot.get("/crm-object-schemas/2026-09/schemas/0-1", token).status == 403


def test_types_without_pipelines_answer_that_there_are_none(hubspot: Asker):
    assert hubspot.get("/crm/pipelines/2026-09/products").status == 404


def test_a_pipeline_can_be_made_changed_and_deleted(hubspot: Asker):
    hubspot.order("put_pipeline", type="deals", id="renewals", label="Renewals", stages=[{"id": "r1", "label": "Due"}])
    found = {each["id"]: each for each in hubspot.get("/crm/pipelines/2026-09/deals").json["results"]}
    assert [stage["label"] for stage in found["renewals"]["stages"]] == ["Due"]
    hubspot.order("put_pipeline", type="deals", id="renewals", stages=[])
    found = {each["id"]: each for each in hubspot.get("/crm/pipelines/2026-09/deals").json["results"]}
    assert (found["renewals"]["label"], found["renewals"]["stages"]) == ("Renewals", [])
    hubspot.order("remove_pipeline", type="deals", id="renewals")
    assert len(hubspot.get("/crm/pipelines/2026-09/deals").json["results"]) == 1


def test_schemas_without_their_scope_are_refused_in_their_own_words(hubspot: Asker):
    token = hubspot.account.tokens.issue(scopes=["crm.objects.custom.read"]).value
    reply = hubspot.get("/crm-object-schemas/2026-09/schemas", token)
    assert reply.status == 403
    assert "crm.schemas.custom.read" in reply.json["context"]["requiredGranularScopes"]


@pytest.mark.parametrize(
    ("name", "stages"), [("deals", 7), ("tickets", 4), ("leads", 4), ("contacts", 8), ("2-41234567", 3)]
)
def test_pipelines_hold_their_stages(hubspot: Asker, name: str, stages: int):
    found = hubspot.get(f"/crm/pipelines/2026-09/{name}").json["results"]
    assert sum(len(pipeline["stages"]) for pipeline in found) == stages
