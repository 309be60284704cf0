import json
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Counts, Merge, SchemaChange, Table, WarehouseError
from hubspot_assets_tests.warehouse.contacts import (
    CONTACTS,
    INSTANT,
    NAME,
    NUMBER,
    PROPERTIES,
    contact,
    contacts_table,
    merged,
    property_field,
    rows,
    stored,
    unparsed,
)


def test_tables_are_created_once(warehouse):
    assert warehouse.ensure(CONTACTS, SYNCS, SEEN) == [
        SchemaChange(name, "created") for name in (NAME, "SYNCS", "SYNCS_SEEN")
    ]
    assert warehouse.ensure(CONTACTS, SYNCS, SEEN) == []


def test_a_new_column_is_added_and_empty(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a"))
    wider = contacts_table(*PROPERTIES, property_field("fax"))
    assert contacts_warehouse.ensure(wider) == [SchemaChange(NAME, "added", "PROPERTY_FAX")]
    assert contacts_warehouse.ensure(wider) == []
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL", "PROPERTY_FAX") == [(1, "a", None)]


SPELLED = (
    (
        NUMBER,
        {
            Decimal("1500"): "1500",
            Decimal("0.5"): "0.5",
            Decimal("-0.25"): "-0.25",
            Decimal("0"): "0",
            Decimal("1234567890123456789012345678.0123456789"): "1234567890123456789012345678.0123456789",
        },
    ),
    (pa.int64(), {100: "100", -7: "-7"}),
    (pa.bool_(), {True: "true", False: "false"}),
    (pa.date32(), {date(2026, 11, 30): "2026-11-30", date(1, 1, 1): "0001-01-01"}),
    (
        INSTANT,
        {
            datetime(2026, 11, 30, 14, 3, 0, 123000): "2026-11-30T14:03:00.123Z",
            datetime(2026, 11, 30): "2026-11-30T00:00:00.000Z",
            datetime(2026, 11, 30, 14, 3, 0, 123456): "2026-11-30T14:03:00.123456Z",
            datetime(1969, 12, 31, 23, 59, 59, 999000): "1969-12-31T23:59:59.999Z",
        },
    ),
)
"""Values of a property of each type, and their text."""


def test_a_retyped_property_widens_to_text_spelled_as_hubspot_does(warehouse):
    odd = [f"odd_{number}" for number in range(len(SPELLED))]
    before = contacts_table(*(property_field(name, type_) for name, (type_, _) in zip(odd, SPELLED, strict=True)))
    after = contacts_table(*map(property_field, odd))
    columns = [f"PROPERTY_{name.upper()}" for name in odd]
    # One row more than there are values: each property is also empty somewhere.
    ids = range(max(len(values) for _, values in SPELLED) + 1)

    def row(id_: int, *values: object) -> dict[str, object]:
        return {**contact(id_), **dict(zip(columns, values, strict=True))}

    typed, texts = (
        [[[*side(values), *[None] * len(ids)][id_] for _, values in SPELLED] for id_ in ids]
        for side in (dict.keys, dict.values)
    )
    warehouse.ensure(before)
    merged(warehouse, *(row(id_, *typed[id_]) for id_ in ids), table=before)
    changes = warehouse.ensure(after)
    assert [(change.kind, change.column) for change in changes] == [("widened", column) for column in columns]
    assert all(change.was for change in changes)
    assert stored(warehouse, "OBJECTID", *columns) == [(id_, *texts[id_]) for id_ in ids]
    assert warehouse.ensure(after) == []


def test_a_change_between_two_types_widens_to_text(contacts_warehouse):
    merged(contacts_warehouse, contact(1, AMOUNT=Decimal("2.50")))
    [change] = contacts_warehouse.ensure(contacts_table(property_field("amount", pa.bool_())))
    assert (change.kind, change.column) == ("widened", "PROPERTY_AMOUNT")
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_AMOUNT") == [(1, "2.5")]


def test_text_is_never_narrowed_and_takes_typed_rows_spelled_out(contacts_warehouse):
    number = contacts_table(property_field("email", NUMBER))
    assert contacts_warehouse.ensure(number) == []
    counts = merged(contacts_warehouse, contact(1, EMAIL=Decimal("7.50")), table=number)
    assert counts == Counts(inserted=1)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(1, "7.5")]
    assert merged(contacts_warehouse, contact(1, EMAIL=Decimal("7.50")), table=number) == Counts(unchanged=1)


def test_widening_takes_the_raw_text_out_of_unparsed(contacts_warehouse):
    raw = {"amount": "twelve", 'a "b"': "c"}
    merged(
        contacts_warehouse,
        contact(1, UNPARSED=json.dumps(raw)),
        contact(2, UNPARSED=json.dumps({"amount": "1e999"})),
        contact(3, AMOUNT=Decimal(3), UNPARSED=json.dumps({"other": "x"})),
        contact(4, AMOUNT=Decimal(4)),
    )
    contacts_warehouse.ensure(contacts_table(property_field("amount")))
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_AMOUNT") == [
        (1, "twelve"),
        (2, "1e999"),
        (3, "3"),
        (4, "4"),
    ]
    assert unparsed(contacts_warehouse) == {1: {'a "b"': "c"}, 2: None, 3: {"other": "x"}, 4: None}


def test_unparsed_is_searched_for_the_property_as_it_is_called(warehouse):
    called = {f"PROPERTY_{number}": name for number, name in enumerate(('say "hi"', "a/b~c", "$.x", "0", "it's"))}

    def table(type_: pa.DataType) -> Table:
        return contacts_table(*(pa.field(column, type_, metadata={"property": called[column]}) for column in called))

    warehouse.ensure(table(NUMBER))
    raw = {name: f"raw {name}" for name in called.values()}
    merged(warehouse, contact(1, UNPARSED=json.dumps(raw)), table=table(NUMBER))
    warehouse.ensure(table(pa.string()))
    assert stored(warehouse, "OBJECTID", *called) == [(1, *raw.values())]
    assert unparsed(warehouse) == {1: None}


def test_whole_numbers_of_any_width_are_stored(warehouse):
    table = Table("NARROW", pa.schema([("ID", pa.int64()), ("DISPLAYORDER", pa.int32())]), key=("ID",))
    warehouse.ensure(table)
    assert warehouse.ensure(table) == []
    with warehouse.stage(table) as stage:
        stage.write(pa.table({"ID": [1, 2], "DISPLAYORDER": [-(2**31), None]}, schema=table.schema))
        assert warehouse.commit(Merge(table, stage)) == [Counts(inserted=2)]
    assert stored(warehouse, "ID", "DISPLAYORDER", name="NARROW") == [(1, -(2**31)), (2, None)]


def test_a_key_in_a_type_that_cannot_be_used_is_refused(warehouse):
    foreign = Table(NAME, pa.schema([("OBJECTID", pa.string())]), key=("OBJECTID",))
    warehouse.ensure(foreign)
    with pytest.raises(WarehouseError, match="OBJECTID of table OBJECTS_CONTACTS"):
        warehouse.ensure(CONTACTS)
    assert warehouse.schema(NAME).names == ["OBJECTID"]


def test_rows_that_a_column_can_no_longer_hold_are_refused(contacts_warehouse):
    """As when another sync retyped the table between this one's `ensure` and its commit."""
    text = contacts_table(property_field("email"), property_field("amount"))
    with pytest.raises(WarehouseError, match="PROPERTY_AMOUNT"):
        contacts_warehouse.commit(Merge(text, rows(contact(1, AMOUNT="many"), table=text)))
    assert contacts_warehouse.count(NAME) == 0


def test_columns_may_be_called_anything(warehouse):
    odd = [*map(str.upper, ("select", "order", "table", "user", "PROPERTY_É; DROP TABLE X; --", 'quote"d'))]
    schema = pa.schema([("OBJECTID", pa.int64()), *((column, pa.string()) for column in odd)])
    table = Table("ODD", schema, key=("OBJECTID",))
    warehouse.ensure(table)
    warehouse.commit(Merge(table, pa.table({"OBJECTID": [1], **{column: ["v"] for column in odd}})))
    after = pa.table({"OBJECTID": [1], **{column: [f"w {column}"] for column in odd}})
    assert warehouse.commit(Merge(table, after)) == [Counts(updated=1)]
    assert stored(warehouse, "OBJECTID", *odd, name="ODD") == [(1, *(f"w {column}" for column in odd))]
    for column in odd:
        assert warehouse.count("ODD", [(column, "=", f"w {column}")]) == 1, column
