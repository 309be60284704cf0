"""Whatever merges and patches come in whatever order, a table equals a dict that follows the rule in plain Python."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.warehouse.base import Counts, Delete, Merge, Patch
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.variety import examples
from hubspot_assets_tests.warehouse.contacts import CONTACTS, NAME, contact, instant, rows

COLUMNS = CONTACTS.schema.names
MINUTES = st.none() | st.integers(0, 3)
VALUES = st.none() | st.sampled_from("ab")

contacts = st.builds(
    lambda id_, updated, read, email, sync: contact(id_, updated, read, EMAIL=email, SYNCID=sync),
    st.integers(1, 4),
    MINUTES,
    MINUTES,
    VALUES,
    st.sampled_from("st"),
)
merges = st.tuples(st.just("merge"), st.lists(contacts, max_size=6), st.booleans())
patches = st.tuples(st.just("patch"), st.lists(contacts, max_size=3), st.booleans())


class Model:
    """The rule, in plain Python."""

    def __init__(self) -> None:
        self.rows: dict[int, dict] = {}

    def merge(self, incoming: list[dict], columns: list[str]) -> Counts:
        inserted = updated = unchanged = 0
        for id_, row in newest(incoming, ("UPDATEDAT", "INGESTEDAT")).items():
            stored = self.rows.get(id_)
            row = {column: row.get(column) for column in columns}
            if stored is None:
                self.rows[id_] = dict.fromkeys(COLUMNS) | row
                inserted += 1
            elif version(stored, CONTACTS.version) > version(row, CONTACTS.version) or same(stored, row):
                unchanged += 1
            else:
                self.rows[id_] = stored | row
                updated += 1
        return Counts(inserted, updated, unchanged)

    def patch(self, incoming: list[dict], columns: list[str], older_than: tuple[str, ...]) -> Counts:
        updated = unchanged = 0
        for id_, row in newest(incoming, older_than).items():
            stored = self.rows.get(id_)
            row = {column: row.get(column) for column in columns}
            if stored is None:
                continue
            if same(stored, row) or (older_than and version(stored, older_than) >= version(row, older_than)):
                unchanged += 1
            else:
                self.rows[id_] = stored | row
                updated += 1
        return Counts(updated=updated, unchanged=unchanged)


def version(row: dict, columns: tuple[str, ...]) -> tuple:
    return tuple((row[column] is not None, row[column] or instant(0)) for column in columns)


def same(stored: dict, row: dict) -> bool:
    return all(stored[column] == value for column, value in row.items() if column not in CONTACTS.provenance)


def newest(incoming: list[dict], columns: tuple[str, ...]) -> dict[int, dict]:
    chosen: dict[int, dict] = {}
    for row in incoming:
        best = chosen.get(row["OBJECTID"])
        if best is None or version(row, columns) >= version(best, columns):
            chosen[row["OBJECTID"]] = row
    return chosen


def test_any_merges_and_patches_leave_what_the_rule_says(contacts_warehouse):
    # Through a server each step takes a while.
    few = 40 if isinstance(contacts_warehouse, DuckDBWarehouse) else 4

    @settings(max_examples=examples(few), deadline=None)
    @given(steps=st.lists(merges | patches, min_size=1, max_size=6))
    def follows_the_rule(steps):
        contacts_warehouse.commit(Delete(CONTACTS, ()))
        model = Model()
        for kind, incoming, choice in steps:
            if kind == "merge":
                lacking = ("PROPERTY_EMAIL",) if choice else ()
                columns = [column for column in COLUMNS if column not in lacking]
                expected = model.merge(incoming, columns)
                write = Merge(CONTACTS, rows(*incoming, lacking=lacking))
            else:
                older_than = ("INGESTEDAT",) if choice else ()
                columns = ["OBJECTID", "PROPERTY_EMAIL", "INGESTEDAT"]
                expected = model.patch(incoming, columns, older_than)
                write = Patch(CONTACTS, rows(*incoming).select(columns), only_if_older_than=older_than)
            assert contacts_warehouse.commit(write) == [expected]
            read = contacts_warehouse.read(NAME).to_pylist()
            assert sorted(read, key=lambda row: row["OBJECTID"]) == [model.rows[id_] for id_ in sorted(model.rows)]

    follows_the_rule()
