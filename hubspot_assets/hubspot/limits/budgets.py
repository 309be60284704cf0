"""HubSpot's rate limits, kept by all threads and all processes that ask for one account.

Four limits hold at once (https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines):
requests of an app in ten seconds, searches of an account in a second, association reads of an app in ten
seconds, and requests of an account in a day. Searches and association reads do not count in the first, and
association reads have a day of their own. The answers' headers teach how high the first is, so nobody has to know
the account's subscription.

Limits of an app are kept under the credential's fingerprint. That of an account is kept under the account's id as soon
as it is known (`belongs_to`), so that several apps of ours do not use it up twice.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import tzinfo
from enum import Enum
from pathlib import Path

import platformdirs

from hubspot_assets.hubspot.limits.daily import RESERVE, DailyPool
from hubspot_assets.hubspot.limits.limit_store import Limit, Store
from hubspot_assets.hubspot.limits.out_of_reach import REACH, REACH_LIMIT, OutOfReach
from hubspot_assets.hubspot.limits.rolling_limits import RollingLimit, SharedLimit, Unlimited
from hubspot_assets.hubspot.limits.server_url import ServerUrl
from hubspot_assets.hubspot.limits.sqlite_store import SQLiteStore
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable, DailyLimitReached


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

StoreOf = Callable[[str, str, Limit], Store]
"""Makes the store of a limit: whose limit it is, its name, its first value."""


class Budgets:
    """All limits of one credential.

    Args:
        limits: The limits over seconds.
        daily: The limit of the day.
        searches_of: Finds the limit that all apps of an account share, by the account's id; without it, the one among
            `limits` stays.
        out_of_reach: What processes that share the limits tell each other about HubSpot; without it, nothing.

    Attributes:
        daily: As given.
        out_of_reach: As given.
    """

    def __init__(
        self,
        limits: Mapping[Budget, RollingLimit],
        daily: DailyPool,
        searches_of: Callable[[int], RollingLimit] | None = None,
        out_of_reach: OutOfReach | None = None,
    ) -> None:
        self._limits = dict(limits)
        self.daily = daily
        self.out_of_reach = out_of_reach or OutOfReach()
        # Association reads have a limit of the day of their own, as high as half of the account's or less.
        self._daily_associations = daily.beside("association reads")
        self._searches_of = searches_of
        self._portal_id: int | None = None
        self._replaced: list[RollingLimit] = []

    @classmethod
    def local(
        cls,
        fingerprint: str,
        path: Path | str | None = None,
        *,
        limits: Mapping[Budget, Limit] = LIMITS,
        reserve: float = RESERVE,
    ) -> "Budgets":
        """Return limits shared by the processes of this machine.

        Args:
            fingerprint: Of the credential.
            path: The file to share them by; by default one in the user's cache folder. Beside it is one per account.
            limits: To begin with.
            reserve: Share of the day's requests left to other apps.

        Raises:
            BudgetsUnavailable: The file cannot be used.
        """
        file = Path(path) if path is not None else _cache_folder() / f"{fingerprint}.sqlite"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BudgetsUnavailable(
                f"The folder for shared rate limits cannot be made: {file.parent} ({error.strerror})."
            ) from error

        def store(owner: str, name: str, limit: Limit) -> Store:
            return SQLiteStore(file if owner == fingerprint else file.with_name(f"{owner}.sqlite"), name, limit)

        return cls._shared(store, fingerprint, limits, reserve)

    @classmethod
    def from_url(
        cls,
        url: str,
        fingerprint: str,
        *,
        limits: Mapping[Budget, Limit] = LIMITS,
        reserve: float = RESERVE,
    ) -> "Budgets":
        """Return limits shared across machines.

        Args:
            url: `redis://…`, `rediss://…` or `postgresql://…`.
            fingerprint: Of the credential.
            limits: To begin with.
            reserve: Share of the day's requests left to other apps.

        Raises:
            BudgetsUnavailable: The address cannot be read, the server does not answer, or its driver is not installed.
        """
        connect = _connector(url)
        return cls._shared(connect(ServerUrl.parse(url)), fingerprint, limits, reserve)

    @classmethod
    def unlimited(cls) -> "Budgets":
        """Return no limits, at no cost; pauses that HubSpot asks for are kept all the same."""
        return cls({budget: Unlimited() for budget in Budget}, DailyPool(reserve=0.0))

    @classmethod
    def _shared(cls, store: StoreOf, fingerprint: str, limits: Mapping[Budget, Limit], reserve: float) -> "Budgets":
        def shared(owner: str, budget: Budget) -> RollingLimit:
            return SharedLimit(store(owner, budget.value, limits[budget]), limits[budget])

        return cls(
            {budget: shared(fingerprint, budget) for budget in Budget},
            DailyPool(reserve),
            lambda portal_id: shared(f"account{portal_id}", Budget.SEARCH),
            OutOfReach(lambda: store(fingerprint, REACH, REACH_LIMIT)),
        )

    def belongs_to(self, portal_id: int, time_zone: tzinfo | None = None) -> None:
        """Take note of the account: its searches are limited whoever asks, and its day ends at its own midnight.

        Args:
            portal_id: The account's id.
            time_zone: The account's, None where this machine does not know it.

        Raises:
            BudgetsUnavailable: The place where rate limits are shared cannot be used.
        """
        self.daily.time_zone = self._daily_associations.time_zone = time_zone
        if self._searches_of is None or portal_id == self._portal_id:
            return
        # Whoever stands in the former line may finish there.
        self._replaced.append(self._limits[Budget.SEARCH])
        self._limits[Budget.SEARCH] = self._searches_of(portal_id)
        self._portal_id = portal_id

    def acquire(self, budget: Budget, clock: Clock, *, whatever_is_left: bool = False) -> float:
        """Wait for leave to send one request.

        Args:
            budget: What the request counts in.
            clock: The client's.
            whatever_is_left: Send it even where only the reserve of the day is left: its answer will tell.

        Returns:
            Seconds that the limit cost (see `RollingLimit.acquire`).

        Raises:
            DailyLimitReached: Only the reserve of the day is left.
            ClientClosed: The client was closed meanwhile.
        """
        pool, now = self._pool(budget), clock.time()
        # Only association reads tell what is left of theirs, so one of them finds out whether a new day has begun.
        finds_out = budget is Budget.ASSOCIATIONS and pool.is_due(now)
        if not whatever_is_left and not finds_out:
            pool.spend(now)
        return self._limits[budget].acquire(clock)

    def learn(self, budget: Budget, headers: Mapping[str, str], age: float, clock: Clock) -> None:
        """Take note of an answer's headers; lookups in `headers` must ignore case.

        Args:
            budget: What the request counted in.
            headers: The answer's.
            age: Seconds since `acquire` returned.
            clock: The client's.
        """
        self._pool(budget).learn(headers, clock.time())
        self._limits[budget].observe(age)
        if budget is not Budget.BURST:
            return
        limit = _limit(headers)
        if limit is None:
            return
        remaining = headers.get("X-HubSpot-RateLimit-Remaining", "")
        self._limits[Budget.BURST].learn(limit, int(remaining) if remaining.isdecimal() else None, age)
        beside = _ASSOCIATIONS_BESIDE_BURST.get(limit.requests, limit.requests)
        self._limits[Budget.ASSOCIATIONS].learn(Limit(beside, limit.milliseconds), None, age)

    def pause(self, budget: Budget, seconds: float, clock: Clock) -> None:
        """Let nobody send such requests for so many seconds, in any process that shares the limit."""
        self._limits[budget].pause(seconds, clock)

    def per_second(self, budget: Budget) -> float | None:
        """Return how many such requests HubSpot takes in a second, as far as its answers taught; None without limit."""
        limit = self._limits[budget].limit
        return None if limit is None else 1000 * limit.requests / limit.milliseconds

    def describe(self) -> str:
        """Return the limits in words: `190 requests in 10 s, 5 searches in 1 s, …`."""
        of_seconds = (
            f"{limit.requests:,} {what} in {limit.milliseconds / 1000:g} s"
            for what, limit in (
                ("requests", self._limits[Budget.BURST].limit),
                ("searches", self._limits[Budget.SEARCH].limit),
            )
            if limit is not None
        )
        return ", ".join((*of_seconds, self.daily.describe()))

    def used_up(self, budget: Budget, error: DailyLimitReached, clock: Clock) -> DailyLimitReached:
        """Take HubSpot's word that the day's requests of a kind are used up, and complete its error."""
        return self._pool(budget).used_up(error, clock.time())

    def close(self) -> None:
        """Let go of files and connections."""
        for limit in (*self._limits.values(), *self._replaced):
            limit.close()
        self.out_of_reach.close()

    def _pool(self, budget: Budget) -> DailyPool:
        return self._daily_associations if budget is Budget.ASSOCIATIONS else self.daily


def _connector(url: str) -> Callable[[ServerUrl], StoreOf]:
    """Return what reaches the server of a URL. Drivers are optional, so one is imported here, where it is needed."""
    server, _, _ = url.strip().partition("://")
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
    unknown = BudgetsUnavailable(
        "HubSpot's rate limits can be shared by a URL that begins with redis://, rediss:// or postgresql://."
    )
    unknown.permanent = True
    raise unknown


def _limit(headers: Mapping[str, str]) -> Limit | None:
    maximum = headers.get("X-HubSpot-RateLimit-Max", "")
    interval = headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")
    if not (maximum.isdecimal() and interval.isdecimal()) or 0 in (int(maximum), int(interval)):
        return None
    return Limit(int(maximum), int(interval))


def _cache_folder() -> Path:
    """Return the user's cache folder, or a temporary one where there is no home to write to (containers)."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    without_home = Path(tempfile.gettempdir(), f"hubspot-assets-{user}")
    try:
        folder = platformdirs.user_cache_path("hubspot-assets") / "rate-limits"
        if not folder.is_absolute():
            return without_home
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        # A user id that the system does not know has no home.
        return without_home
    return folder if os.access(folder, os.W_OK) else without_home
