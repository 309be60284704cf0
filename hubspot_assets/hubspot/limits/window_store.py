"""What a window of requests needs of the place where it is kept.

A store is a bucket of pyrate-limiter, which counts the requests, and a short note beside it: the limit that
HubSpot's headers taught, and until when nobody may ask. A store serves one window; it is not thread-safe.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from pyrate_limiter import AbstractBucket, Rate, RateItem
from pyrate_limiter.abstracts.algorithm import Decision


class BudgetsUnavailable(Exception):
    """The place where rate limits are shared cannot be used; the message says which, and what to do."""

    @classmethod
    def unreachable(cls, server: str, url: str, error: Exception) -> "BudgetsUnavailable":
        """A server does not answer; its URL is shown without user and password."""
        parts = urlsplit(url)
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return cls(f"HubSpot's rate limits cannot be shared by {server} at {where}: {_first_line(error)}.")

    @classmethod
    def failed(cls, server: str, error: Exception) -> "BudgetsUnavailable":
        """A server that answered before no longer does what it is asked."""
        return cls(f"{server}, which shares HubSpot's rate limits, failed: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests in any span of so many milliseconds."""

    requests: int
    milliseconds: int

    @property
    def rate(self) -> Rate:
        """The limit as pyrate-limiter has it."""
        return Rate(self.requests, self.milliseconds)


@dataclass(frozen=True, slots=True)
class Note:
    """What the processes that share a window tell each other besides their requests.

    Attributes:
        limit: as HubSpot's headers taught it, None before.
        paused_until: milliseconds since 1970 before which nobody may ask.
    """

    limit: Limit | None = None
    paused_until: int = 0

    @classmethod
    def from_row(cls, row: Sequence[int] | None) -> "Note":
        """The note that was stored as `row`; nothing noted where there is no row."""
        if row is None:
            return cls()
        requests, milliseconds, paused_until = row
        return cls(Limit(requests, milliseconds) if requests else None, paused_until)

    @property
    def row(self) -> tuple[int, int, int]:
        """The note as three numbers: requests, milliseconds (0 and 0 without a limit), paused until."""
        limit = self.limit or Limit(0, 0)
        return limit.requests, limit.milliseconds, self.paused_until


class Store(ABC):
    """One window's requests and note. Instants are milliseconds since 1970, by the store's own clock."""

    bucket: AbstractBucket

    @abstractmethod
    def read(self) -> Note:
        """The note as it stands."""

    @abstractmethod
    def write(self, note: Note) -> None:
        """Replace the note."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off the other processes where the store cannot do so by itself."""
        return nullcontext()

    # pyrate-limiter types every result as possibly awaitable; none of these buckets is asynchronous.

    def now(self) -> int:
        """The time by the clock that all who share the window see."""
        return cast(int, self.bucket.now())

    def take(self, now: int, places: int = 1) -> Decision:
        """Take places in the window, all or none."""
        return cast(Decision, self.bucket.put_decision(RateItem("request", now, weight=places)))

    def taken(self, now: int) -> int:
        """How many places are taken."""
        self.forget(now)
        return cast(int, self.bucket.count())

    def forget(self, now: int) -> None:
        """Drop what the window has left behind."""
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
