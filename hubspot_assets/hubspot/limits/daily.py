"""The account's requests of a day: how many are left, and the reserve kept for the account's other apps.

The pool belongs to all privately distributed apps of an account and fills up at midnight in the account's
time zone (https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines). Answers tell what
is left, but those of searches may not; in between, requests are counted down, and every few minutes one that is
answered with the figure has to be sent (`is_due`), because other apps use the pool too and because days end. OAuth
apps have no pool.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from hubspot_assets.hubspot.transport.errors import DailyLimitReached

RESERVE = 0.10
"""Share of the day's requests that is left to the account's other apps."""

_TRUSTED_SECONDS = 300.0
"""How long HubSpot's figure is believed before it is asked for again."""


@dataclass(frozen=True, slots=True)
class Day:
    """The requests of an account's day.

    Attributes:
        limit: How many there are.
        remaining: How many are left.
    """

    limit: int
    remaining: int


class DailyPool:
    """What is left of the account's day, as the last answer told.

    Args:
        reserve: Share of the pool never used; without one, HubSpot alone sets the end.
        what: The requests it counts, in words.

    Attributes:
        reserve: As given.
        time_zone: The account's, once known; only messages need it.
    """

    def __init__(self, reserve: float = RESERVE, what: str = "requests") -> None:
        self._what = what
        self.time_zone: tzinfo | None = None
        self.reserve = reserve
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._remaining: int | None = None
        self._told_at: float | None = None

    def is_due(self, now: float) -> bool:
        """Return whether it is time to ask HubSpot what is left; true once, for whoever then asks.

        Args:
            now: Seconds since 1970.
        """
        with self._lock:
            if self._told_at is None:
                self._told_at = now
            # Too far ahead means that the clock was set back.
            if not self.reserve or abs(now - self._told_at) <= _TRUSTED_SECONDS:
                return False
            self._told_at = now
            return True

    def beside(self, what: str) -> "DailyPool":
        """A pool of requests that HubSpot counts by themselves, with the same reserve; nothing is known of it yet."""
        return DailyPool(self.reserve, what)

    def spend(self, now: float) -> None:
        """Count one request about to be sent.

        Args:
            now: Seconds since 1970.

        Raises:
            DailyLimitReached: Nothing but the reserve is left.
        """
        with self._lock:
            if self._remaining is None:
                return
            limit = self._limit or 0
            if self._remaining <= limit * self.reserve:
                raise self._reached(limit, self._remaining, now)
            self._remaining -= 1

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Believe an answer's `X-HubSpot-RateLimit-Daily` headers, where it has them."""
        limit = _number(headers.get("X-HubSpot-RateLimit-Daily"))
        remaining = _number(headers.get("X-HubSpot-RateLimit-Daily-Remaining"))
        told = limit is not None and remaining is not None
        with self._lock:
            if told:
                self._limit, self._remaining = limit, remaining
            if told or "X-HubSpot-RateLimit-Max" in headers:
                # The other limits without this one: there is none (OAuth apps).
                self._told_at = now

    def used_up(self, error: DailyLimitReached, now: float) -> DailyLimitReached:
        """Take HubSpot's word that nothing is left, and complete its error with the time of the reset."""
        with self._lock:
            self._remaining, self._told_at = 0, now
        error.resets_at = self.resets_at(now)
        error.message += f" {self._when(error.resets_at)}" if error.resets_at else ""
        return error

    @property
    def told(self) -> Day | None:
        """Return what is left of the day, as far as it is known; None where no answer has told."""
        with self._lock:
            if self._limit is None or self._remaining is None:
                return None
            return Day(self._limit, self._remaining)

    def describe(self) -> str:
        """Return in words what is left of the day."""
        with self._lock:
            if self._limit is None:
                return "no daily limit reported"
            left = f"{self._remaining:,} of {self._limit:,} requests left today"
            return f"{left} ({self.reserve:.0%} kept for other apps)"

    def resets_at(self, now: float) -> datetime | None:
        """Return the account's next midnight (aware, UTC), None while its time zone is unknown."""
        if self.time_zone is None:
            return None
        here = datetime.fromtimestamp(now, UTC).astimezone(self.time_zone)
        midnight = datetime(here.year, here.month, here.day, tzinfo=self.time_zone) + timedelta(days=1)
        return midnight.astimezone(UTC)

    def _reached(self, limit: int, remaining: int, now: float) -> DailyLimitReached:
        resets_at = self.resets_at(now)
        error = DailyLimitReached(
            f"Of the HubSpot account's {limit:,} {self._what} of today {remaining:,} are left, and "
            f"{self.reserve:.0%} are kept for its other apps. {self._when(resets_at)}"
        )
        error.resets_at = resets_at
        return error

    def _when(self, resets_at: datetime | None) -> str:
        if resets_at is None:
            return "They are counted anew from midnight in the account's time zone."
        return f"They are counted anew from {resets_at:%Y-%m-%d %H:%M} UTC, midnight in {self.time_zone}."


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() else None
