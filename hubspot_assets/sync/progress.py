"""A line every few seconds: done of expected, records a second, time left."""

import time
from collections.abc import Callable


class Progress:
    """Counts records and says how far a sync is.

    Args:
        name: What is being read (`contacts latest`).
        expected: About how many records there are to read; None where HubSpot does not tell.
        say: Takes a finished line.
        every: Seconds between lines.
    """

    def __init__(self, name: str, expected: int | None, say: Callable[[str], object], *, every: float = 5.0) -> None:
        self._name = name
        self._expected = expected
        self._say = say
        self._every = every
        self._began = self._said = time.monotonic()
        self.done = 0

    def add(self, records: int) -> None:
        """Count records; says a line where it is time for one."""
        self.done += records
        if time.monotonic() - self._said >= self._every:
            self._said = time.monotonic()
            self._say(self.line())

    def line(self) -> str:
        """How far the sync is, in words."""
        seconds = max(time.monotonic() - self._began, 0.001)
        rate = self.done / seconds
        if self._expected is None:
            return f"{self._name}: {self.done:,} records read, {rate:,.0f}/s"
        left = max(self._expected - self.done, 0)
        remaining = f"{_duration(left / rate)} left" if rate and left else "finishing"
        return f"{self._name}: {self.done:,} of about {self._expected:,} records, {rate:,.0f}/s, {remaining}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
