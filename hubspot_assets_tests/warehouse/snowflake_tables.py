"""A small table with one column of every type, as the tests of Snowflake speak of it."""

from datetime import datetime

import pyarrow as pa

from hubspot_assets.warehouse.base import COMMENT, PROPERTY, Table

INSTANT = pa.timestamp("us")


def property_field(name: str, type_: pa.DataType) -> pa.Field:
    return pa.field(f"PROPERTY_{name.upper()}", type_, metadata={PROPERTY: name, COMMENT: f"100 % {name}'s \\ comment"})


CONTACTS = Table(
    "OBJECTS_CONTACTS",
    pa.schema(
        [
            pa.field("OBJECTID", pa.int64()),
            pa.field("UPDATEDAT", INSTANT),
            property_field("name", pa.string()),
            property_field("amount", pa.decimal128(38, 10)),
            property_field("vip", pa.bool_()),
            property_field("birthday", pa.date32()),
            property_field("seen", INSTANT),
            pa.field("UNPARSED", pa.string()),
            pa.field("INGESTEDAT", INSTANT),
            pa.field("SYNCID", pa.string()),
        ]
    ),
    key=("OBJECTID",),
    version=("UPDATEDAT", "INGESTEDAT"),
    provenance=("INGESTEDAT", "SYNCID"),
    json=("UNPARSED",),
)


def contacts(*rows: dict) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=CONTACTS.schema)


def day(number: int) -> datetime:
    return datetime(2026, 11, number)
