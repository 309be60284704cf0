"""Properties come, go, change their type and come back; no value is lost and no record read in vain."""

from datetime import timedelta

import pytest

from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets_tests.sync.records.crashing import Crash
from hubspot_assets_tests.sync.records.syncing import Syncing


@pytest.fixture
def settled(tickets: Syncing) -> Syncing:
    """1,600 tickets, all read, and so long ago that a run does not read them again."""
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(1_540)])
    tickets.portal.advance(timedelta(hours=2))
    tickets.both()
    tickets.portal.advance(timedelta(hours=2))
    tickets.calls()
    return tickets


def _wake(tickets: Syncing) -> None:
    """An idle run asks for nothing but the count, so something has to change."""
    tickets.portal.change("tickets", {"subject": "Awake"}, count=1)


@pytest.mark.parametrize("sensitivity", ["non_sensitive", "sensitive"])
def test_values_of_a_new_property_are_read_for_the_records_that_hold_one(settled: Syncing, sensitivity) -> None:
    ids = settled.portal.ids("tickets")[5:300:14]
    values = {id_: str(id_) for id_ in ids}
    settled.portal.create_property("tickets", "shoe_size", "number", sensitivity=sensitivity, values=values)
    _wake(settled)
    report = settled.latest()
    assert report.counts.updated == len(ids) + 1
    # The count, three lists of definitions, the change and its end, the holders' count, page and end.
    assert report.api_calls <= 10
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is not None
    settled.assert_equal()
    _wake(settled)
    assert settled.latest().rows_read == 1


def test_values_of_highly_sensitive_properties_are_read_by_scan(settled: Syncing) -> None:
    ids = settled.portal.ids("tickets")[:3]
    values = dict.fromkeys(ids, "O-negative")
    settled.portal.create_property("tickets", "blood_group", sensitivity="highly_sensitive", values=values)
    _wake(settled)
    assert settled.latest().rows_read > 1_590
    settled.assert_equal()


def test_a_dozen_new_properties_are_searched_for_five_at_a_time(settled: Syncing) -> None:
    ids = settled.portal.ids("tickets")
    for number in range(12):
        settled.portal.create_property("tickets", f"extra_{number}", values={ids[number]: "x", ids[-number - 1]: "y"})
    _wake(settled)
    settled.latest()
    settled.assert_equal()
    groups = [request["body"].count("HAS_PROPERTY") for request in settled.portal.requests("search")]
    assert max(groups) == 5


def test_a_back_fill_cut_short_is_done_by_the_next_run(settled: Syncing, monkeypatch) -> None:
    ids = settled.portal.ids("tickets")[:40]
    settled.portal.create_property("tickets", "shoe_size", "number", values=dict.fromkeys(ids, "44"))
    _wake(settled)

    def crash(*_, **__):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr("hubspot_assets.sync.records.batches.BATCH_ROWS", 1)
        patch.setattr("hubspot_assets.sync.records.source.backfill", crash)
        patch.setattr(settled.warehouse, "chunk_rows", 1)
        with pytest.raises(Crash):
            settled.latest()
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is None
    settled.latest()
    assert settled.definition("shoe_size")["BACKFILLEDAT"] is not None
    settled.assert_equal()


def test_a_new_property_brings_in_no_record_that_the_setting_leaves_out(tickets: Syncing) -> None:
    old = tickets.portal.ids("tickets")
    tickets.updated_after = tickets.portal.now()
    tickets.portal.advance(timedelta(seconds=5))
    tickets.portal.change("tickets", {"subject": "Young"}, ids=old[:7])
    tickets.latest()
    tickets.portal.create_property("tickets", "shoe_size", values=dict.fromkeys(old, "44"))
    tickets.latest()
    assert {id_: row["PROPERTY_SHOE_SIZE"] for id_, row in tickets.rows().items()} == dict.fromkeys(old[:7], "44")


def test_a_new_property_of_archived_records_is_read_with_them(tickets: Syncing) -> None:
    tickets.both()
    [id_, *_] = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "shoe_size", values={id_: "44"})
    tickets.portal.archive("tickets", [id_])
    tickets.archived()
    tickets.latest()
    assert tickets.row(id_)["PROPERTY_SHOE_SIZE"] == "44"
    tickets.assert_equal()


def test_a_changed_type_widens_the_column_to_text_and_keeps_every_value(tickets: Syncing) -> None:
    first, second, *_ = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "shoe_size", "number", values={first: "44.5", second: "large"})
    tickets.both()
    tickets.portal.retype_property("tickets", "shoe_size", "string", values={second: "XL"}, touch=True)
    report = tickets.latest()
    assert [change.kind for change in report.schema_changes] == ["widened"]
    assert tickets.row(first)["PROPERTY_SHOE_SIZE"] == "44.5"
    tickets.archived()
    tickets.assert_equal()
    # Once text, a column stays text.
    tickets.portal.retype_property("tickets", "shoe_size", "number")
    tickets.portal.change("tickets", {"shoe_size": "45"}, ids=[first])
    tickets.both()
    assert tickets.row(first)["PROPERTY_SHOE_SIZE"] == "45"
    tickets.assert_equal()


def test_an_archived_property_keeps_its_column_and_values(tickets: Syncing) -> None:
    [id_, *_] = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "shoe_size", "number", values={id_: "44"})
    tickets.both()
    tickets.portal.archive_property("tickets", "shoe_size")
    tickets.portal.change("tickets", {"subject": "Changed"}, ids=[id_])
    tickets.latest()
    assert tickets.row(id_)["PROPERTY_SHOE_SIZE"] == 44
    assert tickets.definition("shoe_size")["ARCHIVED"] is True
    tickets.assert_equal()


def test_a_property_that_comes_back_is_read_for_every_record(tickets: Syncing) -> None:
    first, second, *_ = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "shoe_size", "number", values={first: "44"})
    tickets.both()
    tickets.portal.archive_property("tickets", "shoe_size")
    tickets.portal.change("tickets", {"subject": "Changed"}, count=1)
    tickets.latest()
    tickets.portal.create_property("tickets", "shoe_size", "number", values={second: "45"})
    # Cleared without moving last-modified: a search for holders would never tell.
    tickets.portal.change("tickets", {"shoe_size": None}, ids=[first], touch=False)
    tickets.both()
    assert (tickets.row(first)["PROPERTY_SHOE_SIZE"], tickets.row(second)["PROPERTY_SHOE_SIZE"]) == (None, 45)
    assert tickets.definition("shoe_size")["ARCHIVED"] is False
    tickets.assert_equal()


def test_only_admitted_properties_become_columns_and_later_ones_are_back_filled(settled: Syncing) -> None:
    tickets = settled
    tickets.warehouse = type(tickets.warehouse)(tickets.warehouse._file.path.with_name("filtered.duckdb"))  # type: ignore[attr-defined]
    tickets.property_filter = PropertyFilter(allow=("sub*", "content"), deny=("content",))
    tickets.both()
    columns = {column for column in tickets.warehouse.schema(tickets.table).names if column.startswith("PROPERTY_")}  # type: ignore[union-attr]
    assert "PROPERTY_SUBJECT" in columns
    assert not columns & {"PROPERTY_CONTENT", "PROPERTY_HS_PIPELINE"}
    tickets.portal.advance(timedelta(hours=2))
    tickets.property_filter = PropertyFilter()
    # Nothing has changed in HubSpot, but what is to be read has.
    tickets.latest()
    tickets.archived()
    tickets.assert_equal()
    assert tickets.latest().api_calls == 1


def test_a_property_denied_for_a_while_keeps_its_column_and_loses_values_cleared_meanwhile(tickets: Syncing) -> None:
    [id_, *_] = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "shoe-size", values={id_: "44"})
    tickets.both()
    tickets.property_filter = PropertyFilter(deny=("shoe-size",))
    tickets.portal.change("tickets", {"shoe-size": None}, ids=[id_])
    tickets.portal.create_property("tickets", "shoe_size", values={id_: "forty-five"})
    tickets.latest()
    assert tickets.row(id_)["PROPERTY_SHOE_SIZE"] == "44"
    tickets.property_filter = PropertyFilter()
    tickets.both()
    row = tickets.row(id_)
    assert (row["PROPERTY_SHOE_SIZE"], row["PROPERTY_SHOE_SIZE_2"]) == (None, "forty-five")
    tickets.assert_equal()


def test_properties_whose_columns_would_be_alike_have_columns_of_their_own(tickets: Syncing) -> None:
    [id_, *_] = tickets.portal.ids("tickets")
    tickets.portal.create_property("tickets", "a-b", values={id_: "dash"})
    tickets.portal.advance(60)
    tickets.portal.create_property("tickets", "a.b", values={id_: "dot"})
    tickets.both()
    tickets.portal.advance(60)
    tickets.portal.create_property("tickets", "a_b", values={id_: "underscore"}, touch=True)
    tickets.both()
    row = tickets.row(id_)
    assert [row[f"PROPERTY_A_B{suffix}"] for suffix in ("", "_2", "_3")] == ["dash", "dot", "underscore"]
    tickets.assert_equal()
