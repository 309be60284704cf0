import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.tables.names import column_name, column_names, id_stem, table_names
from hubspot_assets_tests.tables.examples import definition


def test_a_column_is_the_internal_name_in_upper_case_behind_the_prefix():
    assert column_name("hs_lastmodifieddate") == "PROPERTY_HS_LASTMODIFIEDDATE"
    assert column_name("acme.co/größe 2") == "PROPERTY_ACME_CO_GR__SSE_2".replace("GR__SSE", "GR_SSE")


def test_sql_keywords_and_core_columns_stay_clear_of_property_columns():
    names = ["select", "order", "table", "objectid", "unparsed", "property_x", "1st"]

    columns = column_names([definition(name) for name in names], {})

    assert columns["select"] == "PROPERTY_SELECT"
    assert columns["objectid"] == "PROPERTY_OBJECTID"
    assert len(set(columns.values())) == len(names)
    assert all(column.startswith("PROPERTY_") for column in columns.values())


def test_of_two_properties_with_one_column_name_the_later_created_gets_a_number():
    first = definition("deal-size", created_at="2024-05-01T00:00:00Z")
    second = definition("deal_size", created_at="2024-05-01T00:00:00.001Z")
    third = definition("deal.size", created_at="1714600000000")

    assert column_names([third, second, first], {}) == {
        "deal-size": "PROPERTY_DEAL_SIZE",
        "deal_size": "PROPERTY_DEAL_SIZE_2",
        "deal.size": "PROPERTY_DEAL_SIZE_3",
    }


def test_a_property_without_a_creation_date_is_older_than_any_other():
    own = definition("city", created_at=None)
    custom = definition("CITY", created_at="2011-01-01T00:00:00Z")

    assert column_names([custom, own], {}) == {"city": "PROPERTY_CITY", "CITY": "PROPERTY_CITY_2"}


def test_a_known_column_never_changes_and_is_given_to_no_other_property():
    known = {"a b": "PROPERTY_A_B", "gone": "PROPERTY_GONE"}
    older = definition("a_b", created_at="2001-01-01T00:00:00Z")
    newer = definition("a b", created_at="2020-01-01T00:00:00Z")

    assert column_names([older, newer, definition("GONE")], known) == {
        "a b": "PROPERTY_A_B",
        "a_b": "PROPERTY_A_B_2",
        "GONE": "PROPERTY_GONE_2",
    }


def test_names_longer_than_an_identifier_are_cut_and_stay_apart():
    names = ["x" * 300 + end for end in "abc"]

    columns = column_names([definition(name) for name in names], {})

    assert len(set(columns.values())) == 3
    assert all(len(column) <= 255 for column in columns.values())


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text(st.sampled_from("aA_-.2é"), min_size=1, max_size=4), st.none() | st.just("2024-01-01"), max_size=8
    )
)
def test_columns_are_distinct_and_do_not_depend_on_the_order_of_the_definitions(created):
    definitions = [definition(name, created_at=moment) for name, moment in created.items()]

    columns = column_names(definitions, {})

    assert len(set(columns.values())) == len(definitions)
    assert column_names(definitions[::-1], {}) == columns
    assert column_names(definitions, columns) == columns


@pytest.mark.parametrize(
    ("label", "table"),
    [
        ("Line items of ours", "OBJECTS_LINE_ITEMS_OF_OURS"),
        ("Pets & more", "OBJECTS_PETS___MORE"),
        ("Größen", "OBJECTS_GROSSEN"),
        ("E\u0301ve\u0301nements", "OBJECTS_EVENEMENTS"),
        ("Заказы", "OBJECTS_ZAKAZY"),
        ("Модели", "OBJECTS_MODELI"),
        ("Модель", "OBJECTS_MODEL"),
        ("Παραγγελίες", "OBJECTS_PARAGGELIES"),
        ("カー", "OBJECTS_KA"),
        ("\U0001f697 Cars", "OBJECTS___CARS"),
        ("車両", "OBJECTS_2_7"),
        ("Cars 車両", "OBJECTS_2_7"),
        ("سيارات", "OBJECTS_2_7"),
        ("!!!", "OBJECTS_2_7"),
        ("", "OBJECTS_2_7"),
        ("Contacts", "OBJECTS_CONTACTS_2_7"),
        ("line-items", "OBJECTS_LINE_ITEMS_2_7"),
    ],
)
def test_a_table_is_named_after_the_plural_label_or_the_type_id(label, table):
    assert table_names({"2-7": label}, {}) == {"2-7": table}


def test_of_types_with_one_label_the_oldest_has_its_name():
    labels = {"2-10": "Cars", "2-9": "Cars!", "2-8": "Cars ", "2-7": "cars"}
    assert table_names(labels, {}) == {
        "2-7": "OBJECTS_CARS",
        "2-8": "OBJECTS_CARS_2_8",
        "2-9": "OBJECTS_CARS_",
        "2-10": "OBJECTS_CARS_2_10",
    }


def test_a_type_that_is_renamed_keeps_its_table_and_nobody_else_gets_it():
    known = {"2-7": "OBJECTS_CARS", "2-8": "OBJECTS_BOATS"}
    labels = {"2-7": "Vehicles", "2-9": "Cars", "2-10": "Boats"}
    assert table_names(labels, known) == {
        "2-7": "OBJECTS_CARS",
        "2-9": "OBJECTS_CARS_2_9",
        "2-10": "OBJECTS_BOATS_2_10",
    }


def test_a_table_that_an_earlier_version_gave_twice_stays_with_the_right_one():
    known = {"2-7": "OBJECTS_CONTACTS", "2-8": "OBJECTS_____", "2-9": "OBJECTS_____", "0-1": "OBJECTS_CONTACTS"}
    assert table_names({"2-7": "Contacts", "2-8": "車両", "2-9": "物件"}, known) == {
        "2-7": "OBJECTS_CONTACTS_2_7",
        "2-8": "OBJECTS_____",
        "2-9": "OBJECTS_2_9",
    }


def test_names_of_tables_leave_room_for_those_derived_from_them():
    tables = table_names({"2-7": "x" * 300, "2-8": "x" * 300}, {})
    assert len(set(tables.values())) == 2
    assert all(len(f"ASSOCIATIONS_{table}_TO_{table}") <= 255 for table in tables.values())


LABELS = st.dictionaries(
    st.integers(1, 30).map("2-{}".format),
    st.text(st.sampled_from("aAé_ -2Яя車!"), max_size=3) | st.sampled_from(["Contacts", "Deals", "Contacts 2 7"]),
    max_size=6,
)


@settings(deadline=None)
@given(LABELS, st.text(st.sampled_from("aA車"), max_size=2))
def test_tables_are_distinct_whatever_the_order_and_a_new_type_changes_none(labels: dict[str, str], new: str):
    tables = table_names(labels, {})
    assert len(set(tables.values())) == len(labels)
    assert not set(tables.values()) & {standard.table for standard in STANDARD_OBJECT_TYPES.values()}
    assert all(re.fullmatch(r"OBJECTS_[A-Z0-9_]+", table) for table in tables.values())
    assert table_names(dict(reversed(labels.items())), {}) == tables
    assert table_names({**labels, "2-31": new}, {}).items() > tables.items()
    assert table_names(labels, tables) == tables
    assert table_names(dict.fromkeys(labels, new), tables) == tables


def test_id_columns_are_named_after_the_singular_label_or_the_type_id():
    assert id_stem("Line item", "0-8") == "LINE_ITEM"
    assert id_stem("Заказ", "2-7") == "ZAKAZ"
    assert id_stem("車", "2-7") == "OBJECT_2_7"
