from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.tables.names import column_name, column_names, table_name
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


def test_a_table_is_named_after_the_plural_label():
    assert table_name("Line items") == "OBJECTS_LINE_ITEMS"
    assert table_name("Pets & more") == "OBJECTS_PETS___MORE"
