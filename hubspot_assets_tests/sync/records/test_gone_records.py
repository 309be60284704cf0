"""Records that are archived, restored, merged, purged, or only look like it."""

from datetime import timedelta

import pytest

from hubspot_assets.sync.records import gone
from hubspot_assets.sync.records.gone import MassDeletion
from hubspot_assets_tests.sync.records.syncing import Syncing


def test_archived_records_are_flagged_and_keep_their_values(tickets: Syncing) -> None:
    tickets.both()
    ids = tickets.portal.ids("tickets")[:2]
    tickets.portal.archive("tickets", ids)
    report = tickets.archived()
    assert report.counts.updated == 2
    assert {id_: tickets.reasons()[id_] for id_ in ids} == dict.fromkeys(ids, "archived")
    tickets.assert_equal()


@pytest.mark.parametrize("touch", [True, False])
def test_restored_records_are_live_again(tickets: Syncing, touch: bool) -> None:
    tickets.both()
    ids = sorted(tickets.portal.truth("tickets").archived)
    assert ids
    tickets.portal.restore("tickets", ids, touch=touch)
    tickets.archived()
    assert not tickets.reasons().keys() & set(ids)
    tickets.assert_equal()


def test_an_archived_run_says_which_records_left_the_recycle_bin_for_good(tickets: Syncing) -> None:
    tickets.both()
    [purged, *_] = archived = sorted(tickets.portal.truth("tickets").archived)
    tickets.portal.purge("tickets", [purged])
    assert tickets.archived().facts["rows_purged"] == 1
    tickets.assert_equal()
    # HubSpot's recycle bin forgets after 90 days.
    tickets.portal.advance(timedelta(days=91))
    assert tickets.archived().facts["rows_purged"] == len(archived) - 1
    row = tickets.row(purged)
    assert (row["ARCHIVED"], row["DELETIONREASON"]) == (False, "purged")
    assert row["DELETEDAT"] is not None
    tickets.assert_equal()


@pytest.mark.parametrize("mint", [False, True])
def test_merged_records_name_their_survivor(tickets: Syncing, mint: bool) -> None:
    tickets.both()
    survivor, *absorbed = tickets.portal.ids("tickets")[:3]
    remaining = tickets.portal.merge("tickets", survivor, absorbed, mint=mint)
    report = tickets.latest()
    gone = [*absorbed, *([survivor] if mint else [])]
    assert (remaining == survivor) is not mint
    assert report.facts["rows_merged"] == len(gone)
    assert {tickets.row(id_)["MERGEDINTO"] for id_ in gone} == {remaining}
    tickets.assert_equal()
    assert tickets.latest().facts["rows_merged"] == 0


@pytest.mark.parametrize("mint", [False, True])
def test_a_chain_of_merges_names_the_last_survivor(tickets: Syncing, mint: bool) -> None:
    tickets.both()
    first, second, third, fourth = tickets.portal.ids("tickets")[:4]
    second = tickets.portal.merge("tickets", second, [first], mint=mint)
    tickets.latest()
    third = tickets.portal.merge("tickets", third, [second], mint=mint)
    fourth = tickets.portal.merge("tickets", fourth, [third], mint=mint)
    tickets.latest()
    assert tickets.row(first)["MERGEDINTO"] == fourth
    tickets.assert_equal()


def test_a_merge_is_known_from_a_survivor_that_is_archived_itself(tickets: Syncing) -> None:
    tickets.both()
    survivor, absorbed = tickets.portal.ids("tickets")[:2]
    tickets.portal.merge("tickets", survivor, [absorbed])
    tickets.portal.archive("tickets", [survivor])
    tickets.both()
    assert tickets.row(absorbed)["MERGEDINTO"] == survivor
    tickets.assert_equal()


def test_a_merge_while_the_records_are_being_read_is_marked(tickets: Syncing) -> None:
    absorbed, *_, survivor = tickets.portal.ids("tickets")
    merge = {"type": "tickets", "survivor": survivor, "absorbed": [absorbed]}
    # The survivor is met in the same page, before it has absorbed anything; the backstop is the next sync.
    tickets.portal.faults([{"kind": "run", "path": "search", "nth": [2], "order": "merge", "arguments": merge}])
    tickets.both()
    tickets.both()
    tickets.assert_equal()


def test_a_full_run_marks_what_hubspot_no_longer_has(tickets: Syncing) -> None:
    tickets.both()
    ids = tickets.portal.ids("tickets")[3:6]
    tickets.portal.purge("tickets", ids)
    assert tickets.latest().facts["rows_purged"] == 0
    report = tickets.full()
    assert report.facts["rows_purged"] == 3
    assert {tickets.reasons()[id_] for id_ in ids} == {"purged"}
    tickets.assert_equal()
    assert tickets.full().facts["rows_purged"] == 0
    assert tickets.warehouse.count("SYNCS_SEEN") == 0


def test_a_full_run_that_misses_more_than_a_fifth_marks_nothing_and_names_both_counts(tickets: Syncing) -> None:
    tickets.both()
    live = tickets.portal.ids("tickets")
    gone = live[: len(live) // 5 + 1]
    tickets.portal.purge("tickets", gone)
    with pytest.raises(MassDeletion, match=f"{len(gone)} or more of the {len(live)} live records") as caught:
        tickets.full()
    assert (caught.value.purged, caught.value.live) == (len(gone), len(live))
    assert not tickets.reasons().keys() & set(gone)
    assert tickets.full(allow_mass_deletion=True).facts["rows_purged"] == len(gone)
    tickets.assert_equal()


def test_a_full_run_marks_a_fifth_without_being_asked(tickets: Syncing) -> None:
    tickets.both()
    live = tickets.portal.ids("tickets")
    tickets.portal.purge("tickets", live[: len(live) // 5])
    assert tickets.full().facts["rows_purged"] == len(live) // 5
    tickets.assert_equal()


def test_merged_records_do_not_count_as_purged_in_a_full_run(tickets: Syncing) -> None:
    tickets.both()
    survivor, *absorbed = tickets.portal.ids("tickets")[:30]
    tickets.portal.merge("tickets", survivor, absorbed)
    report = tickets.full()
    assert (report.facts["rows_merged"], report.facts["rows_purged"]) == (len(absorbed), 0)
    tickets.assert_equal()


def test_records_archived_since_the_last_run_are_flagged_by_a_full_one(tickets: Syncing) -> None:
    tickets.both()
    ids = tickets.portal.ids("tickets")[:20]
    tickets.portal.archive("tickets", ids)
    report = tickets.full()
    assert report.facts["rows_purged"] == 0
    assert {tickets.reasons()[id_] for id_ in ids} == {"archived"}
    tickets.assert_equal()


def test_a_record_purged_by_mistake_of_the_token_comes_back_with_the_next_full_run(tickets: Syncing) -> None:
    tickets.both()
    [id_, *_] = tickets.portal.ids("tickets")
    before = tickets.portal.truth("tickets").live[id_].properties
    tickets.portal.purge("tickets", [id_])
    tickets.full()
    tickets.portal.create("tickets", {"subject": before.get("subject")}, id=id_)
    tickets.full()
    assert tickets.row(id_)["DELETIONREASON"] is None
    tickets.assert_equal()


def test_a_handful_of_purged_records_is_believed_however_small_the_table(tickets: Syncing) -> None:
    tickets.portal.purge("tickets", tickets.portal.ids("tickets")[8:])
    tickets.both()
    tickets.portal.purge("tickets", tickets.portal.ids("tickets")[:3])
    assert tickets.full().facts["rows_purged"] == 3
    tickets.assert_equal()


def test_a_mass_deletion_is_refused_after_a_sample_not_after_a_fifth_of_the_table(
    tickets: Syncing, monkeypatch
) -> None:
    monkeypatch.setattr(gone, "SAMPLE", 5)
    monkeypatch.setattr(gone, "A_HANDFUL", 2)
    monkeypatch.setattr("hubspot_assets.hubspot.records.batch_read.BATCH_SIZE", 5)
    tickets.both()
    tickets.portal.purge("tickets", tickets.portal.ids("tickets")[5:])
    tickets.calls()
    with pytest.raises(MassDeletion):
        tickets.full()
    # Live and archived, of one batch.
    assert tickets.calls("batch/read") <= 2
