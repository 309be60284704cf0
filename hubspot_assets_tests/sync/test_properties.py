"""Properties come, go, change their type and come back; no value is lost and no record read in vain."""

from datetime import timedelta

import pytest

from hubspot_assets.sync.property_filter import PropertyFilter
from hubspot_assets_tests.sync.crashing import Crash
from hubspot_assets_tests.sync.syncing import Syncing


@pytest.fixture
def settled(contacts: Syncing) -> Syncing:
    """3,000 contacts, all read, and so long ago that a run does not read them again."""
    contacts.portal.create_many("contacts", [{"firstname": f"New {number}"} for number in range(2_940)])
    contacts.portal.advance(timedelta(hours=2))
    contacts.both()
    contacts.portal.advance(timedelta(hours=2))
    contacts.calls()
    return contacts


def _wake(contacts: Syncing) -> None:
    """An idle run asks for nothing but the count, so something has to change."""
    contacts.portal.change("contacts", {"lastname": "Awake"}, count=1)


@pytest.mark.parametrize("sensitivity", ["non_sensitive", "sensitive"])
def test_values_of_a_new_property_are_read_for_the_records_that_hold_one(settled: Syncing, sensitivity) -> None:
    ids = settled.portal.ids("contacts")[5:300:7]
    values = {id_: str(id_) for id_ in ids}
    settled.portal.create_property("contacts", "shoe_size", "number", sensitivity=sensitivity, values=values)
    _wake(settled)
    report = settled.latest()
    assert report.rows_updated == len(ids) + 1
    # The count, three lists of definitions, the change and its end, the holders' count, page and end.
    assert report.api_calls <= 10
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is not None
    settled.assert_equal()
    _wake(settled)
    assert settled.latest().rows_read == 1


def test_values_of_highly_sensitive_properties_are_read_by_scan(settled: Syncing) -> None:
    ids = settled.portal.ids("contacts")[:3]
    values = dict.fromkeys(ids, "O-negative")
    settled.portal.create_property("contacts", "blood_group", sensitivity="highly_sensitive", values=values)
    _wake(settled)
    assert settled.latest().rows_read > 2_990
    settled.assert_equal()


def test_a_dozen_new_properties_are_searched_for_five_at_a_time(settled: Syncing) -> None:
    ids = settled.portal.ids("contacts")
    for number in range(12):
        settled.portal.create_property("contacts", f"extra_{number}", values={ids[number]: "x", ids[-number - 1]: "y"})
    _wake(settled)
    settled.latest()
    settled.assert_equal()
    groups = [request["body"].count("HAS_PROPERTY") for request in settled.portal.requests("search")]
    assert max(groups) == 5


def test_a_back_fill_cut_short_is_done_by_the_next_run(settled: Syncing, monkeypatch) -> None:
    ids = settled.portal.ids("contacts")[:40]
    settled.portal.create_property("contacts", "shoe_size", "number", values=dict.fromkeys(ids, "44"))
    _wake(settled)

    def crash(*_, **__):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr("hubspot_assets.sync.loading.BATCH_ROWS", 1)
        patch.setattr("hubspot_assets.sync.records.backfill", crash)
        patch.setattr(settled.warehouse, "chunk_rows", 1)
        with pytest.raises(Crash):
            settled.latest()
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is None
    settled.latest()
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is not None
    settled.assert_equal()


def test_a_new_property_brings_in_no_record_that_the_setting_leaves_out(contacts: Syncing) -> None:
    old = contacts.portal.ids("contacts")
    contacts.updated_after = contacts.portal.now()
    contacts.portal.advance(timedelta(seconds=5))
    contacts.portal.change("contacts", {"lastname": "Young"}, ids=old[:7])
    contacts.latest()
    contacts.portal.create_property("contacts", "shoe_size", values=dict.fromkeys(old, "44"))
    contacts.latest()
    assert {id_: row["PROPERTY_SHOE_SIZE"] for id_, row in contacts.rows().items()} == dict.fromkeys(old[:7], "44")


def test_a_new_property_of_archived_records_is_read_with_them(contacts: Syncing) -> None:
    contacts.both()
    [id_, *_] = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "shoe_size", values={id_: "44"})
    contacts.portal.archive("contacts", [id_])
    contacts.archived()
    contacts.latest()
    assert contacts.row(id_)["PROPERTY_SHOE_SIZE"] == "44"
    contacts.assert_equal()


def test_a_changed_type_widens_the_column_to_text_and_keeps_every_value(contacts: Syncing) -> None:
    first, second, *_ = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "shoe_size", "number", values={first: "44.5", second: "large"})
    contacts.both()
    contacts.portal.retype_property("contacts", "shoe_size", "string", values={second: "XL"}, touch=True)
    report = contacts.latest()
    assert [change.kind for change in report.schema_changes] == ["widened"]
    assert contacts.row(first)["PROPERTY_SHOE_SIZE"] == "44.5"
    contacts.archived()
    contacts.assert_equal()
    # Once text, a column stays text.
    contacts.portal.retype_property("contacts", "shoe_size", "number")
    contacts.portal.change("contacts", {"shoe_size": "45"}, ids=[first])
    contacts.both()
    assert contacts.row(first)["PROPERTY_SHOE_SIZE"] == "45"
    contacts.assert_equal()


def test_an_archived_property_keeps_its_column_and_values(contacts: Syncing) -> None:
    [id_, *_] = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "shoe_size", "number", values={id_: "44"})
    contacts.both()
    contacts.portal.archive_property("contacts", "shoe_size")
    contacts.portal.change("contacts", {"lastname": "Changed"}, ids=[id_])
    contacts.latest()
    assert contacts.row(id_)["PROPERTY_SHOE_SIZE"] == 44
    assert contacts.definition("shoe_size")["ARCHIVED"] is True
    contacts.assert_equal()


def test_a_property_that_comes_back_is_read_for_every_record(contacts: Syncing) -> None:
    first, second, *_ = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "shoe_size", "number", values={first: "44"})
    contacts.both()
    contacts.portal.archive_property("contacts", "shoe_size")
    contacts.portal.change("contacts", {"lastname": "Changed"}, count=1)
    contacts.latest()
    contacts.portal.create_property("contacts", "shoe_size", "number", values={second: "45"})
    # Cleared without moving last-modified: a search for holders would never tell.
    contacts.portal.change("contacts", {"shoe_size": None}, ids=[first], touch=False)
    contacts.both()
    assert (contacts.row(first)["PROPERTY_SHOE_SIZE"], contacts.row(second)["PROPERTY_SHOE_SIZE"]) == (None, 45)
    assert contacts.definition("shoe_size")["ARCHIVED"] is False
    contacts.assert_equal()


def test_only_admitted_properties_become_columns_and_later_ones_are_back_filled(settled: Syncing) -> None:
    contacts = settled
    contacts.warehouse = type(contacts.warehouse)(contacts.warehouse._file.path.with_name("filtered.duckdb"))  # type: ignore[attr-defined]
    contacts.property_filter = PropertyFilter(allow=("first*", "email"), deny=("email",))
    contacts.both()
    columns = {column for column in contacts.warehouse.schema(contacts.table).names if column.startswith("PROPERTY_")}  # type: ignore[union-attr]
    assert "PROPERTY_FIRSTNAME" in columns
    assert not columns & {"PROPERTY_EMAIL", "PROPERTY_LASTNAME"}
    contacts.portal.advance(timedelta(hours=2))
    contacts.property_filter = PropertyFilter()
    # Nothing has changed in HubSpot, but what is to be read has.
    contacts.latest()
    contacts.archived()
    contacts.assert_equal()
    assert contacts.latest().api_calls == 1


def test_a_property_denied_for_a_while_keeps_its_column_and_loses_values_cleared_meanwhile(contacts: Syncing) -> None:
    [id_, *_] = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "shoe-size", values={id_: "44"})
    contacts.both()
    contacts.property_filter = PropertyFilter(deny=("shoe-size",))
    contacts.portal.change("contacts", {"shoe-size": None}, ids=[id_])
    contacts.portal.create_property("contacts", "shoe_size", values={id_: "forty-five"})
    contacts.latest()
    assert contacts.row(id_)["PROPERTY_SHOE_SIZE"] == "44"
    contacts.property_filter = PropertyFilter()
    contacts.both()
    row = contacts.row(id_)
    assert (row["PROPERTY_SHOE_SIZE"], row["PROPERTY_SHOE_SIZE_2"]) == (None, "forty-five")
    contacts.assert_equal()


def test_properties_whose_columns_would_be_alike_have_columns_of_their_own(contacts: Syncing) -> None:
    [id_, *_] = contacts.portal.ids("contacts")
    contacts.portal.create_property("contacts", "a-b", values={id_: "dash"})
    contacts.portal.advance(60)
    contacts.portal.create_property("contacts", "a.b", values={id_: "dot"})
    contacts.both()
    contacts.portal.advance(60)
    contacts.portal.create_property("contacts", "a_b", values={id_: "underscore"}, touch=True)
    contacts.both()
    row = contacts.row(id_)
    assert [row[f"PROPERTY_A_B{suffix}"] for suffix in ("", "_2", "_3")] == ["dash", "dot", "underscore"]
    contacts.assert_equal()
