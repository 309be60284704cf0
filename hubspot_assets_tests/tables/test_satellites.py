import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hubspot_assets.hubspot.object_definitions import AssociationDefinition, AssociationLabel, ObjectTypeDefinition
from hubspot_assets.hubspot.owners import Owner, OwnerTeam
from hubspot_assets.hubspot.pipelines import Pipeline, Stage
from hubspot_assets.hubspot.schemas import Labels
from hubspot_assets.hubspot.users import AccountUser, Team
from hubspot_assets.tables import object_definitions, people, pipelines
from hubspot_assets.tables.satellite import moment
from hubspot_assets.warehouse.base import COMMENT, Replace

READ_AT = datetime(2026, 11, 27, 8, tzinfo=UTC)


def tables():
    yield people.OWNERS, "OWNERID"
    yield people.OWNER_TEAMS, "OWNERID, TEAMID"
    yield people.TEAMS, "TEAMID"
    yield people.ACCOUNT_USERS, "USERID"
    yield pipelines.PIPELINES, "OBJECTTYPEID, PIPELINEID"
    yield pipelines.PIPELINE_STAGES, "OBJECTTYPEID, PIPELINEID, STAGEID"
    yield object_definitions.ASSOCIATION_DEFINITIONS, "FROMOBJECTTYPEID, TOOBJECTTYPEID, CATEGORY, ID"
    yield object_definitions.OBJECT_AND_EVENT_TYPE_DEFINITIONS, "ID"


@pytest.mark.parametrize(("table", "key"), [pytest.param(*each, id=each[0].name) for each in tables()])
def test_every_table_has_its_key_a_mark_and_a_comment_on_each_column(table, key):
    assert ", ".join(table.key) == key
    assert table.removal in ("DELETEDAT", "REMOVEDAT")
    assert table.schema.names[-2:] == ["INGESTEDAT", "SYNCID"]
    assert all((field.metadata or {})[COMMENT].endswith(b".") for field in table.schema)
    assert table.comment


def only(rows) -> dict:
    (row,) = rows.to_pylist()
    assert row.pop("INGESTEDAT") == datetime(2026, 11, 27, 8)
    assert row.pop("SYNCID") == "s"
    return row


def test_an_owner_is_a_row_and_so_is_each_of_its_teams():
    owner = Owner(
        id="7", type="PERSON", email="a@x.io", first_name="A", last_name="B", user_id=None,
        user_id_including_inactive=9, created_at="2026-01-05T10:00:00.123Z", updated_at="2026-01-06T10:00:00Z",
        archived=True, teams=(OwnerTeam("1", "Sales", True), OwnerTeam("2", None, False)),
    )  # fmt: skip
    assert only(people.owner_rows([owner], READ_AT, "s")) == {
        "OWNERID": "7", "EMAIL": "a@x.io", "FIRSTNAME": "A", "LASTNAME": "B", "TYPE": "PERSON", "USERID": None,
        "USERIDINCLUDINGINACTIVE": 9, "ARCHIVED": True, "CREATEDAT": datetime(2026, 1, 5, 10, 0, 0, 123_000),
        "UPDATEDAT": datetime(2026, 1, 6, 10), "DELETEDAT": None,
    }  # fmt: skip
    teams = people.owner_team_rows([owner, Owner("8")], READ_AT, "s").to_pylist()
    assert [(row["OWNERID"], row["TEAMID"], row["TEAMNAME"], row["ISPRIMARY"]) for row in teams] == [
        ("7", "1", "Sales", True), ("7", "2", None, False),
    ]  # fmt: skip


def test_users_and_teams_are_rows():
    user = AccountUser("9", "a@x.io", "A", "B", "77", ("77", "78"), "1", None, True)
    row = only(people.account_user_rows([user], {"77": "Manager"}, READ_AT, "s"))
    assert (row["USERID"], json.loads(row["ROLEIDS"]), json.loads(row["ROLENAMES"])) == (
        9, ["77", "78"], ["Manager", "78"],
    )  # fmt: skip
    assert (row["SECONDARYTEAMIDS"], row["SUPERADMIN"]) == ("[]", True)
    assert json.loads(only(people.account_user_rows([AccountUser("9", role_id="77")], {}, READ_AT, "s"))["ROLEIDS"])
    assert only(people.team_rows([Team("2", "Sales", "1")], READ_AT, "s")) == {
        "TEAMID": "2", "NAME": "Sales", "PARENTTEAMID": "1", "DELETEDAT": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("metadata", "closed", "probability"),
    [
        ({"isClosed": "true", "probability": "1.0"}, True, Decimal(1)),
        ({"isClosed": "false", "probability": "0.4"}, False, Decimal("0.4")),
        ({"ticketState": "CLOSED", "isClosed": "true"}, True, None),
        ({"ticketState": "OPEN"}, False, None),
        ({"state": "CLOSED"}, True, None),
        ({"leadState": "NEW"}, None, None),
        ({"probability": "likely", "isClosed": "perhaps"}, None, None),
        ({}, None, None),
    ],
)
def test_what_a_stage_means_is_typed_and_kept_as_it_came(metadata, closed, probability):
    pipeline = Pipeline("default", "Sales", 0, stages=(Stage("s1", "Stage", 3, metadata),))
    row = only(pipelines.stage_rows({"0-3": [pipeline]}, READ_AT, "s"))
    assert (row["ISCLOSED"], row["PROBABILITY"], json.loads(row["METADATA"])) == (closed, probability, metadata)
    assert (row["OBJECTTYPEID"], row["PIPELINEID"], row["STAGEID"], row["DISPLAYORDER"]) == ("0-3", "default", "s1", 3)
    row = only(pipelines.pipeline_rows({"0-3": [pipeline]}, READ_AT, "s"))
    assert (row["PIPELINEID"], row["LABEL"], row["CREATEDAT"]) == ("default", "Sales", None)


def test_equal_metadata_is_equal_text():
    def metadata(value: dict[str, object]) -> str:
        pipeline = Pipeline("p", stages=(Stage("s1", metadata=value),))
        return only(pipelines.stage_rows({"0-3": [pipeline]}, READ_AT, "s"))["METADATA"]

    assert metadata({"a": "1", "b": "2"}) == metadata({"b": "2", "a": "1"})


def test_labels_say_what_is_there_and_schemas_how_it_is_called():
    labels = {
        ("0-1", "0-2"): [
            AssociationLabel("HUBSPOT_DEFINED", 1, "Primary"),
            AssociationLabel("HUBSPOT_DEFINED", 279, None),
            AssociationLabel("USER_DEFINED", 28, "Primary"),
        ],
        ("0-1", "2-7"): [],
    }
    primary = AssociationDefinition("1", "0-1", "0-2", "CONTACT_TO_COMPANY", "ONE_TO_ONE", None, 1)
    strange = AssociationDefinition(5, "0-1", "2-7", "not among the labels")
    contacts = ObjectTypeDefinition("0-1", "CONTACT", associations=(primary, strange))
    rows = object_definitions.association_definition_rows(labels, [contacts], READ_AT, "s").to_pylist()
    assert [(row["ID"], row["LABEL"], row["NAME"], row["ISMAINASSOCIATIONDEFINITION"]) for row in rows] == [
        (1, "Primary", "CONTACT_TO_COMPANY", True), (279, None, None, False), (28, "Primary", None, False),
    ]  # fmt: skip
    assert (rows[0]["CARDINALITY"], rows[0]["MAXTOOBJECTIDS"]) == ("ONE_TO_ONE", 1)


def test_object_types_say_where_their_records_are():
    cars = ObjectTypeDefinition(
        "2-7", "cars", "p1_cars", Labels("Car", "Cars"), "Fleet", primary_display_property="vin",
        created_at="2026-01-05T10:00:00Z",
    )  # fmt: skip
    row = only(object_definitions.object_type_rows([cars], {"2-7": "OBJECTS_CARS"}, READ_AT, "s"))
    assert row == {
        "ID": "2-7", "METATYPE": "object", "NAME": "cars", "FULLYQUALIFIEDNAME": "p1_cars", "SINGULARLABEL": "Car",
        "PLURALLABEL": "Cars", "DESCRIPTION": "Fleet", "PRIMARYDISPLAYPROPERTY": "vin", "TABLENAME": "OBJECTS_CARS",
        "ARCHIVED": False, "CREATEDAT": datetime(2026, 1, 5, 10), "UPDATEDAT": None, "DELETEDAT": None,
    }  # fmt: skip
    rows = object_definitions.object_type_rows([cars, ObjectTypeDefinition("0-1", "CONTACT")], {}, READ_AT, "s")
    assert rows["TABLENAME"].to_pylist() == [None, None]


def test_instants_keep_every_digit_and_what_is_none_is_refused():
    assert moment("2026-01-05T10:00:00.123456Z") == datetime(2026, 1, 5, 10, 0, 0, 123_456)
    assert moment("2026-01-05T10:00:00.5+02:00") == datetime(2026, 1, 5, 8, 0, 0, 500_000)
    assert moment("") is moment(None) is None
    for wrong in ("yesterday", "2026-01-05T10:00:00"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            moment(wrong)


def test_a_whole_reading_replaces_a_table_or_the_pipelines_of_a_type():
    rows = people.owner_rows([Owner("7")], READ_AT, "s")
    Replace(people.OWNERS, rows, removed_at=READ_AT)
    rows = pipelines.pipeline_rows({"0-3": [Pipeline("default")]}, READ_AT, "s")
    scopes = rows.select(["OBJECTTYPEID"])
    Replace(pipelines.PIPELINES, rows, removed_at=READ_AT, scope=("OBJECTTYPEID",), scopes=scopes)
