import pytest

from hubspot_assets.warehouse.base import Merge
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets_tests.warehouse.contacts import (
    CONTACTS,
    NAME,
    contact,
    contacts_table,
    merged,
    property_field,
    rows,
)

OTHER = contacts_table(name="OBJECTS_DEALS")


def test_a_table_that_is_dropped_is_gone_with_its_columns_and_the_others_stay(contacts_warehouse):
    warehouse = contacts_warehouse
    warehouse.ensure(OTHER)
    warehouse.commit(Merge(OTHER, rows(contact(7, EMAIL="b"), table=OTHER)))
    merged(warehouse, contact(1, EMAIL="a"), contact(2, EMAIL="a"))
    warehouse.drop(NAME, "OBJECTS_NEVER_SYNCED")
    assert warehouse.schema(NAME) is None
    assert (warehouse.count(NAME), warehouse.count(OTHER.name)) == (0, 1)
    warehouse.drop(NAME)
    narrow = contacts_table(property_field("fax"))
    warehouse.ensure(narrow)
    assert warehouse.count(NAME) == 0
    assert "PROPERTY_EMAIL" not in warehouse.schema(NAME).names
    warehouse.commit(Merge(narrow, rows(contact(3, FAX="c"), table=narrow)))
    assert warehouse.read(NAME, ["OBJECTID"]).to_pylist() == [{"OBJECTID": 3}]


def test_nothing_is_dropped_where_nothing_is(warehouse):
    warehouse.drop(NAME)
    assert warehouse.schema(NAME) is None


@pytest.mark.parametrize("requests", [0, 1])
def test_whoever_is_killed_while_a_table_leaves_a_lake_leaves_none_of_its_rows(s3_warehouse, monkeypatch, requests):
    s3_warehouse.ensure(CONTACTS)
    merged(s3_warehouse, contact(1, EMAIL="a"))
    merged(s3_warehouse, contact(2, EMAIL="a"))
    remove, done = Bucket.remove, []

    def killed(self, paths):
        if len(done) == requests:
            raise KeyboardInterrupt
        done.append(paths)
        remove(self, paths)

    monkeypatch.setattr(Bucket, "remove", killed)
    with pytest.raises(KeyboardInterrupt):
        s3_warehouse.drop(NAME)
    monkeypatch.undo()
    assert s3_warehouse.schema(NAME) is not None
    assert s3_warehouse.count(NAME) == 0
    s3_warehouse.drop(NAME)
    assert s3_warehouse.schema(NAME) is None
    assert not list(s3_warehouse._bucket.files(NAME))
