import pytest

from hubspot_assets.hubspot.schemas import custom_object_types, resolve_object_type
from hubspot_assets.hubspot.transport import errors
from hubspot_assets_tests.hubspot.scripted_server import Reply


def schema(number: int, name: str, plural: str, **more) -> dict:
    return {
        "id": str(number),
        "objectTypeId": f"2-{number}",
        "name": name,
        "fullyQualifiedName": f"p7654321_{name}",
        "labels": {"singular": plural.removesuffix("s"), "plural": plural},
        "properties": [{"name": "vin"}],
        **more,
    }


CARS = schema(1234567, "cars", "Cars")
BOATS = schema(1234568, "boats", "Yachts")
GONE = schema(1234569, "trains", "Trains", archived=True)
ALL = Reply(body={"results": [CARS, BOATS, GONE]})


def test_custom_objects_in_use_are_read(serve, connect):
    server = serve(ALL)
    types = custom_object_types(connect(server))
    assert server.asked[0].target.startswith("/crm-object-schemas/2026-09/schemas?archived=false&")
    assert [(each.object_type_id, each.name, each.label) for each in types] == [
        ("2-1234567", "cars", "Cars"),
        ("2-1234568", "boats", "Yachts"),
    ]


@pytest.mark.parametrize("name", ["cars", "CARS", "p7654321_cars", "2-1234567", " cars "])
def test_a_custom_object_is_found_by_name_qualified_name_or_type_id(serve, connect, name):
    assert resolve_object_type(connect(serve(ALL)), name).object_type_id == "2-1234567"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("car", r"Did you mean cars\?"),
        ("yacht", r"Did you mean boats\?"),
        ("contact", r"Did you mean contacts"),
        ("Line Items", r"Did you mean line_items"),
        ("goal_targets", r"Did you mean goals"),
        ("zeppelins", r"The account's custom objects are: cars \(2-1234567\), boats \(2-1234568\)\."),
        ("2-999", r"The account's custom objects are"),
        ("trains", r"custom object"),
    ],
)
def test_an_unknown_name_is_one_sentence_with_what_comes_near(serve, connect, name, advice):
    with pytest.raises(errors.UnknownObjectType, match=advice) as failure:
        resolve_object_type(connect(serve(ALL)), name)
    assert f"HubSpot has no object type called {name!r}" in str(failure.value)


def test_an_account_without_custom_objects_says_so(serve, connect):
    with pytest.raises(errors.UnknownObjectType, match="The account has no custom objects"):
        resolve_object_type(connect(serve(Reply(body={"results": []}))), "zeppelins")


def test_a_name_that_two_objects_share_is_not_guessed(serve, connect):
    twins = Reply(body={"results": [CARS, {**BOATS, "name": "Cars"}]})
    with pytest.raises(errors.UnknownObjectType, match="2-1234567 or 2-1234568"):
        resolve_object_type(connect(serve(twins)), "cars")


def test_an_account_whose_subscription_has_no_custom_objects_is_a_matter_of_scopes(serve, connect):
    refusal = Reply(403, {"context": {"requiredGranularScopes": ["custom-object-read"]}})
    client = connect(serve(refusal))
    with pytest.raises(errors.MissingScopes):
        custom_object_types(client)
    with pytest.raises(errors.UnknownObjectType, match=r"lacks custom-object-read\. Did you mean contacts"):
        resolve_object_type(client, "contcts")


@pytest.mark.parametrize(
    ("odd", "label"),
    [
        ({"labels": None}, "trucks"),
        ({"labels": {"plural": None, "singular": 7}}, "7"),
        ({"labels": "Trucks"}, "trucks"),
        ({"labels": {"plural": "broken \ud83d"}}, "broken �"),
        ({"name": None}, "Trucks"),
        ({"description": 5, "archived": None, "fullyQualifiedName": None, "hologram": []}, "Trucks"),
    ],
)
def test_an_odd_custom_object_keeps_none_out(serve, connect, odd, label):
    types = custom_object_types(connect(serve(Reply(body={"results": [CARS, schema(5, "trucks", "Trucks") | odd]}))))
    assert [(each.object_type_id, each.label) for each in types] == [("2-1234567", "Cars"), ("2-5", label)]


def test_a_custom_object_without_an_id_is_left_out_and_said(serve, connect, caplog):
    reply = Reply(body={"results": [CARS | {"objectTypeId": None}, BOATS]})
    assert [each.name for each in custom_object_types(connect(serve(reply)))] == ["boats"]
    assert "no type id" in caplog.text
