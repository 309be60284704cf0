"""Saying what is waited for, and until when: one line per wait, however many threads wait for the same."""

import logging
import threading
from datetime import UTC, datetime

from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import RateLimited
from hubspot_assets.hubspot.transport.retries import Repetition

LONG = 5.0
"""Seconds; shorter waits are not worth a line."""

_log = logging.getLogger(__name__)


class Waits:
    """The waits of one client for failures to pass.

    Args:
        clock: The client's.
        patience: Seconds after which a request that still fails is given up.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._lock = threading.Lock()
        self._said_until: dict[type[Exception], float] = {}

    def say(self, repetition: Repetition) -> None:
        """Log that a request waits to be repeated, if that is long, and not what another thread has just said."""
        error, now = repetition.error, self._clock.time()
        # The limits themselves say how long they hold requests back.
        if isinstance(error, RateLimited) or repetition.elapsed + repetition.wait < LONG:
            return
        again = now + repetition.wait
        with self._lock:
            if again <= self._said_until.get(type(error), 0.0) + LONG:
                return
            self._said_until[type(error)] = again
        given_up = now - repetition.elapsed + self._patience
        _log.warning(
            "%s Asks again at %s UTC, at most %d times, and gives up at %s UTC.",
            error,
            _clock_time(again),
            repetition.most_attempts,
            _clock_time(given_up),
        )


def _clock_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S}"
