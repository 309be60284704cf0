"""Records that are archived, restored, merged, purged, or only look like it."""

from datetime import timedelta

import pytest

from hubspot_assets.sync.gone import MassDeletion
from hubspot_assets_tests.sync.syncing import Syncing


def test_archived_records_are_flagged_and_keep_their_values(contacts: Syncing) -> None:
    contacts.both()
    ids = contacts.portal.ids("contacts")[:2]
    contacts.portal.archive("contacts", ids)
    report = contacts.archived()
    assert report.rows_updated == 2
    assert {id_: contacts.reasons()[id_] for id_ in ids} == dict.fromkeys(ids, "archived")
    contacts.assert_equal()


@pytest.mark.parametrize("touch", [True, False])
def test_restored_records_are_live_again(contacts: Syncing, touch: bool) -> None:
    contacts.both()
    ids = sorted(contacts.portal.truth("contacts").archived)
    assert ids
    contacts.portal.restore("contacts", ids, touch=touch)
    contacts.archived()
    assert not contacts.reasons().keys() & set(ids)
    contacts.assert_equal()


def test_an_archived_run_says_which_records_left_the_recycle_bin_for_good(contacts: Syncing) -> None:
    contacts.both()
    [purged, *_] = archived = sorted(contacts.portal.truth("contacts").archived)
    contacts.portal.purge("contacts", [purged])
    assert contacts.archived().rows_purged == 1
    contacts.assert_equal()
    # HubSpot's recycle bin forgets after 90 days.
    contacts.portal.advance(timedelta(days=91))
    assert contacts.archived().rows_purged == len(archived) - 1
    row = contacts.row(purged)
    assert (row["ARCHIVED"], row["DELETIONREASON"]) == (False, "purged")
    assert row["DELETEDAT"] is not None
    contacts.assert_equal()


@pytest.mark.parametrize("mint", [False, True])
def test_merged_records_name_their_survivor(contacts: Syncing, mint: bool) -> None:
    contacts.both()
    survivor, *absorbed = contacts.portal.ids("contacts")[:3]
    remaining = contacts.portal.merge("contacts", survivor, absorbed, mint=mint)
    report = contacts.latest()
    gone = [*absorbed, *([survivor] if mint else [])]
    assert (remaining == survivor) is not mint
    assert report.rows_merged == len(gone)
    assert {contacts.row(id_)["MERGEDINTO"] for id_ in gone} == {remaining}
    contacts.assert_equal()
    assert contacts.latest().rows_merged == 0


@pytest.mark.parametrize("mint", [False, True])
def test_a_chain_of_merges_names_the_last_survivor(contacts: Syncing, mint: bool) -> None:
    contacts.both()
    first, second, third, fourth = contacts.portal.ids("contacts")[:4]
    second = contacts.portal.merge("contacts", second, [first], mint=mint)
    contacts.latest()
    third = contacts.portal.merge("contacts", third, [second], mint=mint)
    fourth = contacts.portal.merge("contacts", fourth, [third], mint=mint)
    contacts.latest()
    assert contacts.row(first)["MERGEDINTO"] == fourth
    contacts.assert_equal()


def test_a_merge_is_known_from_a_survivor_that_is_archived_itself(contacts: Syncing) -> None:
    contacts.both()
    survivor, absorbed = contacts.portal.ids("contacts")[:2]
    contacts.portal.merge("contacts", survivor, [absorbed])
    contacts.portal.archive("contacts", [survivor])
    contacts.both()
    assert contacts.row(absorbed)["MERGEDINTO"] == survivor
    contacts.assert_equal()


def test_a_merge_while_the_records_are_being_read_is_marked(contacts: Syncing) -> None:
    absorbed, *_, survivor = contacts.portal.ids("contacts")
    merge = {"type": "contacts", "survivor": survivor, "absorbed": [absorbed]}
    # The survivor is met in the same page, before it has absorbed anything; the backstop is the next sync.
    contacts.portal.faults([{"kind": "run", "path": "search", "nth": [2], "order": "merge", "arguments": merge}])
    contacts.both()
    contacts.both()
    contacts.assert_equal()


def test_a_full_run_marks_what_hubspot_no_longer_has(contacts: Syncing) -> None:
    contacts.both()
    ids = contacts.portal.ids("contacts")[3:6]
    contacts.portal.purge("contacts", ids)
    assert contacts.latest().rows_purged == 0
    report = contacts.full()
    assert report.rows_purged == 3
    assert {contacts.reasons()[id_] for id_ in ids} == {"purged"}
    contacts.assert_equal()
    assert contacts.full().rows_purged == 0
    assert contacts.warehouse.count("SYNCS_SEEN") == 0


def test_a_full_run_that_misses_more_than_a_fifth_marks_nothing_and_names_both_counts(contacts: Syncing) -> None:
    contacts.both()
    live = contacts.portal.ids("contacts")
    gone = live[: len(live) // 5 + 1]
    contacts.portal.purge("contacts", gone)
    with pytest.raises(MassDeletion, match=f"{len(gone)} or more of the {len(live)} live records") as caught:
        contacts.full()
    assert (caught.value.purged, caught.value.live) == (len(gone), len(live))
    assert not contacts.reasons().keys() & set(gone)
    assert contacts.full(allow_mass_deletion=True).rows_purged == len(gone)
    contacts.assert_equal()


def test_a_full_run_marks_a_fifth_without_being_asked(contacts: Syncing) -> None:
    contacts.both()
    live = contacts.portal.ids("contacts")
    contacts.portal.purge("contacts", live[: len(live) // 5])
    assert contacts.full().rows_purged == len(live) // 5
    contacts.assert_equal()


def test_merged_records_do_not_count_as_purged_in_a_full_run(contacts: Syncing) -> None:
    contacts.both()
    survivor, *absorbed = contacts.portal.ids("contacts")[:30]
    contacts.portal.merge("contacts", survivor, absorbed)
    report = contacts.full()
    assert (report.rows_merged, report.rows_purged) == (len(absorbed), 0)
    contacts.assert_equal()


def test_records_archived_since_the_last_run_are_flagged_by_a_full_one(contacts: Syncing) -> None:
    contacts.both()
    ids = contacts.portal.ids("contacts")[:20]
    contacts.portal.archive("contacts", ids)
    report = contacts.full()
    assert report.rows_purged == 0
    assert {contacts.reasons()[id_] for id_ in ids} == {"archived"}
    contacts.assert_equal()


def test_a_record_purged_by_mistake_of_the_token_comes_back_with_the_next_full_run(contacts: Syncing) -> None:
    contacts.both()
    [id_, *_] = contacts.portal.ids("contacts")
    before = contacts.portal.truth("contacts").live[id_].properties
    contacts.portal.purge("contacts", [id_])
    contacts.full()
    contacts.portal.create("contacts", {"firstname": before.get("firstname")}, id=id_)
    contacts.full()
    assert contacts.row(id_)["DELETIONREASON"] is None
    contacts.assert_equal()
