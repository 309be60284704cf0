"""Id ranges are sets of ids: what pages cover is taken away, in any order, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from hubspot_assets.hubspot.records.id_ranges import IdRange, Outstanding

HIGHEST = 60


@st.composite
def ranges(draw):
    start = draw(st.integers(0, HIGHEST - 10))
    stop = draw(st.none() | st.integers(start + 1, HIGHEST))
    return IdRange(start, stop)


def ids(range_: IdRange) -> set[int]:
    return set(range(range_.start, range_.stop if range_.stop is not None else HIGHEST + 20))


@given(ranges(), ranges())
def test_taking_a_range_away_leaves_exactly_the_other_ids(whole, covered):
    left = whole.without(covered)
    assert set().union(*map(ids, left)) == ids(whole) - ids(covered)
    assert sum(len(ids(part)) for part in left) == len(ids(whole) - ids(covered))


@given(st.lists(ranges(), max_size=8), st.randoms())
def test_what_is_outstanding_does_not_depend_on_the_order_of_pages(covered, random):
    outcomes = []
    for _ in range(2):
        random.shuffle(covered)
        outstanding = Outstanding()
        for range_ in covered:
            outstanding.remove(range_)
        outcomes.append(set().union(*map(ids, outstanding.ranges)))
    assert outcomes[0] == outcomes[1] == ids(IdRange()) - set().union(*map(ids, covered))


@given(st.lists(ranges(), max_size=8))
def test_outstanding_ranges_survive_being_written_down(covered):
    outstanding = Outstanding()
    for range_ in covered:
        outstanding.remove(range_)
    assert Outstanding.from_json(outstanding.to_json()).ranges == outstanding.ranges


@given(st.lists(ranges(), max_size=8), st.sets(st.integers(0, HIGHEST + 19)))
def test_ids_are_counted_that_lie_in_what_is_outstanding(covered, met):
    outstanding = Outstanding()
    for range_ in covered:
        outstanding.remove(range_)
    left = set().union(*map(ids, outstanding.ranges))
    assert outstanding.counts(sorted(met)) == len(met & left)


def test_nothing_is_outstanding_once_everything_is_covered():
    outstanding = Outstanding()
    outstanding.remove(IdRange(0, 100))
    assert outstanding
    outstanding.remove(IdRange(50))
    assert not outstanding
