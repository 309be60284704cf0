from decimal import Decimal

import pyarrow as pa
import pytest

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Counts, Delete, Merge, Patch, Table, TableNotFound, WarehouseError
from hubspot_assets_tests.warehouse.contacts import (
    CONTACTS,
    NAME,
    contact,
    contacts_table,
    instant,
    merged,
    property_field,
    rows,
    stored,
)


def test_new_rows_are_inserted_with_every_value(contacts_warehouse):
    counts = merged(contacts_warehouse, contact(1, EMAIL="a@x.de", AMOUNT=Decimal("1.5"), SYNCID="s", UNPARSED="{}"))
    assert counts == Counts(inserted=1)
    assert contacts_warehouse.read(NAME).to_pylist() == [
        {
            "OBJECTID": 1,
            "UPDATEDAT": instant(1),
            "PROPERTY_EMAIL": "a@x.de",
            "PROPERTY_AMOUNT": Decimal("1.5"),
            "UNPARSED": "{}",
            "INGESTEDAT": instant(1),
            "SYNCID": "s",
        }
    ]


VERSIONS = (
    ((1, 1), (2, 1), True),
    ((2, 1), (1, 9), False),
    ((1, 1), (1, 2), True),
    ((1, 2), (1, 1), False),
    ((1, 1), (1, 1), True),
    ((None, 9), (1, 1), True),
    ((1, 1), (None, 9), False),
    ((1, None), (1, 1), True),
    ((1, 1), (1, None), False),
    ((None, None), (None, None), True),
)
"""When a stored row and one that comes were changed and read, and whether the one that comes wins."""


def test_a_row_wins_unless_the_stored_one_is_newer(contacts_warehouse):
    merged(contacts_warehouse, *(contact(id_, *before, EMAIL="old") for id_, (before, _, _) in enumerate(VERSIONS)))
    counts = merged(
        contacts_warehouse, *(contact(id_, *after, EMAIL="new") for id_, (_, after, _) in enumerate(VERSIONS))
    )
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [
        (id_, "new" if wins else "old") for id_, (_, _, wins) in enumerate(VERSIONS)
    ]
    winners = sum(wins for _, _, wins in VERSIONS)
    assert counts == Counts(updated=winners, unchanged=len(VERSIONS) - winners)


def test_a_row_equal_in_all_but_provenance_is_left_alone(contacts_warehouse):
    merged(contacts_warehouse, contact(1, read=1, EMAIL="a", SYNCID="first"))
    counts = merged(contacts_warehouse, contact(1, read=5, EMAIL="a", SYNCID="second"))
    assert counts == Counts(unchanged=1)
    assert stored(contacts_warehouse, "OBJECTID", "INGESTEDAT", "SYNCID") == [(1, instant(1), "first")]


def test_a_value_that_changes_without_a_new_version_is_written(contacts_warehouse):
    before, after = (dict(enumerate(values)) for values in (("a", None, "a"), (None, "a", "b")))
    merged(contacts_warehouse, *(contact(id_, EMAIL=value, AMOUNT=Decimal(1)) for id_, value in before.items()))
    changed = [contact(id_, read=2, EMAIL=value, AMOUNT=Decimal(1)) for id_, value in after.items()]
    assert merged(contacts_warehouse, *changed) == Counts(updated=3)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [*after.items()]


def test_rows_staged_twice_collapse_to_the_newest(contacts_warehouse):
    counts = merged(
        contacts_warehouse,
        contact(1, updated=3, EMAIL="newest"),
        contact(1, updated=2, read=9, EMAIL="older"),
        contact(2, updated=1, read=1, EMAIL="read first"),
        contact(2, updated=1, read=2, EMAIL="read last"),
        contact(3, EMAIL="written first"),
        contact(3, EMAIL="written last"),
    )
    assert counts == Counts(inserted=3)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [
        (1, "newest"),
        (2, "read last"),
        (3, "written last"),
    ]


def test_one_merge_inserts_updates_and_leaves_alone(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a"), contact(2, EMAIL="b"), contact(3, EMAIL="c"))
    counts = merged(
        contacts_warehouse, contact(1, EMAIL="a"), contact(2, updated=2, EMAIL="B"), contact(4, EMAIL="d"), contact(4)
    )
    assert counts == Counts(inserted=1, updated=1, unchanged=1)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(1, "a"), (2, "B"), (3, "c"), (4, None)]


def test_columns_that_the_rows_lack_keep_what_is_stored(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="kept", AMOUNT=Decimal(1)))
    narrower = contacts_table(property_field("amount", pa.decimal128(38, 10)))
    counts = merged(
        contacts_warehouse, contact(1, updated=2, AMOUNT=Decimal(2)), contact(2, AMOUNT=Decimal(3)), table=narrower
    )
    assert counts == Counts(inserted=1, updated=1)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL", "PROPERTY_AMOUNT") == [
        (1, "kept", Decimal(2)),
        (2, None, Decimal(3)),
    ]


def test_without_a_version_the_later_row_wins(warehouse):
    table = Table("OWNERS", pa.schema([("OWNERID", pa.string()), ("NAME", pa.string())]), key=("OWNERID",))
    warehouse.ensure(table)
    for name, counts in (("Ann", Counts(inserted=1)), ("Bea", Counts(updated=1)), ("Bea", Counts(unchanged=1))):
        assert warehouse.commit(Merge(table, pa.table({"OWNERID": ["1"], "NAME": [name]}))) == [counts]
    assert warehouse.read("OWNERS").to_pylist() == [{"OWNERID": "1", "NAME": "Bea"}]


def test_a_key_of_several_columns_tells_rows_apart(warehouse):
    warehouse.ensure(SEEN)
    ids = pa.table({"SYNCID": ["a", "a", "b"], "OBJECTID": [1, 2, 1]})
    assert warehouse.commit(Merge(SEEN, ids)) == [Counts(inserted=3)]
    assert warehouse.commit(Merge(SEEN, ids.slice(1))) == [Counts(unchanged=2)]


def test_rows_that_are_immutable_are_added_once_and_never_looked_at_again(warehouse):
    schema = pa.schema([("SYNCID", pa.string()), ("OBJECTID", pa.int64()), ("NOTE", pa.string())])
    table = Table("VERSIONS", schema, key=("SYNCID", "OBJECTID"), immutable=True)
    warehouse.ensure(table)
    first = pa.table({"SYNCID": ["a", "a", "b"], "OBJECTID": [1, 2, 1], "NOTE": ["x", "y", "z"]})
    again = pa.table({"SYNCID": ["a", "a", "c", "c"], "OBJECTID": [1, 2, 1, 1], "NOTE": ["other", "y", "new", "new"]})
    assert warehouse.commit(Merge(table, first)) == [Counts(inserted=3)]
    for counts in (Counts(inserted=1, unchanged=2), Counts(unchanged=3)):
        with warehouse.stage(table) as stage:
            stage.write(again)
            assert warehouse.commit(Merge(table, stage)) == [counts]
    assert sorted(stored(warehouse, "SYNCID", "OBJECTID", "NOTE", name="VERSIONS")) == [
        ("a", 1, "x"),
        ("a", 2, "y"),
        ("b", 1, "z"),
        ("c", 1, "new"),
    ]


def test_the_writes_of_a_commit_happen_in_order_and_together(contacts_warehouse):
    contacts_warehouse.ensure(SYNCS, SEEN)
    ids = pa.table({"SYNCID": ["s", "s"], "OBJECTID": [1, 2]})
    counts = contacts_warehouse.commit(
        Merge(CONTACTS, rows(contact(1), contact(2))),
        Merge(SEEN, ids),
        Delete(SEEN, [("OBJECTID", "=", 1)]),
        lambda before: Merge(SYNCS, pa.table({"SYNCID": ["s"], "ROWSINSERTED": [before[0].inserted]})),
    )
    assert counts == [Counts(inserted=2), Counts(inserted=2), Counts(deleted=1), Counts(inserted=1)]
    assert stored(contacts_warehouse, "SYNCID", "ROWSINSERTED", name="SYNCS") == [("s", 2)]
    assert stored(contacts_warehouse, "OBJECTID", name="SYNCS_SEEN") == [(2,)]


def test_the_writes_of_a_commit_see_the_rows_of_those_before(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a"), contact(2, EMAIL="b"))
    patch = rows(contact(2, EMAIL="patched"), contact(3, EMAIL="patched"), contact(4, EMAIL="d"))
    counts = contacts_warehouse.commit(
        Merge(CONTACTS, rows(contact(2, updated=2, EMAIL="B"), contact(3, EMAIL="c"), contact(4, EMAIL="d"))),
        Patch(CONTACTS, patch.select(["OBJECTID", "PROPERTY_EMAIL"])),
        Merge(CONTACTS, rows(contact(1, EMAIL="a"), contact(3, EMAIL="patched"), contact(4, updated=3, EMAIL="D"))),
        Delete(CONTACTS, [("OBJECTID", "=", 1)]),
    )
    assert counts == [
        Counts(inserted=2, updated=1),
        Counts(updated=2, unchanged=1),
        Counts(updated=1, unchanged=2),
        Counts(deleted=1),
    ]
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(2, "patched"), (3, "patched"), (4, "D")]


def test_nothing_is_written_when_a_later_write_of_the_commit_fails(contacts_warehouse):
    absent = contacts_table(name="OBJECTS_ABSENT")
    with pytest.raises(TableNotFound, match="no table OBJECTS_ABSENT"):
        contacts_warehouse.commit(Merge(CONTACTS, rows(contact(1))), Merge(absent, rows(contact(1), table=absent)))
    assert contacts_warehouse.count(NAME) == 0


def test_nothing_is_written_when_what_follows_from_the_counts_cannot_be_said(contacts_warehouse):
    def fails(_):
        raise RuntimeError("no row for SYNCS")

    with pytest.raises(RuntimeError, match="no row for SYNCS"):
        contacts_warehouse.commit(Merge(CONTACTS, rows(contact(1))), fails)
    assert merged(contacts_warehouse, contact(1)) == Counts(inserted=1)


def test_a_commit_of_no_rows_does_nothing(contacts_warehouse):
    with contacts_warehouse.stage(CONTACTS) as stage:
        assert contacts_warehouse.commit(Merge(CONTACTS, stage)) == [Counts()]


def test_a_stage_takes_rows_in_parts_and_says_when_it_is_full(contacts_warehouse):
    part = rows(*(contact(id_) for id_ in range(contacts_warehouse.chunk_rows // 2)))
    with contacts_warehouse.stage(CONTACTS) as stage:
        assert (stage.rows, stage.full) == (0, False)
        stage.write(part)
        assert (stage.rows, stage.full) == (part.num_rows, False)
        stage.write(part)
        assert (stage.rows, stage.full) == (2 * part.num_rows, True)
        assert contacts_warehouse.commit(Merge(CONTACTS, stage)) == [Counts(inserted=part.num_rows)]


REFUSED = (
    (pa.table({"OBJECTID": pa.array([1, None], pa.int64())}), "1 rows for table OBJECTS_CONTACTS have no OBJECTID"),
    (pa.table({"OBJECTID": [1], "PROPERTY_FAX": ["5"]}), "columns it does not know .PROPERTY_FAX"),
    (pa.table({"PROPERTY_EMAIL": ["a"]}), "lack key columns .OBJECTID"),
    (pa.table({"OBJECTID": ["one"]}), "do not fit its columns"),
)


def test_a_stage_refuses_rows_that_the_table_cannot_take(contacts_warehouse):
    for bad, said in REFUSED:
        with contacts_warehouse.stage(CONTACTS) as stage, pytest.raises(WarehouseError, match=said):
            stage.write(bad)


def test_a_stage_refuses_rows_with_other_columns_than_those_before(contacts_warehouse):
    with contacts_warehouse.stage(CONTACTS) as stage:
        stage.write(rows(contact(1, EMAIL="a")))
        with pytest.raises(WarehouseError, match="other columns than those staged before"):
            stage.write(rows(contact(2), lacking=("PROPERTY_EMAIL",)))
