"""Views, and the queries that they are made of."""

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from hubspot_assets.warehouse import views
from hubspot_assets.warehouse.base import SchemaChange, Table, View, WarehouseError
from hubspot_assets.warehouse.views import Select
from hubspot_assets_tests.warehouse.contacts import (
    INSTANT,
    NAME,
    NUMBER,
    contact,
    contacts_table,
    merged,
    property_field,
    stored,
)

TYPED = contacts_table(
    property_field("email"),
    property_field("amount", NUMBER),
    property_field("vip", pa.bool_()),
    property_field("birthday", pa.date32()),
    property_field("seen", INSTANT),
)
COLUMNS = {field.name: field.metadata[b"property"].decode() for field in TYPED.schema if field.metadata}


@pytest.fixture
def with_views(warehouse):
    """Every destination that keeps views, with contacts of every type."""
    if not warehouse.has_views:
        with pytest.raises(WarehouseError, match="keeps no views"):
            warehouse.ensure_views(View("X", "SELECT 1 AS A"))
        pytest.skip("has no views")
    warehouse.ensure(TYPED)
    values = {"AMOUNT": Decimal("1500.50"), "VIP": False, "BIRTHDAY": date(2026, 11, 30), "SEEN": datetime(2026, 11, 1)}
    merged(
        warehouse,
        contact(1, EMAIL="it's", **values),
        contact(2, UNPARSED=json.dumps({"amount": "many", "vip": "per/haps"})),
        contact(3),
        table=TYPED,
    )
    return warehouse


def emails(warehouse, name: str = NAME) -> View:
    dialect = warehouse.dialect
    columns = {column: dialect.quoted(column) for column in ("OBJECTID", "PROPERTY_EMAIL")}
    return View("EMAILS", Select(columns, dialect.quoted(name)).sql(dialect), "Where people's mail goes")


def test_a_view_is_created_once_and_replaced_only_when_it_differs(with_views):
    first, query = emails(with_views), emails(with_views).query
    assert with_views.ensure_views(first) == [SchemaChange("EMAILS", "created")]
    assert with_views.ensure_views(first) == []
    assert stored(with_views, "OBJECTID", "PROPERTY_EMAIL", name="EMAILS") == [(1, "it's"), (2, None), (3, None)]
    second = View("EMAILS", query.replace("OBJECTID", "INGESTEDAT"), first.comment)
    commented = View("EMAILS", second.query, "Something else")
    for view in (second, commented):
        assert with_views.ensure_views(view) == [SchemaChange("EMAILS", "replaced")]
        assert with_views.ensure_views(view) == []
    assert with_views.schema("EMAILS").names == ["INGESTEDAT", "PROPERTY_EMAIL"]


def test_a_view_follows_its_table_when_a_column_becomes_text(with_views):
    view = View("AMOUNTS", f'SELECT "OBJECTID", "PROPERTY_AMOUNT" FROM "{NAME}"')
    with_views.ensure_views(view)
    with_views.ensure(contacts_table(*(property_field(name) for name in ("email", "amount"))))
    with_views.ensure_views(view)
    assert stored(with_views, "OBJECTID", "PROPERTY_AMOUNT", name="AMOUNTS")[:2] == [(1, "1500.5"), (2, "many")]


def test_a_table_in_the_place_of_a_view_is_named_and_left_alone(with_views):
    view = View(NAME, "SELECT 1 AS OBJECTID")
    with pytest.raises(WarehouseError, match="OBJECTS_CONTACTS is a table"):
        with_views.ensure_views(view)
    assert with_views.count(NAME) == 3


def test_a_view_that_somebody_else_made_is_named_and_left_alone(with_views):
    view = emails(with_views)
    with_views.ensure_views(view)
    make_view(with_views, "EMAILS", f'SELECT "OBJECTID" FROM "{NAME}"')
    with pytest.raises(WarehouseError, match="somebody else has made the view EMAILS"):
        with_views.ensure_views(view)


def make_view(warehouse, name: str, query: str) -> None:
    """What a user does in a worksheet or a shell."""
    if hasattr(warehouse, "place"):
        comment = f"CREATE OR REPLACE VIEW {warehouse.place.table(name)} COMMENT = %s AS {query}"
        warehouse._run(lambda session: session.execute(comment, ("mine",)))
    else:
        with duckdb.connect(warehouse._file.path) as shell:
            shell.execute(f'CREATE OR REPLACE VIEW "{name}" AS {query}')


def test_properties_are_unpivoted_into_rows_of_text_as_hubspot_spells_it(with_views):
    dialect = with_views.dialect
    texts = views.property_texts(dialect, with_views.schema(NAME), COLUMNS)
    query = views.unpivoted(dialect, NAME, ("OBJECTID", "INGESTEDAT"), texts)
    with_views.ensure_views(View("OBJECT_PROPERTIES", query))
    rows = with_views.read("OBJECT_PROPERTIES", ["OBJECTID", "NAME", "VALUE"]).to_pylist()
    assert {(row["OBJECTID"], row["NAME"]): row["VALUE"] for row in rows} == {
        (1, "email"): "it's",
        (1, "amount"): "1500.5",
        (1, "vip"): "false",
        (1, "birthday"): "2026-11-30",
        (1, "seen"): "2026-11-01T00:00:00.000Z",
        (2, "amount"): "many",
        (2, "vip"): "per/haps",
    }


def test_properties_become_one_json_object_without_those_that_have_no_value(with_views):
    dialect = with_views.dialect
    texts = views.property_texts(dialect, with_views.schema(NAME), COLUMNS)
    columns = {"OBJECTID": dialect.quoted("OBJECTID"), "PROPERTIES": views.json_object(dialect, texts)}
    with_views.ensure_views(View("WITH_PROPERTIES", Select(columns, dialect.quoted(NAME)).sql(dialect)))
    found = {
        id_: json.loads(text) for id_, text in stored(with_views, "OBJECTID", "PROPERTIES", name="WITH_PROPERTIES")
    }
    assert found == {
        1: {
            "email": "it's",
            "amount": "1500.5",
            "vip": "false",
            "birthday": "2026-11-30",
            "seen": "2026-11-01T00:00:00.000Z",
        },
        2: {"amount": "many", "vip": "per/haps"},
        3: {},
    }


def test_a_key_of_json_means_itself_whatever_it_is_called(with_views):
    keys = ("$.x", "a.b", 'say "hi"', "it's", "back\\slash", "100%", "a/b~c", "0")
    merged(with_views, contact(4, UNPARSED=json.dumps({key: f"found {key}" for key in keys})), table=TYPED)
    dialect = with_views.dialect
    values = {f"VALUE{number}": views.json_key(dialect, "UNPARSED", key) for number, key in enumerate(keys)}
    columns = {"OBJECTID": dialect.quoted("OBJECTID"), **values}
    with_views.ensure_views(View("KEYS", Select(columns, dialect.quoted(NAME)).sql(dialect)))
    nothing = [(id_, *[None] * len(keys)) for id_ in (1, 2, 3)]
    assert stored(with_views, "OBJECTID", *values, name="KEYS") == [*nothing, (4, *(f"found {key}" for key in keys))]


def test_queries_are_united_by_the_names_of_their_columns(with_views):
    other = Table("OBJECTS_DEALS", pa.schema([("OBJECTID", pa.int64()), ("STAGE", pa.string())]), key=("OBJECTID",))
    with_views.ensure(other)
    merged(with_views, {"OBJECTID": 9, "STAGE": "won"}, table=other)
    dialect = with_views.dialect
    id_, live = dialect.quoted("OBJECTID"), f"{dialect.quoted('OBJECTID')} > 2"
    contacts = Select({"TYPE": "'0-1'", "ID": id_}, dialect.quoted(NAME), live)
    deals = Select({"ID": id_, "STAGE": dialect.quoted("STAGE"), "TYPE": "'0-3'"}, dialect.quoted("OBJECTS_DEALS"))
    with_views.ensure_views(View("OBJECTS", views.union_all(dialect, [contacts, deals])))
    assert stored(with_views, "ID", "TYPE", "STAGE", name="OBJECTS") == [(3, "0-1", None), (9, "0-3", "won")]


def test_a_view_over_very_many_properties_works(warehouse):
    if not warehouse.has_views:
        pytest.skip("has no views")
    wide = contacts_table(
        *(property_field(f"p{number}", NUMBER if number % 2 else pa.string()) for number in range(400))
    )
    warehouse.ensure(wide)
    merged(warehouse, contact(1, P7=Decimal(7), P8="eight"), table=wide)
    texts = views.property_texts(
        warehouse.dialect, warehouse.schema(NAME), {f"PROPERTY_P{number}": f"p{number}" for number in range(400)}
    )
    warehouse.ensure_views(View("WIDE", views.unpivoted(warehouse.dialect, NAME, ("OBJECTID",), texts)))
    assert stored(warehouse, "NAME", "VALUE", name="WIDE") == [("p7", "7"), ("p8", "eight")]
