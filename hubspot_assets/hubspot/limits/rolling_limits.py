"""Waiting in line for one of HubSpot's rolling limits: so many requests in any span of so many seconds.

HubSpot counts requests when they arrive, we when they set out, and no two take equally long. A limit here
therefore spans a little more time than HubSpot's (4 %, and at least 40 ms), or as much more as the delays of
the latest answers differ: a request may be late by that much without meeting a limit that is used up.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from datetime import UTC, datetime

from typing_extensions import override

from hubspot_assets.hubspot.limits.limit_store import Limit, Store
from hubspot_assets.hubspot.transport.clock import Clock

_MARGIN_SHARE = 0.04
_LEAST_MARGIN = 40
"""Milliseconds."""
_MARGIN_STEP = 25
"""Milliseconds; smaller differences are not worth telling the store."""
_DELAYS = 40
"""How many of the latest answers tell how unevenly requests arrive."""
_USUAL = 0.9
"""Share of those delays that is taken for usual; one request that hung should not slow all that follow."""
_CONTENDED = 5
"""Milliseconds to wait when the store was busy with another process."""
_LONGEST_PAUSE = 3_600_000
"""Milliseconds; a pause beyond it means that a clock was set back."""
_FOREIGN_SHARE = 0.05
"""Share of a limit that may be unaccounted for before it counts as another program's use."""
_LONG_WAIT = 5.0
"""Seconds; a pause this long is worth a line in the log."""
_CROWDED_OUT_AFTER = 3
"""Spans of a limit; a place must have come free by then, unless other processes take them all."""

_log = logging.getLogger(__name__)


class RollingLimit(ABC):
    """A limit over seconds, shared by threads."""

    @property
    @abstractmethod
    def limit(self) -> Limit | None:
        """HubSpot's limit as far as it is known, None without any."""

    @abstractmethod
    def acquire(self, clock: Clock) -> float:
        """Wait for leave to send one request.

        Returns:
            Seconds for which this limit kept the head of the line waiting: Summed over all requests, the time
            that the limit cost, however many threads stood in line.

        Raises:
            ClientClosed: The clock was stopped.
        """

    @abstractmethod
    def pause(self, seconds: float, clock: Clock) -> None:
        """Let nobody ask for so many seconds."""

    @abstractmethod
    def learn(self, limit: Limit, remaining: int | None, age: float) -> None:
        """Take note of what an answer's headers say.

        Args:
            limit: HubSpot's.
            remaining: Requests left under HubSpot's limit when it answered, None when the answer does not say.
            age: Seconds since leave was given for that request.
        """

    @abstractmethod
    def observe(self, delay: float) -> None:
        """Take note of how long a request took.

        Args:
            delay: Seconds from leave to answer.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""


class Unlimited(RollingLimit):
    """No limit at all, but pauses that HubSpot asks for are kept, by this process."""

    def __init__(self) -> None:
        self._paused_until = 0.0
        self._line = threading.Lock()

    @property
    @override
    def limit(self) -> None:
        return None

    @override
    def acquire(self, clock: Clock) -> float:
        waited = 0.0
        while self._left(clock):
            with self._line:
                if seconds := self._left(clock):
                    _say_paused(seconds, clock)
                    clock.sleep(seconds)
                    waited += seconds
        return waited

    def _left(self, clock: Clock) -> float:
        """Seconds until the pause is over; one that is too long comes from a clock that was set back since."""
        seconds = self._paused_until - clock.time()
        return seconds if 0 < seconds < _LONGEST_PAUSE / 1000 else 0.0

    @override
    def pause(self, seconds: float, clock: Clock) -> None:
        self._paused_until = max(self._paused_until, clock.time() + seconds)

    @override
    def learn(self, limit: Limit, remaining: int | None, age: float) -> None:
        pass

    @override
    def observe(self, delay: float) -> None:
        pass

    @override
    def close(self) -> None:
        pass


class SharedLimit(RollingLimit):
    """A limit shared with other processes by a store.

    Only the head of the line sleeps and asks the store; the other threads of a process stand behind it on a
    lock. So a limit that is used up costs one question per free place, not one per thread.

    Args:
        store: Where the requests are counted.
        limit: HubSpot's, until its headers teach another.
    """

    def __init__(self, store: Store, limit: Limit) -> None:
        self._store = store
        self._limit = limit
        self._line = threading.Lock()
        self._guard = threading.Lock()
        self._counted_by: Limit | None = None
        self._delays: deque[float] = deque(maxlen=_DELAYS)
        self._next_tidying = 0
        self._closed = False
        with self._guard, store.exclusive():
            self._set(store.read().limit or limit)

    @property
    @override
    def limit(self) -> Limit:
        return self._limit

    @override
    def acquire(self, clock: Clock) -> float:
        waited = 0.0
        with self._line:
            clock.check()
            while milliseconds := self._ask(clock):
                started, before = time.monotonic(), waited
                clock.sleep(milliseconds / 1000)
                waited += time.monotonic() - started
                if before <= self._long_wait < waited:
                    _log.info("Other processes use up HubSpot's limit of %s; this one waits for its turn.", self._limit)
        return waited

    @property
    def _long_wait(self) -> float:
        """Seconds within which a place comes free, unless other processes take them all."""
        return max(_LONG_WAIT, _CROWDED_OUT_AFTER * self._limit.milliseconds / 1000)

    @override
    def pause(self, seconds: float, clock: Clock) -> None:
        with self._guard:
            if not self._closed:
                with self._store.exclusive():
                    self._store.note_pause(self._store.now() + round(seconds * 1000))

    @override
    def observe(self, delay: float) -> None:
        # The next one to ask sees to it that the margin fits.
        self._delays.append(delay)

    @override
    def learn(self, limit: Limit, remaining: int | None, age: float) -> None:
        # Requests of programs that do not share this store are counted in.
        margin = self._with_margin(limit).milliseconds - limit.milliseconds
        scarce = remaining is not None and remaining < limit.requests / 2 and age * 1000 <= margin
        if limit == self._limit and not scarce:
            return
        with self._guard:
            if not self._closed:
                self._learn(limit, limit.requests - remaining if scarce and remaining is not None else 0)

    def _learn(self, limit: Limit, used: int) -> None:
        with self._store.exclusive():
            if limit != self._limit:
                self._store.note_limit(limit)
                self._set(limit)
            self._count_foreign(used)

    @override
    def close(self) -> None:
        # Answers that come later teach nothing; the clock of whoever asks is stopped.
        with self._guard:
            self._closed = True
            self._store.close()

    def _ask(self, clock: Clock) -> int:
        """Milliseconds to wait before asking again; 0 when a place was taken."""
        with self._guard:
            return _CONTENDED if self._closed else self._take(clock)

    def _take(self, clock: Clock) -> int:
        with self._store.exclusive():
            note = self._store.read()
            self._set(note.limit or self._limit)
            now = self._store.now()
            pause = note.paused_until - now
            if 0 < pause < _LONGEST_PAUSE:
                _say_paused(pause / 1000, clock)
                return pause
            decision = self._store.take(now)
            if decision.allowed:
                self._tidy(now)
                return 0
            wait = _CONTENDED if decision.retry_after_ms is None else decision.retry_after_ms
            span = self._with_margin(self._limit).milliseconds
            if wait > span + 1:
                # Requests counted in the future: the clock was set back.
                self._store.clear()
            return min(max(wait, 1), span)

    def _count_foreign(self, used: int) -> None:
        if used == 0:
            return
        now = self._store.now()
        taken = self._store.taken(now)
        foreign = used - taken
        if foreign > max(2, self._limit.requests * _FOREIGN_SHARE):
            self._store.take(now, min(foreign, self._limit.requests - taken))

    def _tidy(self, now: int) -> None:
        """Forget requests that no longer count, once per span."""
        if now >= self._next_tidying:
            self._store.forget(now)
            self._next_tidying = now + self._limit.milliseconds

    def _set(self, limit: Limit) -> None:
        counted_by = self._with_margin(limit)
        if counted_by != self._counted_by:
            self._store.set_limit(counted_by)
            self._limit, self._counted_by = limit, counted_by

    def _with_margin(self, limit: Limit) -> Limit:
        delays = sorted(self._delays.copy())
        uneven = 1000 * (delays[int(_USUAL * (len(delays) - 1))] - delays[0]) if delays else 0.0
        # Beyond half a span there is no telling when a request arrives; then HubSpot has to say so.
        uneven = min(_MARGIN_STEP * round(uneven / _MARGIN_STEP), limit.milliseconds // 2)
        margin = max(_LEAST_MARGIN, round(limit.milliseconds * _MARGIN_SHARE), uneven)
        return Limit(limit.requests, limit.milliseconds + margin)


def _say_paused(seconds: float, clock: Clock) -> None:
    if seconds >= _LONG_WAIT:
        until = datetime.fromtimestamp(clock.time() + seconds, UTC)
        _log.info("HubSpot's rate limit was reached; no request is sent before %s UTC.", f"{until:%H:%M:%S}")
