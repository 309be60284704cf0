import pyarrow as pa

from hubspot_assets.tables.schema import COMMENT, PROPERTY, ColumnType, record_schema
from hubspot_assets.warehouse import base
from hubspot_assets_tests.tables.examples import definition

CORE = [
    "OBJECTTYPEID",
    "OBJECTID",
    "CREATEDAT",
    "UPDATEDAT",
    "ARCHIVED",
    "ARCHIVEDAT",
    "DELETEDAT",
    "DELETIONREASON",
    "MERGEDINTO",
    "URL",
]


def test_properties_stand_between_the_core_columns_in_alphabetical_order():
    schema = record_schema("0-3", [definition("dealname"), definition("amount", "number")])

    assert schema.arrow.names == [*CORE, "PROPERTY_AMOUNT", "PROPERTY_DEALNAME", "UNPARSED", "INGESTEDAT", "SYNCID"]


def test_every_type_of_hubspot_has_its_column_type_and_unknown_ones_are_text():
    types = {
        "number": ColumnType.NUMBER,
        "bool": ColumnType.BOOLEAN,
        "date": ColumnType.DATE,
        "datetime": ColumnType.TIMESTAMP,
        **dict.fromkeys(
            ["string", "enumeration", "phone_number", "json", "object_coordinates", "invented_tomorrow"],
            ColumnType.TEXT,
        ),
    }

    schema = record_schema("0-1", [definition(f"a_{type_}", type_) for type_ in types])

    assert {column.property.removeprefix("a_"): column.type for column in schema.properties} == types


def test_a_column_stored_as_text_stays_text():
    stored = pa.schema([("PROPERTY_AMOUNT", pa.string())])

    assert record_schema("0-3", [definition("amount", "number")], stored=stored).properties[0].type is ColumnType.TEXT


def test_a_property_that_changed_its_type_becomes_text():
    stored = pa.schema([("PROPERTY_AMOUNT", pa.decimal128(38, 10)), ("PROPERTY_SINCE", pa.date32())])
    definitions = [definition("amount", "bool"), definition("since", "datetime")]

    schema = record_schema("0-3", definitions, stored=stored)

    assert [column.type for column in schema.properties] == [ColumnType.TEXT, ColumnType.TEXT]


def test_a_stored_column_of_the_defined_type_and_a_new_one_are_typed():
    stored = pa.schema([("PROPERTY_AMOUNT", pa.decimal128(38, 10))])
    definitions = [definition("amount", "number"), definition("since", "date")]

    schema = record_schema("0-3", definitions, stored=stored)

    assert [column.type for column in schema.properties] == [ColumnType.NUMBER, ColumnType.DATE]


def test_a_known_column_decides_what_is_stored_for_a_property():
    stored = pa.schema([("PROPERTY_A_B_2", pa.string()), ("PROPERTY_A_B", pa.bool_())])

    (column,) = record_schema("0-1", [definition("a-b", "number")], {"a-b": "PROPERTY_A_B_2"}, stored).properties

    assert (column.column, column.type) == ("PROPERTY_A_B_2", ColumnType.TEXT)


def test_a_column_says_which_property_it_holds_and_what_that_is():
    (column,) = record_schema("0-1", [definition("deal-size")]).properties

    field = column.to_arrow()

    assert (field.name, field.metadata) == ("PROPERTY_DEAL_SIZE", {PROPERTY: b"deal-size", COMMENT: b"Deal-Size"})


def test_fields_carry_what_a_warehouse_looks_for():
    # The libraries do not import each other, so each has its own word for the same keys.
    assert (PROPERTY, COMMENT) == (base.PROPERTY, base.COMMENT)
    assert all(field.metadata[COMMENT] for field in record_schema("0-1", [definition("email")]).arrow)
