"""Saying that HubSpot has taken a request and does not answer: one line per wait, however many requests are silent."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

LONG = 20.0
"""Seconds after which silence is worth a line."""

_log = logging.getLogger(__name__)


class Silence:
    """The requests of one connection that have no answer yet.

    A timer looks after them while there are any; it is no thread per request, and none while nothing is asked.

    Args:
        timeout: Seconds of silence after which a request is given up.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._closed = False
        self._lock = threading.Lock()
        self._asked: dict[object, tuple[float, str]] = {}
        self._said_until = 0.0
        self._timer: threading.Timer | None = None

    @contextmanager
    def until_answered(self, path: str) -> Iterator[None]:
        """Look after one request for as long as a block of code waits for it.

        Args:
            path: What is asked for.
        """
        request = object()
        with self._lock:
            self._asked[request] = time.monotonic(), path
            if self._timer is None:
                self._look_in(LONG)
        try:
            yield
        finally:
            with self._lock:
                self._asked.pop(request, None)

    def close(self) -> None:
        """Look no more."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()

    def _look_in(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()

    def _look(self) -> None:
        now, line = time.monotonic(), None
        with self._lock:
            if not self._asked or self._closed:
                self._timer = None
                return
            since, path = next(iter(self._asked.values()))
            if now < since + LONG:
                self._look_in(since + LONG - now)
                return
            if now >= self._said_until:
                # What else is silent until then is the same wait.
                self._said_until = since + self._timeout
                line = since, path, len(self._asked) - 1
            self._look_in(LONG)
        if line is not None:
            self._say(now, *line)

    def _say(self, now: float, since: float, path: str, others: int) -> None:
        given_up = datetime.fromtimestamp(time.time() + since + self._timeout - now, UTC)
        _log.warning(
            "HubSpot has not answered %s%s for %.0f s; waits until %s UTC at most.",
            path,
            f" (and {others} more)" if others else "",
            now - since,
            f"{given_up:%H:%M:%S}",
        )
