"""HubSpot's rate limits, kept by all threads and all processes that ask with one credential.

Four limits hold at once (https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines):
requests of an app in ten seconds, searches of an account in a second, association reads of an app in ten
seconds, and requests of an account in a day. Searches and association reads do not count in the first, and
association reads have a day of their own. The answers' headers teach how high the first is, so nobody has to know
the account's subscription.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

import platformdirs

from hubspot_assets.hubspot.limits.daily import RESERVE, DailyPool
from hubspot_assets.hubspot.limits.sqlite_store import SQLiteStore
from hubspot_assets.hubspot.limits.window_store import BudgetsUnavailable, Limit, Store
from hubspot_assets.hubspot.limits.windows import SharedWindow, UnlimitedWindow, Window
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import DailyLimitReached


class Budget(Enum):
    """Which limit over seconds a request counts in."""

    BURST = "burst"
    SEARCH = "search"
    ASSOCIATIONS = "associations"


LIMITS: Mapping[Budget, Limit] = {
    Budget.BURST: Limit(100, 10_000),
    Budget.SEARCH: Limit(5, 1_000),
    Budget.ASSOCIATIONS: Limit(100, 10_000),
}
"""Limits to begin with: those of the smallest subscription."""

_ASSOCIATIONS_BESIDE_BURST: Mapping[int, int] = {190: 150, 250: 200}
"""Association reads in ten seconds of an account whose burst limit is the key; other limits hold for both."""


class Budgets:
    """All limits of one credential.

    Args:
        windows: the limits over seconds.
        daily: the limit of the day.
    """

    def __init__(self, windows: Mapping[Budget, Window], daily: DailyPool) -> None:
        self._windows = dict(windows)
        self.daily = daily
        self._association_day = daily.beside("association reads")

    @classmethod
    def local(
        cls,
        fingerprint: str,
        path: Path | str | None = None,
        *,
        limits: Mapping[Budget, Limit] = LIMITS,
        reserve: float = RESERVE,
    ) -> "Budgets":
        """Limits shared by the processes of this machine.

        Args:
            fingerprint: of the credential.
            path: the file to share them by; by default one in the user's cache folder.
            limits: to begin with.
            reserve: share of the day's requests left to other apps.

        Raises:
            BudgetsUnavailable: the file cannot be used.
        """
        file = Path(path) if path is not None else _cache_folder() / f"{fingerprint}.sqlite"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BudgetsUnavailable(
                f"The folder for shared rate limits cannot be made: {file.parent} ({error.strerror})."
            ) from error
        return cls._shared(lambda budget, limit: SQLiteStore(file, budget.value, limit), limits, reserve)

    @classmethod
    def from_url(
        cls,
        url: str,
        fingerprint: str,
        *,
        limits: Mapping[Budget, Limit] = LIMITS,
        reserve: float = RESERVE,
    ) -> "Budgets":
        """Limits shared across machines.

        Args:
            url: `redis://…`, `rediss://…` or `postgresql://…`.
            fingerprint: of the credential.
            limits: to begin with.
            reserve: share of the day's requests left to other apps.

        Raises:
            BudgetsUnavailable: the server does not answer, or its driver is not installed.
        """
        connect = _connector(url)
        store = connect(url, fingerprint)
        return cls._shared(lambda budget, limit: store(budget.value, limit), limits, reserve)

    @classmethod
    def unlimited(cls) -> "Budgets":
        """No limits, at no cost; pauses that HubSpot asks for are kept all the same."""
        return cls({budget: UnlimitedWindow() for budget in Budget}, DailyPool(reserve=0.0))

    @classmethod
    def _shared(
        cls, store: Callable[[Budget, Limit], Store], limits: Mapping[Budget, Limit], reserve: float
    ) -> "Budgets":
        windows = {budget: SharedWindow(store(budget, limits[budget]), limits[budget]) for budget in Budget}
        return cls(windows, DailyPool(reserve))

    def acquire(self, budget: Budget, clock: Clock) -> float:
        """Wait for leave to send one request.

        Returns:
            Seconds that the limit cost (see `Window.acquire`).

        Raises:
            DailyLimitReached: only the reserve of the day is left.
            ClientClosed: the client was closed meanwhile.
        """
        self._day(budget).spend(clock.time())
        return self._windows[budget].acquire(clock)

    def learn(self, budget: Budget, headers: Mapping[str, str], age: float, clock: Clock) -> None:
        """Take note of an answer's headers; lookups in `headers` must ignore case.

        Args:
            budget: what the request counted in.
            headers: the answer's.
            age: seconds since `acquire` returned.
            clock: the client's.
        """
        self._day(budget).learn(headers, clock.time())
        self._windows[budget].observe(age)
        if budget is not Budget.BURST:
            return
        limit = _limit(headers)
        if limit is None:
            return
        remaining = headers.get("X-HubSpot-RateLimit-Remaining", "")
        self._windows[Budget.BURST].learn(limit, int(remaining) if remaining.isdecimal() else None, age)
        beside = _ASSOCIATIONS_BESIDE_BURST.get(limit.requests, limit.requests)
        self._windows[Budget.ASSOCIATIONS].learn(Limit(beside, limit.milliseconds), None, age)

    def pause(self, budget: Budget, seconds: float, clock: Clock) -> None:
        """Let nobody send such requests for so many seconds, in any process that shares the limit."""
        self._windows[budget].pause(seconds, clock)

    def describe(self) -> str:
        """The limits in words, as the answers so far taught them: `190 requests in 10 s, 5 searches in 1 s, …`."""
        of_seconds = (
            f"{limit.requests:,} {what} in {limit.milliseconds / 1000:g} s"
            for what, limit in (
                ("requests", self._windows[Budget.BURST].limit),
                ("searches", self._windows[Budget.SEARCH].limit),
            )
            if limit is not None
        )
        return ", ".join((*of_seconds, self.daily.describe()))

    def used_up(self, budget: Budget, error: DailyLimitReached, clock: Clock) -> DailyLimitReached:
        """Take HubSpot's word that the day's requests of a kind are used up, and complete its error."""
        return self._day(budget).used_up(error, clock.time())

    def _day(self, budget: Budget) -> DailyPool:
        """The pool that a request counts in: association reads have one of their own."""
        if budget is not Budget.ASSOCIATIONS:
            return self.daily
        self._association_day.time_zone = self.daily.time_zone
        return self._association_day

    def close(self) -> None:
        """Let go of files and connections."""
        for window in self._windows.values():
            window.close()


def _connector(url: str) -> Callable[[str, str], Callable[[str, Limit], Store]]:
    """What reaches the server of a URL. Drivers are optional, so one is imported here, where it is needed."""
    server, _, _ = url.partition("://")
    try:
        if server in ("redis", "rediss"):
            from hubspot_assets.hubspot.limits import redis_store

            return redis_store.connect
        if server in ("postgresql", "postgres"):
            from hubspot_assets.hubspot.limits import postgres_store

            return postgres_store.connect
    except ImportError as error:
        extra = "redis" if server.startswith("redis") else "postgres"
        raise BudgetsUnavailable(
            f"Sharing HubSpot's rate limits by {server} needs a driver that is not installed: "
            f"pip install 'hubspot-assets[{extra}]'."
        ) from error
    raise BudgetsUnavailable(
        "HubSpot's rate limits can be shared by a URL that begins with redis://, rediss:// or postgresql://."
    )


def _limit(headers: Mapping[str, str]) -> Limit | None:
    maximum = headers.get("X-HubSpot-RateLimit-Max", "")
    interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")
    if not (maximum.isdecimal() and interval.isdecimal()) or 0 in (int(maximum), int(interval)):
        return None
    return Limit(int(maximum), int(interval))


def _cache_folder() -> Path:
    """The user's cache folder, or a temporary one where there is no home to write to (containers)."""
    folder = platformdirs.user_cache_path("hubspot-assets") / "rate-limits"
    try:
        # Without a home, "~" stays as it is.
        usable = folder.is_absolute()
        if usable:
            folder.mkdir(parents=True, exist_ok=True)
            usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return folder if usable else Path(tempfile.gettempdir(), f"hubspot-assets-{user}")
