"""HubSpot's rate limits: who is let in, and what the answer headers say about it.

A request over a limit is refused and uses nothing up. Windows roll over real time, not the portal's clock:
a test that advances the clock by a week does not get a fresh ten seconds. The daily limit follows the clock,
to midnight in the account's time zone.
"""

import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from zoneinfo import ZoneInfo

from hubspot_assets.demo_portal.clock import Clock
from hubspot_assets.demo_portal.errors import (
    Refusal,
    burst_limit_reached,
    daily_limit_reached,
    search_limit_reached,
)
from hubspot_assets.demo_portal.tokens import Token


class Bucket(Enum):
    """What a request counts against, next to the day."""

    BURST = "burst"
    SEARCH = "search"
    ASSOCIATIONS = "associations"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """How much is allowed; the defaults are those of an Enterprise account.

    Attributes:
        enabled: False lets everything in and sends no limit headers.
        burst: Requests of one app per `interval` seconds; an OAuth app has `oauth_burst` instead.
        search: Searches of the whole account per second.
        associations: Association requests of one app per `interval` seconds, beside the burst limit.
        daily: Requests of all private tokens of the account per day.
        associations_daily: Association requests of all private tokens per day, beside the daily limit.
        daily_used: How many of the day's requests are used up when the portal starts (or when this is set).
        retry_after: Send `Retry-After` with every 429 (HubSpot mostly does not).
        search_policy_named: 429s of searches name the policy `SECONDLY`; otherwise they have only a text.
        search_headers: Searches carry the two daily headers.
    """

    enabled: bool = True
    burst: int = 190
    oauth_burst: int = 110
    interval: float = 10.0
    search: int = 5
    associations: int = 150
    daily: int = 1_000_000
    associations_daily: int = 500_000
    daily_used: int = 0
    retry_after: bool = False
    search_policy_named: bool = False
    search_headers: bool = True


LIMITS_OFF = LimitSettings(enabled=False)


class _Window:
    """Instants of the requests let in during the last `seconds`."""

    def __init__(self) -> None:
        self._instants: deque[float] = deque()

    def used(self, seconds: float) -> int:
        earliest = time.monotonic() - seconds
        while self._instants and self._instants[0] <= earliest:
            self._instants.popleft()
        return len(self._instants)

    def take(self) -> None:
        self._instants.append(time.monotonic())

    def free_in(self, seconds: float) -> float:
        return max(self._instants[0] + seconds - time.monotonic(), 0.0) if self._instants else 0.0


class Limits:
    """The limits of one account, and what is used of them."""

    def __init__(self, settings: LimitSettings, clock: Clock, time_zone: str) -> None:
        self._clock = clock
        self._time_zone = ZoneInfo(time_zone)
        self._windows: dict[tuple[Bucket, str], _Window] = {}
        self.settings = settings
        self._day = self._today()
        self.used_today = settings.daily_used
        self.associations_used_today = 0

    def set(self, **changes: object) -> None:
        """Change settings; what was used stays used, unless `daily_used` is among the changes."""
        self.settings = replace(self.settings, **changes)  # pyright: ignore[reportArgumentType]
        if "daily_used" in changes:
            self.used_today = self.settings.daily_used

    def admit(self, bucket: Bucket, token: Token) -> None:
        """Count a request in.

        Raises:
            Refusal: 429, one of the limits is reached.
        """
        settings = self.settings
        if not settings.enabled or bucket is Bucket.NONE:
            return
        self._turn_day()
        if token.private and self._used(bucket) >= self._daily(bucket):
            raise self._with_retry_after(daily_limit_reached(), self._seconds_to_midnight())
        window, seconds, most = self._window(bucket, token)
        if window.used(seconds) >= most:
            refusal = (
                search_limit_reached(named=settings.search_policy_named)
                if bucket is Bucket.SEARCH
                else burst_limit_reached()
            )
            raise self._with_retry_after(refusal, window.free_in(seconds))
        window.take()
        if bucket is Bucket.ASSOCIATIONS:
            self.associations_used_today += token.private
        else:
            self.used_today += token.private

    def headers(self, bucket: Bucket, token: Token) -> dict[str, str]:
        """The limit headers of an answer."""
        settings = self.settings
        if not settings.enabled or bucket is Bucket.NONE:
            return {}
        headers = {}
        if token.private and (bucket is not Bucket.SEARCH or settings.search_headers):
            daily = self._daily(bucket)
            headers["X-HubSpot-RateLimit-Daily"] = str(daily)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(daily - self._used(bucket), 0))
        if bucket is not Bucket.SEARCH:
            window, seconds, most = self._window(bucket, token)
            headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(round(seconds * 1000))
            headers["X-HubSpot-RateLimit-Max"] = str(most)
            headers["X-HubSpot-RateLimit-Remaining"] = str(max(most - window.used(seconds), 0))
            # Both are deprecated and enforced by nobody, but still sent.
            headers["X-HubSpot-RateLimit-Secondly"] = str(round(most / 10))
            headers["X-HubSpot-RateLimit-Secondly-Remaining"] = str(round(most / 10) - 1)
        return headers

    def _daily(self, bucket: Bucket) -> int:
        return self.settings.associations_daily if bucket is Bucket.ASSOCIATIONS else self.settings.daily

    def _used(self, bucket: Bucket) -> int:
        return self.associations_used_today if bucket is Bucket.ASSOCIATIONS else self.used_today

    def _window(self, bucket: Bucket, token: Token) -> tuple[_Window, float, int]:
        settings = self.settings
        # Searches of all apps and object types share one window.
        owner = "" if bucket is Bucket.SEARCH else token.app
        window = self._windows.setdefault((bucket, owner), _Window())
        if bucket is Bucket.SEARCH:
            return window, 1.0, settings.search
        if bucket is Bucket.ASSOCIATIONS:
            return window, settings.interval, settings.associations
        return window, settings.interval, settings.burst if token.private else settings.oauth_burst

    def _with_retry_after(self, refusal: Refusal, seconds: float) -> Refusal:
        if self.settings.retry_after:
            refusal.headers["Retry-After"] = str(max(round(seconds + 0.5), 1))
        return refusal

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC).astimezone(self._time_zone)

    def _today(self) -> object:
        return self._now().date()

    def _turn_day(self) -> None:
        today = self._today()
        if today != self._day:
            self._day = today
            self.used_today = self.associations_used_today = 0

    def _seconds_to_midnight(self) -> float:
        now = self._now()
        return 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
