"""What HubSpot's clock shows, learned from the `Date` header of its answers."""

import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class ServerClock:
    """How far HubSpot's clock is ahead of this machine's.

    `Date` has whole seconds, cut off, and belongs to some instant between sending and receiving; so each
    answer bounds the difference from both sides, and many answers narrow it down. Where no difference at all
    is within the bounds, no correction is worthwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bounds: tuple[float, float] | None = None

    def instant(self, machine_time: float) -> datetime:
        """Return what HubSpot's clock shows (aware, UTC) when this machine's shows `machine_time`."""
        return datetime.fromtimestamp(machine_time + self.offset, UTC)

    def answered_at(self, date: str | None, sent_at: float, received_at: float) -> datetime:
        """Return when HubSpot had written an answer, by its own clock (aware, UTC).

        That is not when the answer had arrived: a large page may take long. The `Date` header tells, to the second, of
        which the end is taken; without it, the arrival.

        Args:
            date: The answer's `Date` header.
            sent_at: When the request set out, in seconds since 1970 by this machine's clock.
            received_at: When the answer had arrived.
        """
        earliest, latest = self.instant(sent_at), self.instant(received_at)
        shown = _shown(date)
        if shown is None:
            return latest
        return max(earliest, min(latest, datetime.fromtimestamp(shown + 1.0, UTC)))

    @property
    def offset(self) -> float:
        """Seconds to add to this machine's clock."""
        bounds = self._bounds
        if bounds is None or bounds[0] <= 0.0 <= bounds[1]:
            return 0.0
        return sum(bounds) / 2

    def learn(self, date: str | None, sent_at: float, received_at: float) -> None:
        """Narrow the difference down by one answer.

        Args:
            date: Its `Date` header; ignored where absent or illegible.
            sent_at: When the request set out, in seconds since 1970 by this machine's clock.
            received_at: When the answer had arrived.
        """
        shown = _shown(date)
        if shown is None:
            return
        low, high = shown - received_at, shown + 1.0 - sent_at
        with self._lock:
            if self._bounds is not None:
                narrowed = max(low, self._bounds[0]), min(high, self._bounds[1])
                # Contradicting bounds mean that one of the clocks was set: believe the newest answer.
                low, high = narrowed if narrowed[0] <= narrowed[1] else (low, high)
            self._bounds = low, high


def _shown(date: str | None) -> float | None:
    """Return seconds since 1970 that a `Date` header shows, None where it is absent or illegible."""
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None
