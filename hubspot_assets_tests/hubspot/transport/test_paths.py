from hubspot_assets.hubspot.transport import paths


def test_paths_are_dated():
    assert paths.objects("2026-09", "line_items") == "/crm/objects/2026-09/line_items"
    assert paths.search("2026-09", "0-3") == "/crm/objects/2026-09/0-3/search"
    assert paths.batch_read("2026-03", "deals") == "/crm/objects/2026-03/deals/batch/read"
    assert paths.properties("2026-09", "2-17") == "/crm/properties/2026-09/2-17"
    assert paths.schemas("2026-09") == "/crm-object-schemas/2026-09/schemas"
    assert paths.schema("2026-09", "0-1") == "/crm-object-schemas/2026-09/schemas/0-1"
    assert paths.associations("2026-09", "0-1", "2-7") == "/crm/associations/2026-09/0-1/2-7/batch/read"
    assert paths.association_labels("2026-09", "0-1", "0-2") == "/crm/associations/2026-09/0-1/0-2/labels"
    assert paths.pipelines("2026-09", "deals") == "/crm/pipelines/2026-09/deals"
    assert paths.owners("2026-09") == "/crm/owners/2026-09"
    assert paths.users("2026-09") == "/settings/users/2026-09"
    assert paths.roles("2026-09") == "/settings/users/2026-09/roles"
    assert paths.teams("2026-09") == "/settings/teams/2026-09"
    assert paths.account_details("2026-09") == "/account-info/2026-09/details"
    assert paths.oauth_token("2026-09") == "/oauth/2026-09/token"


def test_an_object_type_cannot_reach_another_path():
    assert paths.objects("2026-09", "../../oauth?x=1") == "/crm/objects/2026-09/..%2F..%2Foauth%3Fx%3D1"
