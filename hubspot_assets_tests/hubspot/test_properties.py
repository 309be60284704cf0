import json

import pytest

from hubspot_assets.hubspot.properties import SENSITIVITIES, PropertyDefinition, property_definitions
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.tables.definitions import definition_rows
from hubspot_assets.tables.schema import record_schema
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
SENSITIVE, HIGHLY_SENSITIVE = "crm.objects.contacts.sensitive.read", "crm.objects.contacts.highly_sensitive.read"
NO_SCOPE = Reply(403, {"context": {"requiredGranularScopes": [SENSITIVE]}})


def results(*definitions: dict) -> Reply:
    return Reply(body={"results": list(definitions)})


@pytest.fixture
def defined(serve, connect):
    """A client of a server that answers for each sensitivity, however many are asked for at once."""

    def defined(plain: Reply, sensitive: Reply | None = None, highly: Reply | None = None) -> Client:
        replies = (plain, sensitive or results(), highly or results())
        by_words = {f"={name}": reply for name, reply in zip(SENSITIVITIES, replies, strict=True)}
        return connect(serve(**by_words, **{"limit=1": results()}))

    return defined


def test_definitions_of_all_three_sensitivities_are_merged(serve, connect):
    by_words = {
        "=non_sensitive": results(TIER, {"name": "a"}),
        "=sensitive": results({"name": "b"}, {"name": "a", "type": "number"}),
        "=highly_sensitive": results({"name": "c"}),
        "limit=1": results(),
    }
    server = serve(**by_words)
    definitions = property_definitions(connect(server), "0-162")
    # The last request tells that all of them may be read.
    assert server.asked[3].target == "/crm/objects/2026-09/0-162?limit=1&properties=b,c"
    assert sorted(asked.target for asked in server.asked[:3]) == [
        f"/crm/properties/2026-09/0-162?dataSensitivity={sensitivity}"
        for sensitivity in ("highly_sensitive", "non_sensitive", "sensitive")
    ]
    assert [(each.name, each.data_sensitivity) for each in definitions] == [
        ("renewal_tier", "non_sensitive"),
        ("a", "non_sensitive"),
        ("b", "sensitive"),
        ("c", "highly_sensitive"),
    ]  # fmt: skip
    assert (definitions.readable, definitions.refused) == (definitions, {})


def test_a_definition_keeps_what_hubspot_says(defined):
    (tier,) = property_definitions(defined(results(TIER)), "deals")
    assert tier.label == "Renewal tier"
    assert (tier.type, tier.field_type, tier.group_name) == ("enumeration", "select", "dealinformation")
    assert bytes(tier.options) == b'[{"label":"Gold","value":"gold","displayOrder":0,"hidden":false}]'
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


ODD = [
    {"name": "label", "label": 5},
    {"name": "label_list", "label": ["a", None], "description": {"b": True}},
    {"name": "half_a_pair", "label": "broken \ud83d smile", "description": "zero\0byte", "groupName": "\udc00"},
    {"name": "options", "type": "enumeration", "options": None},
    {"name": "options_odd", "type": "enumeration", "options": [{"label": "\ud83d", "value": 1}, None, "x"]},
    {"name": "options_text", "options": "none"},
    {"name": "type_number", "type": 7},
    {"name": "type_null", "type": None, "fieldType": 3},
    {"name": "type_new", "type": "hologram"},
    {"name": "flags", "calculated": "true", "hubspotDefined": "yes", "archived": 0},
    {"name": "instants", "createdAt": 1767312000000, "updatedAt": "yesterday"},
    {"name": "sensitivity", "dataSensitivity": "secret"},
    {"name": "unknown", "hologram": {"a": [1]}},
    {"name": 2024},
    {"name": "twice", "label": "first"},
    {"name": "twice", "label": "second"},
    {"name": "weird name, with\tsigns 🙂"},
]


@pytest.mark.parametrize(
    "odd", [*([each] for each in ODD), ODD], ids=lambda odd: odd[0]["name"] if len(odd) == 1 else "all"
)
def test_no_oddity_of_one_definition_keeps_a_type_out(defined, odd):
    definitions = property_definitions(defined(results({"name": "plain"}, *odd, TIER)), "contacts")
    names = list(dict.fromkeys(str(each["name"]) for each in odd))
    assert [each.name for each in definitions] == ["plain", *names, "renewal_tier"]
    schema = record_schema("0-1", definitions)
    rows = definition_rows("0-1", definitions, {each.property: each.column for each in schema.properties})
    assert len(rows) == len(definitions)
    assert all(json.loads(options) is not None for options in rows["OPTIONS"].to_pylist())
    assert "\0" not in "".join(each for column in rows.columns for each in column.to_pylist() if isinstance(each, str))


def test_what_cannot_be_said_cleanly_is_replaced(defined):
    by_name = {each.name: each for each in property_definitions(defined(results(*ODD)), "contacts")}
    assert (by_name["label"].label, by_name["label_list"].label) == ("5", '["a",null]')
    assert by_name["half_a_pair"].label == "broken � smile"
    assert by_name["half_a_pair"].description == "zero�byte"
    assert bytes(by_name["options"].options) == b"[]"
    assert json.loads(bytes(by_name["options_odd"].options)) == [{"label": "�", "value": 1}, None, "x"]
    assert [by_name[name].type for name in ("type_number", "type_null", "type_new")] == ["string", "string", "hologram"]
    assert (by_name["flags"].calculated, by_name["flags"].hubspot_defined) == (True, False)
    assert by_name["instants"].created_at == "1767312000000"
    assert by_name["sensitivity"].data_sensitivity == "non_sensitive"
    assert by_name["twice"].label == "first"


def test_an_emoji_written_as_two_halves_stays_one(defined):
    (definition,) = property_definitions(
        defined(Reply(body=b'{"results":[{"name":"a","label":"\\ud83d\\ude00"}]}')), "x"
    )
    assert definition.label == "😀"


@pytest.mark.parametrize("nameless", [{}, {"name": None}, {"name": ""}, None, "odd", 5])
def test_a_definition_without_a_name_is_left_out_and_said(defined, caplog, nameless):
    definitions = property_definitions(defined(results({"name": "a"}, nameless, {"name": "b"})), "contacts")
    assert [each.name for each in definitions] == ["a", "b"]
    assert "1 properties of contacts lack a name" in caplog.text


@pytest.mark.parametrize("body", [{}, {"results": None}, {"results": {}}])
def test_an_answer_without_definitions_does_not_read_as_none(connect, serve, body):
    with pytest.raises(errors.UnreadableAnswer):
        property_definitions(connect(serve(Reply(body=body))), "contacts")


@pytest.fixture
def refusing(serve, connect):
    """A server that shows all definitions, and refuses requests that name a property of the classes given."""

    def refusing(*refused: str, scopes: bool = True) -> tuple[Client, list[str]]:
        def refusal(scope: str) -> Reply:
            return Reply(403, {"context": {"requiredGranularScopes": [scope]}} if scopes else {"message": "no"})

        words = {
            "=non_sensitive": results({"name": "a"}),
            "=sensitive": results({"name": "secret_1"}, {"name": "secret_2"}),
            "=highly_sensitive": results({"name": "hidden"}),
        }
        if "highly_sensitive" in refused:
            words["hidden"] = refusal(HIGHLY_SENSITIVE)
        if "sensitive" in refused:
            words["secret_1"] = refusal(SENSITIVE)
        server = serve(**words, **{"limit=1": results()})
        return connect(server), server.asked

    return refusing


@pytest.mark.parametrize(
    ("classes", "refused"),
    [
        (["sensitive"], {"secret_1": (SENSITIVE,), "secret_2": (SENSITIVE,)}),
        (["highly_sensitive"], {"hidden": (HIGHLY_SENSITIVE,)}),
        (
            ["sensitive", "highly_sensitive"],
            {"secret_1": (SENSITIVE,), "secret_2": (SENSITIVE,), "hidden": (HIGHLY_SENSITIVE,)},
        ),
    ],
)
def test_properties_seen_but_refused_by_value_are_told_with_the_scope(refusing, classes, refused):
    client, asked = refusing(*classes)
    definitions = property_definitions(client, "contacts")
    assert definitions.refused == refused
    assert [each.name for each in definitions] == ["a", "secret_1", "secret_2", "hidden"]
    assert [each.name for each in definitions.readable] == [
        name for name in ("a", "secret_1", "secret_2", "hidden") if name not in refused
    ]
    assert len(asked) == 3 + 4


def test_a_refusal_that_names_no_scope_is_told_too(refusing):
    client, _ = refusing("sensitive", scopes=False)
    assert property_definitions(client, "contacts").refused == {"secret_1": (), "secret_2": ()}


def test_an_object_type_that_may_not_be_read_at_all_is_an_error_and_no_matter_of_properties(serve, connect):
    words = {
        "=non_sensitive": results({"name": "a"}),
        "=sensitive": results({"name": "b"}),
        "=highly_sensitive": results(),
        "limit=1": NO_SCOPE,
    }
    with pytest.raises(errors.MissingScopes):
        property_definitions(connect(serve(**words)), "contacts")


def test_many_sensitive_names_are_tried_within_one_url(serve, connect):
    many = [{"name": f"{'long_' * 20}{number}"} for number in range(300)]
    words = {
        "=non_sensitive": results(),
        "=sensitive": results(*many),
        "=highly_sensitive": results({"name": "hidden"}),
        "limit=1": results(),
    }
    server = serve(**words)
    assert len(property_definitions(connect(server), "contacts").readable) == 301
    assert len(server.asked[3].target) < 10_500
    assert server.asked[3].target.endswith(",hidden")
