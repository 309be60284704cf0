import pytest

from hubspot_assets.hubspot.associations import PairNotAllowed
from hubspot_assets.hubspot.object_definitions import (
    CUSTOM_OBJECTS,
    AssociationLabel,
    association_labels,
    object_type_definitions,
)
from hubspot_assets.hubspot.transport import errors
from hubspot_assets_tests.hubspot.scripted_server import Reply


def test_standard_and_custom_object_types_are_read_with_their_associations(portal, portal_client):
    found = object_type_definitions(portal_client, ["0-1", "0-8"])
    assert not found.refused
    by_id = {each.object_type_id: each for each in found.types}
    assert set(by_id) == {"0-1", "0-8", "2-41234567"}
    contacts, cars = by_id["0-1"], by_id["2-41234567"]
    assert (contacts.name, contacts.label, contacts.created_at) == ("CONTACT", "Contacts", None)
    assert (cars.fully_qualified_name, cars.singular_label) == ("p7654321_cars", "Car")
    names = {(each.to_object_type_id, str(each.id)): each.name for each in contacts.associations or ()}
    assert names[("0-2", "1")] == "CONTACT_TO_COMPANY"
    assert names[("0-1", "61")] == "contact_to_contact_manager"
    primary = next(each for each in contacts.associations or () if each.name == "CONTACT_TO_COMPANY")
    assert (primary.cardinality, primary.max_to_object_ids) == ("ONE_TO_ONE", 1)


def test_what_is_refused_is_named_and_the_rest_is_read(portal, portal_client):
    portal.faults(
        [
            {"kind": "missing_scopes", "path": r"schemas/0-136", "scopes": ["crm.objects.leads.read"]},
            {"kind": "forbidden", "path": r"schemas\?"},
        ]
    )
    found = object_type_definitions(portal_client, ["0-1", "0-136", "0-9999"])
    assert [each.object_type_id for each in found.types] == ["0-1"]
    kinds = {name: type(error) for name, error in found.refused.items()}
    assert kinds == {
        CUSTOM_OBJECTS: errors.Forbidden, "0-136": errors.MissingScopes, "0-9999": errors.UnknownObjectType,
    }  # fmt: skip


def test_a_schema_with_the_least_that_hubspot_promises_is_read(serve, connect):
    server = serve(schemas=Reply(body={"results": [{"objectTypeId": "2-1", "name": "x", "associations": None}]}))
    (found,) = object_type_definitions(connect(server), []).types
    assert (found.label, found.associations) == ("x", None)


def test_the_labels_of_a_pair_are_read_in_its_direction(portal, portal_client):
    labels = association_labels(portal_client, "0-1", "0-2")
    assert AssociationLabel("HUBSPOT_DEFINED", 1, "Primary") in labels
    assert AssociationLabel("INTEGRATOR_DEFINED", 5012, "ERP customer") in labels
    assert AssociationLabel("USER_DEFINED", 29, "Decision maker") in association_labels(portal_client, "0-2", "0-1")
    assert set(portal.summary()["by_bucket"]) == {"associations"}
    with pytest.raises(PairNotAllowed):
        association_labels(portal_client, "0-7", "0-1")
