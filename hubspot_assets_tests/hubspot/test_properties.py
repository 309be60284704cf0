import pytest

from hubspot_assets.hubspot.properties import SENSITIVITIES, PropertyDefinition, property_definitions
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.scripted_server import Reply

TIER = {
    "name": "renewal_tier",
    "label": "Renewal tier",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "dealinformation",
    "description": "How much they pay",
    "options": [{"label": "Gold", "value": "gold", "displayOrder": 0, "hidden": False}],
    "calculated": True,
    "hubspotDefined": False,
    "dataSensitivity": "non_sensitive",
    "archived": False,
    "createdAt": "2026-01-02T00:00:00Z",
    "updatedAt": "2026-01-03T00:00:00Z",
    "modificationMetadata": {"archivable": True},
}
NO_SCOPE = Reply(403, {"context": {"requiredGranularScopes": ["crm.objects.contacts.sensitive.read"]}})


def results(*definitions: dict) -> Reply:
    return Reply(body={"results": list(definitions)})


@pytest.fixture
def defined(serve, connect):
    """A client of a server that answers for each sensitivity, however many are asked for at once."""

    def defined(plain: Reply, sensitive: Reply | None = None, highly: Reply | None = None) -> Client:
        replies = (plain, sensitive or results(), highly or results())
        return connect(serve(**{f"={name}": reply for name, reply in zip(SENSITIVITIES, replies, strict=True)}))

    return defined


def test_definitions_of_all_three_sensitivities_are_merged(serve, connect):
    by_words = {
        "=non_sensitive": results(TIER, {"name": "a"}),
        "=sensitive": results({"name": "b"}, {"name": "a", "type": "number"}),
        "=highly_sensitive": results({"name": "c"}),
    }
    server = serve(**by_words)
    definitions = property_definitions(connect(server), "0-162")
    assert sorted(asked.target for asked in server.asked) == [
        f"/crm/properties/2026-09/0-162?dataSensitivity={sensitivity}"
        for sensitivity in ("highly_sensitive", "non_sensitive", "sensitive")
    ]
    assert [(each.name, each.data_sensitivity) for each in definitions] == [
        ("renewal_tier", "non_sensitive"),
        ("a", "non_sensitive"),
        ("b", "sensitive"),
        ("c", "highly_sensitive"),
    ]  # fmt: skip


def test_a_definition_keeps_what_hubspot_says(defined):
    (tier,) = property_definitions(defined(results(TIER)), "deals")
    assert tier.label == "Renewal tier"
    assert (tier.type, tier.field_type, tier.group_name) == ("enumeration", "select", "dealinformation")
    assert bytes(tier.options) == b'[{"label": "Gold", "value": "gold", "displayOrder": 0, "hidden": false}]'
    assert (tier.calculated, tier.hubspot_defined, tier.archived) == (True, False, False)
    assert (tier.created_at, tier.updated_at) == ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")


def test_everything_but_the_name_may_be_missing_or_null(defined):
    bare = {"name": "a", **dict.fromkeys(["label", "type", "options", "archived", "calculated", "createdAt"])}
    definitions = property_definitions(defined(results(bare)), "deals")
    assert definitions == [PropertyDefinition(name="a")]
    assert bytes(definitions[0].options) == b"[]"


@pytest.mark.parametrize("refusal", [NO_SCOPE, Reply(403, {"message": "not in your subscription"})])
def test_sensitive_data_the_token_may_not_see_is_left_out(defined, refusal):
    client = defined(results({"name": "a"}), refusal, refusal)
    assert [each.name for each in property_definitions(client, "contacts")] == ["a"]


def test_a_token_that_may_not_even_see_plain_properties_is_an_error(serve, connect):
    with pytest.raises(errors.MissingScopes):
        property_definitions(connect(serve(NO_SCOPE)), "contacts")


def test_an_unknown_object_type_is_an_error(serve, connect):
    with pytest.raises(errors.UnknownObjectType, match="butterflies"):
        property_definitions(
            connect(serve(Reply(400, {"message": "Unable to infer object type from: butterflies"}))), "x"
        )


def test_a_failure_while_reading_sensitive_definitions_is_not_taken_for_their_absence(defined):
    with pytest.raises(errors.ServerError):
        property_definitions(defined(results({"name": "a"}), Reply(500, {})), "contacts")
