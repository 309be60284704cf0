"""The portal's clock, and how it writes instants.

All instants of the portal are whole milliseconds since 1970 (UTC), HubSpot's own resolution.
"""

import time
from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)


class Clock:
    """Real time plus an offset that a test may move; or standing still, when frozen."""

    def __init__(self, now: int | None = None) -> None:
        self._offset = 0
        self._frozen: int | None = None
        if now is not None:
            self.set(now)

    def now(self) -> int:
        """The portal's time in milliseconds since 1970."""
        return self._frozen if self._frozen is not None else time.time_ns() // 1_000_000 + self._offset

    def set(self, now: int) -> None:
        """Make it `now` (milliseconds since 1970); a frozen clock stays frozen there."""
        if self._frozen is not None:
            self._frozen = now
        else:
            self._offset = now - time.time_ns() // 1_000_000

    def advance(self, milliseconds: int) -> None:
        """Move the clock, forward or (to mimic a corrected clock) backward."""
        self.set(self.now() + milliseconds)

    def freeze(self) -> None:
        """Stop the clock where it is: every write from now on falls into one millisecond."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let a frozen clock run on from where it stands."""
        if self._frozen is not None:
            stopped_at, self._frozen = self._frozen, None
            self.set(stopped_at)


def instant_text(milliseconds: int) -> str:
    """`2026-11-20T08:01:02.345Z`: how HubSpot writes instants."""
    # Naive on purpose: a large portal writes hundreds of thousands of these, and time zones cost.
    return (_NAIVE_EPOCH + timedelta(0, 0, 0, milliseconds)).isoformat(timespec="milliseconds") + "Z"


def date_text(milliseconds: int) -> str:
    """`2026-11-20`: how HubSpot writes dates."""
    return instant_text(milliseconds)[:10]


def parse_instant(text: str) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 instant or date, or of epoch-millisecond text; None if neither.

    HubSpot takes (in search filters) and gives (in datetime properties) both.
    """
    if text.lstrip("-").isdigit() and text.isascii():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)
