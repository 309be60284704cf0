import pyarrow as pa

from hubspot_assets.warehouse.base import Counts, Patch
from hubspot_assets_tests.warehouse.contacts import CONTACTS, contact, instant, merged, patched, stored


def test_a_patch_sets_its_columns_and_no_others(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a", SYNCID="s"), contact(2, EMAIL="b", SYNCID="s"))
    assert patched(contacts_warehouse, {"OBJECTID": [2], "PROPERTY_EMAIL": ["B"]}) == Counts(updated=1)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL", "UPDATEDAT", "SYNCID") == [
        (1, "a", instant(1), "s"),
        (2, "B", instant(1), "s"),
    ]


def test_a_patch_leaves_out_rows_that_are_not_there(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a"))
    assert patched(contacts_warehouse, {"OBJECTID": [1, 9], "PROPERTY_EMAIL": ["A", "Z"]}) == Counts(updated=1)
    assert stored(contacts_warehouse, "OBJECTID") == [(1,)]


def test_a_patch_leaves_rows_alone_that_have_the_values(contacts_warehouse):
    merged(contacts_warehouse, contact(1, EMAIL="a"), contact(2, EMAIL=None))
    patch = {"OBJECTID": [1, 2], "PROPERTY_EMAIL": ["a", None], "INGESTEDAT": [instant(5), instant(5)]}
    assert patched(contacts_warehouse, patch) == Counts(unchanged=2)
    assert stored(contacts_warehouse, "OBJECTID", "INGESTEDAT") == [(1, instant(1)), (2, instant(1))]


def test_a_patch_can_spare_rows_that_are_not_older(contacts_warehouse):
    merged(contacts_warehouse, *(contact(id_, read=read) for id_, read in ((1, 4), (2, 5), (3, 6), (4, None))))
    patch = {"OBJECTID": [1, 2, 3, 4], "PROPERTY_EMAIL": ["x"] * 4, "INGESTEDAT": [instant(5)] * 4}
    assert patched(contacts_warehouse, patch, older_than=("INGESTEDAT",)) == Counts(updated=2, unchanged=2)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(1, "x"), (2, None), (3, None), (4, "x")]


def test_patches_of_one_row_collapse_to_the_last(contacts_warehouse):
    merged(contacts_warehouse, contact(1))
    assert patched(contacts_warehouse, {"OBJECTID": [1, 1], "PROPERTY_EMAIL": ["a", "b"]}) == Counts(updated=1)
    assert stored(contacts_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(1, "b")]


def test_a_patch_of_an_empty_table_does_nothing(contacts_warehouse):
    patch = pa.table({"OBJECTID": [1], "PROPERTY_EMAIL": ["a"]})
    assert contacts_warehouse.commit(Patch(CONTACTS, patch)) == [Counts()]
