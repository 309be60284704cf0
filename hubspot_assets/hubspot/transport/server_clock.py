"""What HubSpot's clock shows, learned from the `Date` header of its answers."""

import threading
from email.utils import parsedate_to_datetime


class ServerClock:
    """How far HubSpot's clock is ahead of this machine's.

    `Date` has whole seconds, cut off, and belongs to some instant between sending and receiving; so each
    answer bounds the difference from both sides, and many answers narrow it down. Where no difference at all
    is within the bounds, there is none worth correcting.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bounds: tuple[float, float] | None = None

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
            date: its `Date` header; ignored where absent or illegible.
            sent_at: when the request set out, in seconds since 1970 by this machine's clock.
            received_at: when the answer had arrived.
        """
        try:
            shown = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            return
        low, high = shown - received_at, shown + 1.0 - sent_at
        with self._lock:
            if self._bounds is not None:
                narrowed = max(low, self._bounds[0]), min(high, self._bounds[1])
                # Contradicting bounds mean that one of the clocks was set: believe the newest answer.
                low, high = narrowed if narrowed[0] <= narrowed[1] else (low, high)
            self._bounds = low, high
