"""However ids are spread and however many workers read, every id is met and ranges are shared out."""

import threading
from bisect import bisect_left
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.hubspot.records.id_ranges import ALL_IDS, IdRange, Outstanding
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.records.ranged_read import RangedRead
from hubspot_assets_tests.variety import examples

PAGE_SIZE = 3


class Shelf:
    """Records in order of id, read as HubSpot lists them."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = sorted(ids)
        self.requests = 0
        self.most_in_flight = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self.met = threading.Event()

    def fetch(self, range_: IdRange) -> Page:
        with self._lock:
            self.requests += 1
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        first = bisect_left(self.ids, range_.start)
        ids = self.ids[first : first + PAGE_SIZE]
        rest = self.ids[first + PAGE_SIZE :]
        covers = IdRange(range_.start, rest[0] if rest else None)
        with self._lock:
            self._in_flight -= 1
        return Page(repr(ids).encode(), len(ids), datetime.now(UTC), covers)


def covered(page: Page) -> IdRange:
    assert page.covers is not None
    return page.covers


def ids_of(pages) -> list[int]:
    return [id_ for page in pages for id_ in eval(page.body)]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.integers(1, 200) | st.integers(10**10, 10**10 + 500), unique=True, max_size=120),
    st.integers(1, 6),
    st.booleans(),
)
def test_every_id_is_met_whatever_the_spread_of_ids(ids, workers, knows_highest):
    shelf = Shelf(ids)
    read = RangedRead(
        shelf.fetch, [ALL_IDS], workers=workers, highest_id=max(ids, default=None) if knows_highest else None
    )
    outstanding = Outstanding()
    met = set()
    for page in read:
        met.update(ids_of([page]))
        outstanding.remove(covered(page))
    assert met == set(ids)
    assert not outstanding


@given(st.lists(st.integers(1, 300), unique=True, min_size=20, max_size=120), st.integers(1, 40))
@settings(max_examples=examples(40), deadline=None)
def test_a_read_that_stops_half_way_is_finished_from_what_is_outstanding(ids, pages_before_the_crash):
    shelf = Shelf(ids)
    outstanding = Outstanding()
    met = set()
    for number, page in enumerate(RangedRead(shelf.fetch, [ALL_IDS], workers=3, highest_id=max(ids))):
        if number == pages_before_the_crash:
            break
        met.update(ids_of([page]))
        outstanding.remove(covered(page))
    for page in RangedRead(shelf.fetch, outstanding.ranges, workers=3, highest_id=max(ids)):
        met.update(ids_of([page]))
    assert met == set(ids)


def test_idle_workers_take_over_half_of_the_largest_range():
    shelf = Shelf(list(range(1, 3000)))
    barrier = threading.Barrier(4, timeout=20)

    def fetch(range_: IdRange) -> Page:
        page = shelf.fetch(range_)
        if shelf.requests > 1 and not shelf.met.is_set():
            # Four requests must be in flight at once for the read to get past here.
            barrier.wait()
            shelf.met.set()
        return page

    assert set(ids_of(RangedRead(fetch, [ALL_IDS], workers=4, highest_id=2999))) == set(range(1, 3000))
    assert shelf.met.is_set()


def test_few_records_are_read_with_few_requests():
    shelf = Shelf(list(range(1, PAGE_SIZE + 1)))
    list(RangedRead(shelf.fetch, [ALL_IDS], workers=8, highest_id=PAGE_SIZE))
    assert shelf.requests == 1


def test_an_error_of_any_worker_reaches_the_reader():
    shelf = Shelf(list(range(1, 500)))

    def fetch(range_: IdRange) -> Page:
        if range_.start > 200:
            raise ConnectionError("broken pipe")
        return shelf.fetch(range_)

    with pytest.raises(ConnectionError, match="broken pipe"):
        list(RangedRead(fetch, [ALL_IDS], workers=4, highest_id=499))


def test_workers_end_when_the_reader_stops_reading():
    shelf = Shelf(list(range(1, 5000)))
    for _ in RangedRead(shelf.fetch, [ALL_IDS], workers=4, highest_id=4999):
        break
    for thread in threading.enumerate():
        if thread.name.startswith("hubspot-read-"):
            thread.join(timeout=5)
            assert not thread.is_alive()
