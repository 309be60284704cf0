"""What a rolling limit needs of the place where it is kept.

A store is a bucket of pyrate-limiter, which counts the requests, and a short note beside it: the limit that
HubSpot's headers taught, and until when nobody may ask. A store serves one limit; it is not thread-safe.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import cast

from pyrate_limiter import AbstractBucket, Rate, RateItem
from pyrate_limiter.abstracts.algorithm import Decision


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests in any span of so many milliseconds."""

    requests: int
    milliseconds: int

    def __str__(self) -> str:
        """Return the limit in words: `190 requests in 10 s`."""
        return f"{self.requests:,} requests in {self.milliseconds / 1000:g} s"

    @property
    def rate(self) -> Rate:
        """The limit as pyrate-limiter has it."""
        return Rate(self.requests, self.milliseconds)


@dataclass(frozen=True, slots=True)
class Note:
    """What the processes that share a limit tell each other besides their requests.

    Attributes:
        limit: As HubSpot's headers taught it, None before.
        paused_until: Milliseconds since 1970 before which nobody may ask.
    """

    limit: Limit | None = None
    paused_until: int = 0

    @classmethod
    def from_row(cls, row: Sequence[int | None] | None) -> "Note":
        """Read the note that is stored as requests, milliseconds and paused until, each of them perhaps missing."""
        requests, milliseconds, paused_until = row or (None, None, None)
        return cls(Limit(requests, milliseconds) if requests and milliseconds else None, paused_until or 0)


class Store(ABC):
    """One limit's requests and note. Instants are milliseconds since 1970, by the store's own clock.

    Each change of the note is one atomic step, so that of two processes neither undoes what the other noted.
    """

    bucket: AbstractBucket

    @abstractmethod
    def read(self) -> Note:
        """Return the note as it stands."""

    @abstractmethod
    def note_limit(self, limit: Limit) -> None:
        """Note what HubSpot's headers taught."""

    @abstractmethod
    def note_pause(self, until: int) -> None:
        """Note until when nobody may ask, unless a later instant is noted."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off the other processes where the store cannot do so by itself."""
        return nullcontext()

    # pyrate-limiter types every result as possibly awaitable; none of these buckets is asynchronous.

    def now(self) -> int:
        """Return the time by the clock that all who share the limit see."""
        return cast(int, self.bucket.now())

    def take(self, now: int, places: int = 1) -> Decision:
        """Take places under the limit, all or none."""
        return cast(Decision, self.bucket.put_decision(RateItem("request", now, weight=places)))

    def taken(self, now: int) -> int:
        """Return how many places are taken."""
        self.forget(now)
        return cast(int, self.bucket.count())

    def forget(self, now: int) -> None:
        """Drop the requests that no longer count."""
        self.bucket.leak(now)

    def clear(self) -> None:
        """Drop everything."""
        self.bucket.flush()

    def set_limit(self, limit: Limit) -> None:
        """Count by another limit from now on."""
        self.bucket.rates = [limit.rate]

    def close(self) -> None:
        """Let go of files and connections."""
        self.bucket.close()
