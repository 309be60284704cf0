from datetime import UTC, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.warehouse.base import TableNotFound, WarehouseError
from hubspot_assets_tests.warehouse.contacts import CONTACTS, NAME, contact, instant, merged, rows


@pytest.fixture
def four(contacts_warehouse):
    """Contacts 1 to 4, updated at minutes 1 to 3 and never, with emails a, b, b and none."""
    merged(
        contacts_warehouse,
        contact(1, updated=1, EMAIL="a"),
        contact(2, updated=2, EMAIL="b"),
        contact(3, updated=3, EMAIL="b"),
        contact(4, updated=None),
    )
    return contacts_warehouse


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ([], {1, 2, 3, 4}),
        ([("PROPERTY_EMAIL", "=", "b")], {2, 3}),
        ([("PROPERTY_EMAIL", "!=", "b")], {1, 4}),
        ([("PROPERTY_EMAIL", "is null", None)], {4}),
        ([("PROPERTY_EMAIL", "is not null", None)], {1, 2, 3}),
        ([("PROPERTY_EMAIL", "in", ["a", "z"])], {1}),
        ([("PROPERTY_EMAIL", "in", [])], set()),
        ([("OBJECTID", "in", range(3, 90_000))], {3, 4}),
        ([("UPDATEDAT", "<", instant(2))], {1}),
        ([("UPDATEDAT", "<=", instant(2).replace(tzinfo=UTC))], {1, 2}),
        ([("UPDATEDAT", ">", (instant(2) + timedelta(hours=1)).replace(tzinfo=timezone(timedelta(hours=1))))], {3}),
        ([("UPDATEDAT", ">=", instant(2)), ("OBJECTID", "<", 3)], {2}),
        ([("PROPERTY_EMAIL", "=", "'; DROP TABLE OBJECTS_CONTACTS; --")], set()),
    ],
)
def test_conditions_choose_the_rows_that_are_read_and_counted(four, where, ids):
    assert set(four.read(NAME, ["OBJECTID"], where)["OBJECTID"].to_pylist()) == ids
    assert four.count(NAME, where) == len(ids)


def test_columns_come_as_asked_and_in_the_types_of_the_table(four):
    assert four.read(NAME, ["PROPERTY_AMOUNT", "OBJECTID"]).column_names == ["PROPERTY_AMOUNT", "OBJECTID"]
    assert four.read(NAME).schema.equals(CONTACTS.schema)
    assert four.schema(NAME).equals(CONTACTS.schema)


def test_a_number_is_read_exactly(contacts_warehouse):
    exact = Decimal("1234567890123456789012345678.0123456789")
    merged(contacts_warehouse, contact(1, AMOUNT=exact))
    assert contacts_warehouse.read(NAME)["PROPERTY_AMOUNT"].to_pylist() == [exact]


def test_keys_that_another_table_lacks_are_missing(four):
    four.ensure(SEEN)
    four.commit(Merge(SEEN, pa.table({"SYNCID": ["s", "s", "t"], "OBJECTID": [1, 2, 3]})))
    missing = four.missing(NAME, [("OBJECTID", "!=", 4)], SEEN.name, [("SYNCID", "=", "s")], ["OBJECTID"])
    assert [part.to_pydict() for part in missing] == [{"OBJECTID": [3]}]


def test_a_table_that_is_not_there_has_no_schema_and_no_rows(warehouse):
    assert warehouse.schema(NAME) is None
    assert warehouse.count(NAME) == 0


def test_reading_a_table_that_is_not_there_is_an_error(warehouse):
    with pytest.raises(TableNotFound):
        warehouse.read(NAME)
    warehouse.ensure(SEEN)
    with pytest.raises(TableNotFound, match="no table OBJECTS_CONTACTS"):
        warehouse.read(NAME)
    with pytest.raises(TableNotFound, match="no table OBJECTS_CONTACTS"):
        warehouse.missing(NAME, (), SEEN.name, (), ["OBJECTID"])


def test_a_column_that_is_not_there_is_named(four):
    for ask in (
        lambda: four.read(NAME, ["PROPERTY_FAX"]),
        lambda: four.count(NAME, [("PROPERTY_FAX", "is null", None)]),
    ):
        with pytest.raises(WarehouseError, match="no column PROPERTY_FAX"):
            ask()


@pytest.mark.parametrize("comparison", ["=", "!=", "<"])
def test_a_comparison_with_nothing_is_refused(four, comparison):
    with pytest.raises(ValueError, match="is null"):
        four.count(NAME, [("PROPERTY_EMAIL", comparison, None)])


def test_an_unknown_comparison_is_refused(four):
    with pytest.raises(ValueError, match="no comparison"):
        four.count(NAME, [("PROPERTY_EMAIL", "like", "a%")])


def test_a_destination_that_works_passes_its_check(warehouse, contacts_warehouse):
    warehouse.check()
    assert contacts_warehouse.describe()


def test_rows_that_repeat_a_key_are_counted(four):
    assert four.duplicates(NAME, ("OBJECTID",)) == 0
    # As a table that somebody else filled, one key several times.
    by_row = Table(NAME, CONTACTS.schema, key=("OBJECTID", "SYNCID"))
    again = [contact(3, SYNCID="a"), contact(3, SYNCID="b"), contact(4, None, SYNCID="a"), contact(5, SYNCID="a")]
    four.commit(Merge(by_row, rows(*again)))
    assert four.duplicates(NAME, ("OBJECTID",)) == 3
    assert four.duplicates(NAME, ("OBJECTID", "UPDATEDAT")) == 2
    assert four.duplicates("NO_SUCH_TABLE", ("OBJECTID",)) == 0


def test_several_reads_may_be_asked_for_at_once(four):
    with four.reading():
        assert four.count(NAME) == four.read(NAME).num_rows == 4
        assert four.schema(NAME).equals(CONTACTS.schema)
    merged(four, contact(5))
    assert four.count(NAME) == 5


def test_several_reads_of_what_is_not_there_yet_find_nothing(warehouse):
    with warehouse.reading():
        assert warehouse.schema(NAME) is None
        assert warehouse.count(NAME) == 0
