"""Reading ranges of ids concurrently: an idle worker takes over a part of the largest range left.

One request in flight reads 100 records per round trip, a tenth of what HubSpot's limits allow. Ids are not
spread evenly (old accounts hold small ids beside 12-digit ones), so ranges cannot be cut fairly beforehand:
they are cut while being read, wherever most ids are left.
"""

import math
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.pages import Page

PAGES_WORTH_CUTTING = 8
"""A range expected to take fewer pages is left to its reader: every cut costs about a page read twice."""

FREE_CUTS = 12
PAGES_PER_CUT = 16
"""Ids have gaps of any size, and cutting a gap gains nothing. So beyond the first few, a cut must be earned by pages
read; that bounds what cutting can cost to a few requests and a sixteenth of the rest (measured: 1 to 5 %)."""

FetchPage = Callable[[IdRange], Page]
"""Reads the first page of a range; the page's `covers` begins at the range's start and tells how far it got."""


@dataclass(slots=True)
class _Reading:
    """A range in a worker's hands.

    Attributes:
        left: What is still to be read, including what is being fetched at this moment.
        page_span: How many ids the last page took away; None until the first page has come.
        cut_from: The reading whose upper part this was.
        doubtful: What was last cut off this range has not yet given more than a page, so it may have been a gap.
    """

    left: IdRange
    page_span: int | None = None
    cut_from: "_Reading | None" = None
    doubtful: bool = False


class RangedRead:
    """Pages of several id ranges, fetched by several threads, as one stream.

    Args:
        fetch: Reads one page; called from several threads.
        ranges: What to read.
        workers: The most requests in flight at once.
        highest_id: The largest id thought to exist; only decides where an open range is cut.
    """

    def __init__(
        self, fetch: FetchPage, ranges: Iterable[IdRange], *, workers: int, highest_id: int | None = None
    ) -> None:
        self._fetch = fetch
        self._waiting = list(ranges)
        self._highest_id = highest_id or 0
        self._workers = max(1, workers)
        self._readings: dict[int, _Reading] = {}
        self._fetched = self._cuts = 0
        self._changed = threading.Condition()
        self._stopped = False
        # A page waiting per worker: reading goes on while pages are converted, and memory stays flat when the
        # warehouse is slower than HubSpot.
        self._pages: queue.Queue[Page | Exception | None] = queue.Queue(maxsize=self._workers)

    def __iter__(self) -> Iterator[Page]:
        """Pages in the order they arrive.

        Raises:
            Exception: The first error of any worker, after which no page follows.
        """
        threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True, name=f"hubspot-read-{number}")
            for number in range(self._workers)
        ]
        for thread in threads:
            thread.start()
        working = len(threads)
        try:
            while working:
                page = self._pages.get()
                if page is None:
                    working -= 1
                elif isinstance(page, Exception):
                    raise page
                else:
                    yield page
        finally:
            self._stop()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        # A worker may be waiting for room: give it some, it then sees that reading has stopped.
        while True:
            try:
                self._pages.get_nowait()
            except queue.Empty:
                return

    def _work(self, worker: int) -> None:
        try:
            while self._take(worker):
                while (range_ := self._left(worker)) is not None:
                    page = self._fetch(range_)
                    self._advance(worker, page)
                    self._deliver(page)
            self._deliver(None)
        except Exception as error:  # noqa: BLE001 - handed to the thread that iterates, which raises it
            self._deliver(error)

    def _deliver(self, item: Page | Exception | None) -> None:
        while not self._stopped:
            try:
                self._pages.put(item, timeout=1)
                return
            except queue.Full:
                continue

    def _left(self, worker: int) -> IdRange | None:
        with self._changed:
            if self._stopped or worker not in self._readings:
                return None
            return self._readings[worker].left

    def _advance(self, worker: int, page: Page) -> None:
        if page.covers is None:
            raise ValueError("A page of a ranged read must tell which ids it covers")
        with self._changed:
            self._fetched += 1
            reading = self._readings[worker]
            left = reading.left.without(page.covers)
            if left and left[0].start > reading.left.start:
                if reading.cut_from is not None:
                    reading.cut_from.doubtful, reading.cut_from = False, None
                reading.page_span = left[0].start - reading.left.start
                reading.left = left[0]
            else:
                del self._readings[worker]
            self._changed.notify_all()

    def _take(self, worker: int) -> bool:
        """Give a worker its next range; False when nothing is left for it to do, now or later."""
        with self._changed:
            while not self._stopped:
                if self._waiting:
                    self._readings[worker] = _Reading(self._waiting.pop(0))
                    return True
                if (upper := self._cut()) is not None:
                    self._readings[worker] = upper
                    return True
                if not self._readings:
                    return False
                self._changed.wait()
            return False

    def _cut(self) -> _Reading | None:
        """Cut the largest range left in two and return its upper part, if that is worth a request.

        A range is halved, unless the half cut off before may be a gap: then the cut is at the geometric mean of
        a page and the whole, which finds the few small ids below a gap of any size in a few steps.
        """
        if self._cuts >= FREE_CUTS + self._fetched // PAGES_PER_CUT:
            return None
        largest: tuple[int, int, _Reading] | None = None
        for reading in self._readings.values():
            end = reading.left.stop if reading.left.stop is not None else self._highest_id + 1
            size, span = end - reading.left.start, reading.page_span
            if span is not None and size >= PAGES_WORTH_CUTTING * span and (largest is None or size > largest[0]):
                largest = (size, span, reading)
        if largest is None:
            return None
        self._cuts += 1
        size, span, reading = largest
        middle = reading.left.start + (math.isqrt(size * span) if reading.doubtful else size // 2)
        upper = _Reading(IdRange(middle, reading.left.stop), cut_from=reading)
        reading.left = IdRange(reading.left.start, middle)
        reading.doubtful = True
        return upper
