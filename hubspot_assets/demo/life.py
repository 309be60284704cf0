"""Life in the demo's account: every minute a few people do what people do, and later syncs have something to find."""

import random
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

import requests

if TYPE_CHECKING:
    from hubspot_assets.demo_portal.control import Portal

INTERVAL = 60.0
"""Seconds between changes."""
_TITLES = ("Head of Data", "Analyst", "Managing Director", "Operations Lead", "Buyer")
_NAMES = ("Ada", "Grace", "Mary", "Katherine", "Emmy", "Dorothy")


class Life:
    """Changes, new records and deletions, a few each minute, for as long as a block of code lasts.

    Args:
        portal: The account.
    """

    def __init__(self, portal: "Portal") -> None:
        self._portal = portal
        self._over = Event()
        self._chance = random.Random(1)
        self._thread = Thread(target=self._live, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def _live(self) -> None:
        while not self._over.wait(INTERVAL):
            try:
                self.minute()
            except requests.RequestException:
                # The demo ends, and the portal was gone before this thread.
                return

    def minute(self) -> None:
        """Let one minute's work happen."""
        some = self._chance.sample
        self._portal.change("contacts", {"jobtitle": some(_TITLES, 1)[0]}, ids=some(self._portal.ids("contacts"), 3))
        amount = str(self._chance.randrange(1_000, 90_000, 500))
        self._portal.change("deals", {"amount": amount}, ids=some(self._portal.ids("deals"), 2))
        self._portal.create("contacts", {"firstname": some(_NAMES, 1)[0], "jobtitle": some(_TITLES, 1)[0]})
        if self._chance.random() < 0.2:
            self._portal.archive("tickets", some(self._portal.ids("tickets"), 1))
