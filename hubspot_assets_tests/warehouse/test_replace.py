"""The rows of some scopes are now exactly these: what a destination does with those that are no longer there."""

from dataclasses import replace
from datetime import UTC

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.warehouse.base import Counts, Delete, Merge, Replace, Table, WarehouseError
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.variety import examples
from hubspot_assets_tests.warehouse.contacts import INSTANT, instant

NAME = "ASSOCIATIONS_CONTACTS_TO_COMPANIES"
TABLE = Table(
    name=NAME,
    schema=pa.schema(
        [
            ("CONTACT", pa.int64()),
            ("COMPANY", pa.int64()),
            ("LABEL", pa.string()),
            ("REMOVEDAT", INSTANT),
            ("INGESTEDAT", INSTANT),
            ("SYNCID", pa.string()),
        ]
    ),
    key=("CONTACT", "COMPANY"),
    provenance=("INGESTEDAT", "SYNCID"),
    removal="REMOVEDAT",
)
VERSIONED = replace(TABLE, version=("INGESTEDAT",))


def row(contact: int, company: int, label: str | None = None, read: int = 1, sync: str = "s") -> dict[str, object]:
    return {"CONTACT": contact, "COMPANY": company, "LABEL": label, "INGESTEDAT": instant(read), "SYNCID": sync}


def batch(*rows: dict[str, object]) -> pa.Table:
    schema = pa.schema([field for field in TABLE.schema if field.name != "REMOVEDAT"])
    return pa.Table.from_pylist(list(rows), schema=schema)


def of(*contacts: int) -> dict:
    return {"scope": ("CONTACT",), "scopes": pa.table({"CONTACT": pa.array(contacts, pa.int64())})}


def replaced(warehouse, *rows, at=9, table=TABLE, staged=False, **scope) -> Counts:
    if not staged:
        return warehouse.commit(Replace(table, batch(*rows), removed_at=instant(at), **scope))[0]
    with warehouse.stage(table) as stage:
        if rows:
            stage.write(batch(*rows))
        return warehouse.commit(Replace(table, stage, removed_at=instant(at), **scope))[0]


def stored(warehouse) -> dict[tuple[int, int], tuple[str | None, object]]:
    """Label and mark of each association."""
    rows = warehouse.read(NAME).to_pylist()
    return {(row["CONTACT"], row["COMPANY"]): (row["LABEL"], row["REMOVEDAT"]) for row in rows}


@pytest.fixture
def pairs(warehouse):
    """Contacts 1 and 2, each at companies 10 and 20."""
    warehouse.ensure(TABLE)
    warehouse.commit(Merge(TABLE, batch(*(row(contact, company) for contact in (1, 2) for company in (10, 20)))))
    return warehouse


@pytest.mark.parametrize("staged", [False, True], ids=["rows", "stage"])
def test_what_a_scope_has_and_the_batch_lacks_is_marked_and_other_scopes_are_left_alone(pairs, staged):
    counts = replaced(pairs, row(1, 10), row(1, 30, "Boss"), **of(1), staged=staged)
    assert counts == Counts(inserted=1, unchanged=1, removed=1)
    assert stored(pairs) == {
        (1, 10): (None, None),
        (1, 20): (None, instant(9)),
        (1, 30): ("Boss", None),
        (2, 10): (None, None),
        (2, 20): (None, None),
    }


@pytest.mark.parametrize("staged", [False, True], ids=["rows", "stage"])
def test_a_batch_without_rows_empties_the_scopes_it_lists(pairs, staged):
    assert replaced(pairs, **of(2, 3), staged=staged) == Counts(removed=2)
    assert {pair: mark for pair, (_, mark) in stored(pairs).items()} == {
        (1, 10): None,
        (1, 20): None,
        (2, 10): instant(9),
        (2, 20): instant(9),
    }


@pytest.mark.parametrize("staged", [False, True], ids=["rows", "stage"])
def test_without_a_scope_the_whole_table_is_one(pairs, staged):
    assert replaced(pairs, row(2, 20, "Boss"), staged=staged) == Counts(updated=1, removed=3)
    assert replaced(pairs, at=10, staged=staged) == Counts(removed=1)
    assert stored(pairs)[2, 20] == ("Boss", instant(10))
    assert stored(pairs)[1, 10] == (None, instant(9)), "marked before, and left alone"


def test_doing_it_again_changes_nothing(pairs):
    for counts in (Counts(unchanged=1, removed=1), Counts(unchanged=1)):
        assert replaced(pairs, row(1, 10), **of(1)) == counts
    assert replaced(pairs, row(1, 10, sync="later", read=5), at=99, **of(1)) == Counts(unchanged=1)
    assert stored(pairs)[1, 20] == (None, instant(9))


def test_a_row_that_comes_back_loses_its_mark_and_counts_as_updated(pairs):
    replaced(pairs, **of(1))
    assert replaced(pairs, row(1, 10), row(1, 20, "Boss"), **of(1)) == Counts(updated=2)
    assert {pair for pair, (_, mark) in stored(pairs).items() if mark} == set()
    assert stored(pairs)[1, 20] == ("Boss", None)


def test_what_rows_say_of_their_own_removal_does_not_count(pairs):
    marked = pa.Table.from_pylist([{**row(1, 10), "REMOVEDAT": instant(3)}], schema=TABLE.schema)
    assert pairs.commit(Replace(TABLE, marked, removed_at=instant(9), **of(1))) == [Counts(unchanged=1, removed=1)]
    assert stored(pairs)[1, 10] == (None, None)


def test_a_mark_says_which_sync_made_it(pairs):
    stamp = {"SYNCID": "t", "INGESTEDAT": instant(9).replace(tzinfo=UTC)}
    pairs.commit(Replace(TABLE, batch(), removed_at=instant(9).replace(tzinfo=UTC), **of(1), stamp=stamp))
    found = pairs.read(NAME, ["SYNCID", "INGESTEDAT", "REMOVEDAT"], [("CONTACT", "=", 1)]).to_pylist()
    assert found == [{"SYNCID": "t", "INGESTEDAT": instant(9), "REMOVEDAT": instant(9)}] * 2


def test_rows_of_scopes_that_are_not_listed_are_refused_and_nothing_is_written(pairs):
    before = stored(pairs)
    for staged in (False, True):
        with pytest.raises(WarehouseError, match=r"belong to 1 scopes that are not to be replaced .CONTACT."):
            replaced(pairs, row(1, 10, "new"), row(3, 10), **of(1), staged=staged)
    with pytest.raises(WarehouseError, match="belong to 1 scopes"):
        pairs.commit(lambda _: Replace(TABLE, batch(row(3, 10)), removed_at=instant(9), **of(1)))
    assert stored(pairs) == before


def test_a_scope_may_be_the_whole_key(pairs):
    scopes = pa.table({"CONTACT": [1, 1], "COMPANY": [10, 30]})
    counts = replaced(pairs, row(1, 30), scope=("CONTACT", "COMPANY"), scopes=scopes)
    assert counts == Counts(inserted=1, removed=1)
    assert {pair for pair, (_, mark) in stored(pairs).items() if mark} == {(1, 10)}


def test_no_scope_at_all_is_no_work(pairs):
    assert replaced(pairs, **of()) == Counts()


def test_many_scopes_at_once_are_replaced_like_few(pairs):
    scopes = of(*range(1, 30_001))
    assert replaced(pairs, row(2, 20), row(30_000, 1), **scopes) == Counts(inserted=1, unchanged=1, removed=3)


def test_a_stored_row_that_a_later_reader_wrote_keeps_its_values_and_gets_no_mark(warehouse):
    warehouse.ensure(VERSIONED)
    warehouse.commit(
        Merge(VERSIONED, batch(row(1, 10, "early", read=1), row(1, 20, "late", read=8), row(1, 30, read=8)))
    )
    counts = replaced(warehouse, row(1, 20, "stale", read=4), at=4, table=VERSIONED, **of(1))
    assert counts == Counts(unchanged=1, removed=1)
    assert stored(warehouse) == {(1, 10): ("early", instant(4)), (1, 20): ("late", None), (1, 30): (None, None)}


def test_a_mark_that_a_later_reader_made_is_not_taken_off_by_an_earlier_one(warehouse):
    warehouse.ensure(VERSIONED)
    warehouse.commit(Merge(VERSIONED, batch(row(1, 10, read=1))))
    gone = Replace(VERSIONED, batch(), removed_at=instant(8), **of(1), stamp={"INGESTEDAT": instant(8)})
    assert warehouse.commit(gone) == [Counts(removed=1)]
    assert replaced(warehouse, row(1, 10, read=4), at=4, table=VERSIONED, **of(1)) == Counts(unchanged=1)
    assert stored(warehouse) == {(1, 10): (None, instant(8))}


def test_a_replace_depends_on_the_writes_before_it_like_any_other(pairs):
    assert pairs.commit(
        Merge(TABLE, batch(row(1, 40))),
        lambda before: Replace(TABLE, batch(row(1, 40, str(before[0].inserted))), removed_at=instant(9), **of(1)),
    ) == [Counts(inserted=1), Counts(updated=1, removed=2)]
    assert stored(pairs)[1, 40] == ("1", None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"table": replace(TABLE, removal=None)}, "has no removal column"),
        ({"scope": ("LABEL",), "scopes": pa.table({"LABEL": ["a"]})}, "made of key columns, not of LABEL"),
        ({"scope": ("CONTACT",)}, "need the columns CONTACT"),
        ({"scopes": pa.table({"CONTACT": [1]})}, "need the columns"),
        ({"stamp": {"WHO": "me"}}, "no column WHO to stamp"),
    ],
)
def test_a_replace_that_means_nothing_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        Replace(**{"table": TABLE, "rows": batch(), "removed_at": instant(9), **arguments})


def test_an_immutable_table_has_no_marks():
    with pytest.raises(ValueError, match="cannot be immutable"):
        replace(TABLE, immutable=True)


LABELS = st.sampled_from(["a", "b", None])
CONTACT = st.integers(1, 3)
batches = st.tuples(
    st.none() | st.sets(CONTACT),
    st.dictionaries(st.tuples(CONTACT, st.integers(1, 3)), LABELS, max_size=5),
)


def test_any_replacements_leave_what_the_rule_says(warehouse):
    warehouse.ensure(TABLE)
    few = 30 if isinstance(warehouse, DuckDBWarehouse) else 3

    @settings(max_examples=examples(few), deadline=None)
    @given(steps=st.lists(batches, min_size=1, max_size=5))
    def follows_the_rule(steps):
        warehouse.commit(Delete(TABLE, ()))
        model: dict[tuple[int, int], tuple[str | None, object]] = {}
        for at, (scopes, labels) in enumerate(steps):
            rows = {pair: label for pair, label in labels.items() if scopes is None or pair[0] in scopes}
            gone = {
                pair
                for pair, (_, mark) in model.items()
                if mark is None and pair not in rows and (scopes is None or pair[0] in scopes)
            }
            expected = Counts(
                inserted=len(rows.keys() - model.keys()),
                updated=sum(pair in model and model[pair] != (label, None) for pair, label in rows.items()),
                unchanged=sum(model.get(pair) == (label, None) for pair, label in rows.items()),
                removed=len(gone),
            )
            model |= {pair: (label, None) for pair, label in rows.items()}
            model |= {pair: (model[pair][0], instant(at)) for pair in gone}
            scope = {} if scopes is None else of(*scopes)
            written = [row(contact, company, label, read=at) for (contact, company), label in rows.items()]
            assert replaced(warehouse, *written, at=at, **scope) == expected
            assert stored(warehouse) == model

    follows_the_rule()
