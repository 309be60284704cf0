"""Ranges of record ids: what of an object type is still to be read.

HubSpot lists and searches can both be entered at any id and go on in ascending order, so the state of a
read is a set of id ranges. Every page takes away the range it covers, in whatever order pages come; what is
left when a process dies is what the next one reads.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class IdRange:
    """The ids from `start` up to, not including, `stop`; without a `stop`, all from `start` on."""

    start: int = 0
    stop: int | None = None

    def without(self, other: "IdRange") -> "tuple[IdRange, ...]":
        """Return what of this range lies outside `other`: none, one or two ranges."""
        parts = []
        if other.start > self.start and (self.stop is None or other.start < self.stop):
            parts.append(IdRange(self.start, other.start))
        if other.stop is not None and other.stop > self.start and (self.stop is None or other.stop < self.stop):
            parts.append(IdRange(other.stop, self.stop))
        disjoint = (self.stop is not None and other.start >= self.stop) or (
            other.stop is not None and other.stop <= self.start
        )
        return (self,) if disjoint else tuple(parts)


ALL_IDS = IdRange()


class Outstanding:
    """The ranges of ids not yet read."""

    def __init__(self, ranges: Iterable[IdRange] = (ALL_IDS,)) -> None:
        self.ranges = tuple(sorted(ranges))

    def remove(self, covered: IdRange) -> None:
        """Take away what a page has covered."""
        self.ranges = tuple(part for range_ in self.ranges for part in range_.without(covered))

    def counts(self, ids: Sequence[int]) -> int:
        """Return how many of some ids lie in these ranges.

        Args:
            ids: In ascending order.
        """
        return sum(
            (len(ids) if range_.stop is None else bisect_left(ids, range_.stop)) - bisect_left(ids, range_.start)
            for range_ in self.ranges
        )

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, id_: int) -> bool:
        return any(each.start <= id_ and (each.stop is None or id_ < each.stop) for each in self.ranges)

    def to_json(self) -> list[list[int | None]]:
        """Return lists `[start, stop]`, for the progress kept with the data."""
        return [[range_.start, range_.stop] for range_ in self.ranges]

    @classmethod
    def from_json(cls, ranges: list[list[int | None]]) -> "Outstanding":
        """Return the ranges that `to_json` wrote."""
        return cls(IdRange(start or 0, stop) for start, stop in ranges)
