from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.warehouse.base import Merge, Table, TableNotFound, WarehouseError
from hubspot_assets_tests.warehouse.contacts import CONTACTS, NAME, contact, instant, merged, rows

PAIRS = pa.schema([("A", pa.int64()), ("B", pa.string())])


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


CHOSEN = (
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
)
"""Conditions, and which of the four contacts meet them."""


def test_conditions_choose_the_rows_that_are_read_and_counted(four):
    for where, ids in CHOSEN:
        assert set(four.read(NAME, ["OBJECTID"], where)["OBJECTID"].to_pylist()) == ids, where
        assert four.count(NAME, where) == len(ids), where


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


def test_missing_keys_may_have_several_columns(warehouse):
    """A pair is missing where its columns do not meet in one row, although each is found somewhere."""
    ours, theirs = (Table(name, PAIRS, key=("A", "B")) for name in ("OURS", "THEIRS"))
    warehouse.ensure(ours, theirs)
    warehouse.commit(
        Merge(ours, pa.table({"A": [1, 1, 2], "B": ["x", "y", "x"]})),
        Merge(theirs, pa.table({"A": [1, 2], "B": ["x", "y"]})),
    )
    found = pa.concat_tables(warehouse.missing("OURS", (), "THEIRS", (), ("A", "B")))
    assert sorted(found.to_pylist(), key=str) == [{"A": 1, "B": "y"}, {"A": 2, "B": "x"}]
    assert found.schema == PAIRS
    assert list(warehouse.missing("OURS", (("A", "=", 1), ("B", "=", "x")), "THEIRS", (), ("A", "B"))) == []


def test_who_works_through_missing_keys_may_write_meanwhile(warehouse):
    ours = Table("OURS", PAIRS, key=("A", "B"))
    theirs = Table("THEIRS", PAIRS, key=("A", "B"))
    warehouse.ensure(ours, theirs)
    pairs = pa.table({"A": range(200_000), "B": ["x"] * 200_000}, schema=PAIRS)
    warehouse.commit(Merge(ours, pairs))
    written = 0
    for part in warehouse.missing("OURS", (), "THEIRS", (), ("A", "B")):
        assert part.num_rows < 200_000, "not the whole answer at once"
        [counts] = warehouse.commit(Merge(theirs, part.slice(0, 10)))
        written += counts.inserted
    assert warehouse.count("THEIRS") == written > 10


SUMMED = (
    (("PROPERTY_EMAIL",), (), {("a", 1, 2, 1), ("b", 3, 3, 5), (None, None, None, 4)}),
    ((), (), {(3, 5, 10)}),
    ((), [("OBJECTID", ">", 90)], set()),
    (("PROPERTY_EMAIL",), [("OBJECTID", "in", range(2, 90_000))], {("b", 3, 3, 5), (None, None, None, 4)}),
)
"""What groups are made of, conditions, and of each group the last minute of change and the sums of amounts and ids."""


def test_groups_of_rows_are_summed_up_by_the_destination(four):
    merged(
        four,
        contact(1, EMAIL="a", AMOUNT=Decimal(2), updated=1, read=3),
        contact(2, EMAIL="b", AMOUNT=Decimal("0.5"), updated=2, read=3),
        contact(3, EMAIL="b", AMOUNT=Decimal("2.5"), updated=3, read=3),
    )
    values = {"UPDATEDAT": "max", "PROPERTY_AMOUNT": "sum", "OBJECTID": "sum"}
    for by, where, expected in SUMMED:
        found = four.aggregate(NAME, by, values, where)
        assert found.schema.equals(pa.schema([CONTACTS.schema.field(name) for name in (*by, *values)]))
        rows = {tuple(row.values()) for row in found.to_pylist()}
        minutes = {tuple(value.minute if isinstance(value, datetime) else value for value in row) for row in rows}
        assert minutes == expected, (by, where)


def test_rows_are_counted_by_group_however_many_values_are_asked_for(four):
    for where in ([], [("OBJECTID", "in", range(90_000))]):
        counted = four.aggregate(NAME, ("PROPERTY_EMAIL",), {"OBJECTID": "count"}, where)
        assert set(zip(*counted.to_pydict().values(), strict=True)) == {("a", 1), ("b", 2), (None, 1)}


def test_what_is_asked_of_groups_must_be_there(four, warehouse):
    with pytest.raises(WarehouseError, match="no column PROPERTY_FAX"):
        four.aggregate(NAME, ("PROPERTY_FAX",), {"OBJECTID": "max"})
    with pytest.raises(TableNotFound, match="no table SYNCS"):
        warehouse.aggregate("SYNCS", ("TABLENAME",), {"COVEREDUNTIL": "max"})


def test_a_table_that_is_not_there_has_no_schema_and_no_rows_and_reading_it_is_an_error(warehouse):
    assert warehouse.schema(NAME) is None
    assert warehouse.count(NAME) == 0
    with warehouse.reading():
        assert warehouse.schema(NAME) is None
        assert warehouse.count(NAME) == 0
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


def test_a_comparison_with_nothing_and_one_that_is_unknown_are_refused(four):
    for comparison in ("=", "!=", "<"):
        with pytest.raises(ValueError, match="is null"):
            four.count(NAME, [("PROPERTY_EMAIL", comparison, None)])
    with pytest.raises(ValueError, match="no comparison"):
        four.count(NAME, [("PROPERTY_EMAIL", "like", "a%")])


def test_a_destination_that_works_passes_its_check(warehouse, contacts_warehouse):
    warehouse.check()
    assert contacts_warehouse.describe()


def test_rows_that_repeat_a_key_are_counted(four):
    assert four.duplicates(NAME, ("OBJECTID",)) == 0
    # As a table that somebody else filled, one key several times.
    by_row = Table(NAME, CONTACTS.schema, key=("OBJECTID", "SYNCID"), json=("UNPARSED",))
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


def test_rows_are_counted_by_the_days_of_their_instants(contacts_warehouse):
    last_of_day, next_day = instant(24 * 60) - timedelta(milliseconds=1), 24 * 60
    merged(contacts_warehouse, *(contact(each, updated=each) for each in (1, 2, 3)), contact(4, updated=None))
    merged(contacts_warehouse, contact(5, updated=next_day), {**contact(6), "UPDATEDAT": last_of_day})
    day = instant(0).date()
    known = (("UPDATEDAT", "is not null", None),)
    assert contacts_warehouse.count_by_day(NAME, "UPDATEDAT", known) == {day: 4, day + timedelta(days=1): 1}
    assert contacts_warehouse.count_by_day(NAME, "UPDATEDAT", (("UPDATEDAT", ">=", instant(next_day)),)) == {
        day + timedelta(days=1): 1
    }
    with pytest.raises(TableNotFound):
        contacts_warehouse.count_by_day("EVENTS_LOGIN", "OCCURREDAT")
