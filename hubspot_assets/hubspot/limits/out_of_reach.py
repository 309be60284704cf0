"""What one process found out, for the others that ask by the same credential: HubSpot is out of reach.

With an executor that gives each step a process of its own, every step would otherwise wait for minutes anew.
"""

import logging
import threading
from collections.abc import Callable

from hubspot_assets.hubspot.limits.limit_store import Limit, Store
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable

REACH = "reach"
"""Of the store, beside those of the limits."""
REACH_LIMIT = Limit(1, 1_000)
"""Nothing is counted there; what is told is its note."""
_BELIEVED = 120_000
"""Milliseconds; the next step of a run has begun by then, and tells it anew."""

_log = logging.getLogger(__name__)


class OutOfReach:
    """The news, kept where rate limits are shared; it is opened only once there is a failure to talk about.

    Args:
        open_store: Opens the store; None where nothing is shared.
    """

    def __init__(self, open_store: Callable[[], Store] | None = None) -> None:
        self._open_store = open_store
        self._store: Store | None = None
        self._lock = threading.Lock()

    def tell(self) -> None:
        """Let others know that HubSpot was asked for as long as patience lasts, and did not answer."""
        self._ask(lambda store: store.note_pause(store.now() + _BELIEVED))

    @property
    def told(self) -> bool:
        """Return whether another process has told so a short time ago."""
        # A clock that was set back since leaves an instant that is too far ahead.
        return self._ask(lambda store: 0 < store.read().paused_until - store.now() <= _BELIEVED) is True

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store = self._open_store = None

    def _ask(self, question: Callable[[Store], bool | None]) -> bool | None:
        with self._lock:
            if self._open_store is None:
                return None
            try:
                if self._store is None:
                    self._store = self._open_store()
                with self._store.exclusive():
                    return question(self._store)
            except BudgetsUnavailable as error:
                # The limits themselves complain of it, with the next request.
                _log.debug("What other processes know of HubSpot cannot be asked for: %s", error)
                return None
