"""Why syncs fail at present: one entry per cause, from the first failure by it until all that it hit have succeeded.

A cause is told of once when it begins and once when it is over, however many tables it hits and however often they are
tried meanwhile.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

_REQUEST = re.compile(r" \((?:GET|POST) [^()]*\)$")
"""Which request it was, at the end of an error's sentence: it differs from table to table."""
_FIGURE = re.compile(r"\S*\d\S*")
"""Times, counts and ids, which differ from one time to the next."""
_LONGEST = 1_000
"""Characters of a sentence that are kept."""

Place = tuple[str, str]
"""A step, and the partition that it was about; without partitions, an empty text."""


@dataclass
class Cause:
    """One reason for which something fails.

    Attributes:
        said: The sentence of the first failure.
        since: When that was (seconds since 1970).
        run_id: The run that it was in.
        job: The job of that run.
        places: What failed by it, and has not succeeded since.
    """

    said: str
    since: float
    run_id: str
    job: str
    places: set[Place] = field(default_factory=set)


class Causes:
    """What fails at present.

    Attributes:
        begun: Causes that were not known before this was read from a cursor.
        over: Causes that have ended since.
    """

    def __init__(self) -> None:
        self._open: dict[str, Cause] = {}
        self.begun: list[Cause] = []
        self.over: list[tuple[Cause, float]] = []

    @classmethod
    def remembered(cls, written: Mapping[str, Any]) -> "Causes":
        """Return the causes that `written` wrote down."""
        causes = cls()
        for key, each in written.items():
            causes._open[key] = Cause(**{**each, "places": {(step, partition) for step, partition in each["places"]}})
        return causes

    def written(self) -> Mapping[str, Any]:
        """Return what is to be remembered of the causes that last, as JSON can hold it."""
        return {key: {**asdict(each), "places": sorted(each.places)} for key, each in self._open.items()}

    def __bool__(self) -> bool:
        return bool(self._open)

    def failed(self, places: Collection[Place], said: str, at: float, *, run_id: str, job: str) -> None:
        """Take note of a failure."""
        key = _digest(said)
        if key not in self._open:
            self._open[key] = Cause(said[:_LONGEST], at, run_id, job)
            self.begun.append(self._open[key])
        self._open[key].places |= set(places)

    def succeeded(self, places: Collection[Place], at: float) -> None:
        """Take note of what works: none of the causes keeps it from that any more."""
        for key, cause in list(self._open.items()):
            if cause.places & set(places):
                cause.places -= set(places)
                if not cause.places:
                    self._end(key, at)

    def forget(self, steps: Collection[str], at: float) -> None:
        """Drop what there is no more: nobody would ever hear that it succeeded."""
        for cause in list(self._open.values()):
            self.succeeded([place for place in cause.places if place[0] not in steps], at)

    def _end(self, key: str, at: float) -> None:
        cause = self._open.pop(key)
        if cause in self.begun:
            # It came and went between two looks: nobody need be told of it.
            self.begun.remove(cause)
        else:
            self.over.append((cause, at))


def in_words(places: Collection[Place]) -> str:
    """Return what a cause hit, for people: `companies, contacts (latest); owners`."""
    by_partition: dict[str, list[str]] = {}
    for step, partition in sorted(places):
        by_partition.setdefault(partition, []).append(step)
    return "; ".join(
        _listed(steps) + (f" ({partition})" if partition else "") for partition, steps in sorted(by_partition.items())
    )


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _digest(said: str) -> str:
    return hashlib.sha256(_FIGURE.sub("#", _REQUEST.sub("", said)).encode()).hexdigest()[:12]
