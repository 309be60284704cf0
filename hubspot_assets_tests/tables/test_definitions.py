import json
from datetime import datetime

from hubspot_assets.tables.definitions import PROPERTY_DEFINITIONS_SCHEMA, definition_rows
from hubspot_assets_tests.tables.examples import definition


def test_a_definition_is_a_row_with_the_column_that_holds_the_property():
    rows = definition_rows(
        "0-3", [definition("amount", "number", created_at="2024-05-01T10:00:00.5Z")], {"amount": "PROPERTY_AMOUNT"}
    )

    assert rows.schema == PROPERTY_DEFINITIONS_SCHEMA
    (row,) = rows.to_pylist()
    assert row["OBJECTTYPEID"] == "0-3"
    assert (row["NAME"], row["TYPE"], row["COLUMNNAME"]) == ("amount", "number", "PROPERTY_AMOUNT")
    assert row["CREATEDAT"] == datetime(2024, 5, 1, 10, 0, 0, 500000)
    assert json.loads(row["OPTIONS"]) == []
    assert row["BACKFILLEDAT"] is None


def test_a_property_that_is_not_synced_has_no_column():
    (row,) = definition_rows("0-3", [definition("amount")], {}).to_pylist()

    assert row["COLUMNNAME"] is None


def test_no_definitions_are_no_rows_of_the_same_schema():
    rows = definition_rows("0-3", [], {})

    assert (rows.num_rows, rows.schema) == (0, PROPERTY_DEFINITIONS_SCHEMA)
