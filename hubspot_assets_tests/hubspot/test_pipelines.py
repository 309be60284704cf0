import pytest

from hubspot_assets.hubspot.pipelines import pipelines
from hubspot_assets.hubspot.transport import errors
from hubspot_assets_tests.hubspot.scripted_server import Reply


@pytest.mark.parametrize("name", ["contacts", "deals", "tickets", "leads", "orders", "cars"])
def test_pipelines_are_read_with_all_their_stages(portal, portal_client, name):
    portal.put_pipeline(name, "second", "Second", [{"id": "s1", "label": "One"}, {"id": "s2", "label": "Two"}])
    found = pipelines(portal_client, "2-41234567" if name == "cars" else name)
    assert found is not None
    truth = portal.settings_truth().pipelines[name]
    assert {each.id: (each.label, each.display_order) for each in found} == {
        each["id"]: (each["label"], each["displayOrder"]) for each in truth
    }
    stages = {(each.id, stage.id): (stage.label, stage.metadata) for each in found for stage in each.stages}
    assert stages == {
        (each["id"], stage["id"]): (stage["label"], stage["metadata"]) for each in truth for stage in each["stages"]
    }


@pytest.mark.parametrize("refusal", [404, 403, 400])
def test_a_type_without_pipelines_is_none_however_hubspot_refuses(serve, connect, refusal):
    assert pipelines(connect(serve(Reply(refusal, {"status": "error", "message": "No."}))), "products") is None


def test_a_deleted_pipeline_leaves_an_empty_answer_not_none(portal, portal_client):
    portal.remove_pipeline("orders", "order-pipeline-id")
    assert pipelines(portal_client, "orders") == []
    assert pipelines(portal_client, "products") is None


def test_a_missing_scope_and_an_unknown_type_are_no_lack_of_pipelines(portal, portal_client):
    with pytest.raises(errors.UnknownObjectType):
        pipelines(portal_client, "butterflies")
    portal.faults([{"kind": "missing_scopes", "scopes": ["crm.objects.leads.read"]}])
    with pytest.raises(errors.MissingScopes):
        pipelines(portal_client, "leads")
