from datetime import UTC, datetime, timedelta

import pytest

from hubspot_assets.hubspot.records.newest import Modified, Newest
from hubspot_assets.sync.records.watch import REMEMBERED, compare, cursor_of, remembered

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def record(id_: int, minute: float, created: float = -1_000) -> Modified:
    return Modified(id_, NOON + timedelta(minutes=created), NOON + timedelta(minutes=minute))


def newest(*records: Modified, total: int = 500) -> Newest:
    return Newest(total, sorted(records, key=lambda each: each.modified_at, reverse=True))


OLD = [record(id_, -id_) for id_ in range(1, 101)]
BEFORE = compare(None, newest(*OLD)).look


def test_a_first_look_and_a_look_at_the_same_see_nothing_new():
    first = compare(None, newest(*OLD))
    assert (first.changed, first.created, first.gone) == (0, 0, 0)
    again = compare(BEFORE, newest(*OLD))
    assert (again.changed, again.created, again.gone) == (0, 0, 0)
    assert again.look == BEFORE


def test_a_record_modified_again_is_a_change_and_no_creation():
    seen = compare(BEFORE, newest(record(50, 1), *(each for each in OLD if each.id != 50)))
    assert (seen.changed, seen.created, seen.gone) == (1, 0, 0)


def test_a_change_older_than_the_newest_is_seen_when_the_index_learns_of_it():
    late = compare(BEFORE, newest(record(70, -2.5), *(each for each in OLD if each.id != 70)))
    assert late.changed == 1
    assert compare(late.look, newest(record(70, -2.5), *(each for each in OLD if each.id != 70))).changed == 0


def test_records_that_move_up_because_others_went_are_no_change():
    seen = compare(BEFORE, newest(*OLD[10:], total=490))
    assert (seen.changed, seen.gone) == (0, 10)


def test_ties_in_one_millisecond_are_no_change_in_whatever_order_they_come():
    ties = [record(id_, 0) for id_ in range(1, 101)]
    before = compare(None, newest(*ties)).look
    assert compare(before, newest(*reversed(ties))).changed == 0


def test_creations_explain_a_total_and_what_they_do_not_explain_is_gone():
    created = [record(id_, 1, created=1) for id_ in (201, 202, 203)]
    seen = compare(BEFORE, newest(*created, *OLD[:97], total=503))
    assert (seen.changed, seen.created, seen.gone) == (3, 3, 0)
    seen = compare(BEFORE, newest(*created, *OLD[:97], total=501))
    assert (seen.created, seen.gone) == (3, 2)


def test_a_creation_beyond_the_look_still_is_a_change():
    assert compare(BEFORE, newest(*OLD, total=501)).changed == 1


def test_a_creation_learned_of_late_is_not_counted_twice():
    first = compare(BEFORE, newest(record(202, 2, created=2), *OLD[:99], total=501)).look
    seen = compare(first, newest(record(202, 2, created=2), record(201, 1, created=1), *OLD[:98], total=502))
    assert (seen.changed, seen.created, seen.gone) == (1, 0, 0)


@pytest.mark.parametrize("rows", [0, 3, 19])
@pytest.mark.parametrize("total", [500, 100, 25])
def test_a_short_page_makes_no_changes_and_no_deletions_neither_at_once_nor_later(rows, total):
    whole = newest(*OLD[:total], total=total)
    short = newest(*OLD[:rows], total=total)
    look = compare(None, whole).look
    for now in (short, whole, short, short, whole):
        seen = compare(look, now)
        assert (seen.changed, seen.created, seen.gone) == (0, 0, 0)
        look = seen.look
    assert look == compare(None, whole).look


def test_a_change_is_seen_once_though_a_short_page_shows_it_first():
    changed = [record(50, 1), *(each for each in OLD if each.id != 50)]
    short = compare(BEFORE, newest(*changed[:2]))
    assert short.changed == 1
    assert compare(short.look, newest(*changed)).changed == 0
    late = [record(70, -2.5), *(each for each in OLD if each.id != 70)]
    assert compare(compare(BEFORE, newest(*OLD[:2])).look, newest(*late)).changed == 1


def test_deletions_add_up_until_they_are_dealt_with():
    once = compare(BEFORE, newest(*OLD, total=499)).look
    twice = compare(once, newest(*OLD, total=497)).look
    assert twice.gone == 3


def test_a_cursor_is_small_and_comes_back_as_it_was():
    cursor = cursor_of({"contacts": BEFORE})
    # Beside the fingerprints: the name, three figures and what JSON needs.
    assert len(cursor) < 4 * REMEMBERED + 70
    assert cursor_of({"contacts": BEFORE, "deals": BEFORE}).count("\n") == 1
    assert remembered(cursor) == {"contacts": BEFORE}
    assert remembered(None) == {}
    assert remembered("2026-11-22") == {}


def test_a_cursor_of_an_earlier_version_is_a_first_look():
    assert remembered('{"contacts": [500, ["3c1f0a2b", "9d0e"], 1795348740000, 1795348740000, 0, 0]}') == {}
