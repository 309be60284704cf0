"""The search index of one object type: a copy of the store that lags behind it.

A write reaches the index some time after the store: mostly seconds, rarely minutes. A search matches and
sorts what the index holds and shows what the store holds, so a row may be newer than its match, out of
order, or gone. Keeping the two apart is the whole point of this file.
"""

import heapq
import itertools
import math
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from random import Random

from hubspot_assets.demo_portal.clock import MINUTE, SECOND, Clock
from hubspot_assets.demo_portal.store import Record, RecordStore, Values

RESULTS_KEPT = 2_000_000
"""Ids that remembered search results may hold together."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How long writes take to reach the index, in milliseconds of the portal's clock.

    Log-normal with the given median and 99th percentile; a share of the writes (`tail`) takes up to
    `tail_longest` instead. Figures of observation, HubSpot promises none.
    """

    median: float = 2 * SECOND
    percentile_99: float = 60 * SECOND
    tail: float = 0.001
    tail_longest: float = 20 * MINUTE

    def draw(self, random: Random) -> int:
        """One write's delay."""
        if self.median <= 0:
            return 0
        if random.random() < self.tail:
            return round(random.uniform(self.percentile_99, self.tail_longest))
        spread = math.log(max(self.percentile_99 / self.median, 1)) / 2.326
        return round(random.lognormvariate(math.log(self.median), spread))


NO_LAG = Lag(median=0, percentile_99=0, tail=0, tail_longest=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of a record."""

    values: Values
    updated_at: int


class SearchIndex:
    """Entries by id, in arrays that are sorted by id and by last-modified.

    `generation` changes with every entry that changes; results remembered for an older one are dropped.
    """

    def __init__(self, store: RecordStore, clock: Clock, random: Random, lag: Lag = NO_LAG) -> None:
        self.entries: dict[int, Entry] = {
            record.id: Entry(record.values, record.updated_at) for record in store.live.values()
        }
        self.lag = lag
        self.generation = 0
        self._clock = clock
        self._random = random
        self._pending: list[tuple[int, int, int, Entry | None]] = []
        self._sequence = itertools.count()
        self._applied: dict[int, int] = {}
        self._ids: list[int] | None = None
        self._by_update: tuple[list[int], list[int]] | None = None
        self._results: OrderedDict[Hashable, Sequence[int]] = OrderedDict()
        self._results_size = 0
        store.changed = self.write

    def write(self, record_id: int, record: Record | None) -> None:
        """A record changed in the store (None: it is not live any more); the index will know in a while."""
        entry = Entry(record.values, record.updated_at) if record is not None else None
        due = self._clock.now() + self.lag.draw(self._random)
        heapq.heappush(self._pending, (due, next(self._sequence), record_id, entry))

    def catch_up(self, *, entirely: bool = False) -> None:
        """Apply the writes that are due (or all of them)."""
        now = self._clock.now()
        if not self._pending or (self._pending[0][0] > now and not entirely):
            return
        while self._pending and (entirely or self._pending[0][0] <= now):
            _, sequence, record_id, entry = heapq.heappop(self._pending)
            # A later write may have overtaken this one.
            if self._applied.get(record_id, -1) > sequence:
                continue
            self._applied[record_id] = sequence
            if entry is None:
                self.entries.pop(record_id, None)
            else:
                self.entries[record_id] = entry
        self.generation += 1
        self._ids = self._by_update = None
        self._results.clear()
        self._results_size = 0

    @property
    def pending(self) -> int:
        """Writes the index does not know yet."""
        return len(self._pending)

    def ids(self) -> list[int]:
        """All ids, ascending. Not to be altered."""
        if self._ids is None:
            self._ids = sorted(self.entries)
        return self._ids

    def updated_between(self, first: int, last: int) -> list[int]:
        """Ids of entries last modified from `first` to `last` (both included), ascending by id."""
        if self._by_update is None:
            pairs = sorted((entry.updated_at, record_id) for record_id, entry in self.entries.items())
            self._by_update = ([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        instants, ids = self._by_update
        found = ids[bisect_left(instants, first) : bisect_right(instants, last)]
        return self.ids() if len(found) == len(self.entries) else sorted(found)

    def remembered(self, question: Hashable) -> Sequence[int] | None:
        """The result of a question asked before, if nothing changed since."""
        found = self._results.get(question)
        if found is not None:
            self._results.move_to_end(question)
        return found

    def remember(self, question: Hashable, result: Sequence[int]) -> None:
        """Keep a result for the next page of the same question."""
        self._results_size += len(result) - len(self._results.get(question, ()))
        self._results[question] = result
        while self._results_size > RESULTS_KEPT and len(self._results) > 1:
            self._results_size -= len(self._results.popitem(last=False)[1])
