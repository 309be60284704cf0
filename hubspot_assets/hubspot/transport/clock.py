"""Time as one client lives it: the machine's clock, and sleep that ends early when the client is closed."""

import threading
import time

from hubspot_assets.hubspot.transport.errors import ClientClosed


class Clock:
    """The machine's clock; every wait of a client goes through it, so `stop` wakes them all."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def time(self) -> float:
        """Return seconds since 1970, by the machine's clock."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            ClientClosed: The clock was stopped, before or during the wait.
        """
        if self._stopped.wait(max(seconds, 0.0)):
            raise ClientClosed("The HubSpot client was closed; nothing more is requested through it.")

    def check(self) -> None:
        """Raise `ClientClosed` when the clock was stopped."""
        if self._stopped.is_set():
            self.sleep(0)

    def stop(self) -> None:
        """Wake every sleeper and refuse further sleep."""
        self._stopped.set()
