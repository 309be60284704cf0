"""Time that passes as fast as a test wants: one clock for the portal and for this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from types import SimpleNamespace
from typing import Self

import pytest

from hubspot_assets.demo_portal.control import Portal


class SimulatedTime:
    """The portal's time, and this machine's. It runs on with real time, and jumps as it is told.

    Who waits (for a repeated request, for a retry of a step) lets it jump instead.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._ahead = portal.now() - datetime.now(UTC)
        self._turn = threading.Lock()

    @classmethod
    @contextmanager
    def of(cls, portal: Portal) -> Iterator[Self]:
        """Make everything in this process that asks for the time get the portal's."""
        simulated = cls(portal)

        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
                return simulated.now().astimezone(tz)

        clock = SimpleNamespace(time=simulated.timestamp, sleep=simulated.sleep, monotonic=time.monotonic)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dagster._time._mockable_get_current_datetime", simulated.now)
            patch.setattr("dagster._time._mockable_get_current_timestamp", simulated.timestamp)
            patch.setattr("dagster._core.execution.plan.active.time", clock)
            patch.setattr("hubspot_assets.hubspot.transport.clock.time", clock)
            sleep = "hubspot_assets.hubspot.transport.clock.Clock.sleep"
            patch.setattr(sleep, lambda _, seconds: simulated.sleep(seconds))
            patch.setattr("tenacity.nap.time", clock)
            patch.setattr("hubspot_assets.defs.automation.sensors.time", clock)
            for module in ("defs.checks.freshness", "defs.checks.covered_instants", "sync.records.source"):
                patch.setattr(f"hubspot_assets.{module}.datetime", Clock)
            yield simulated

    def now(self) -> datetime:
        """The time (aware, UTC)."""
        return datetime.now(UTC) + self._ahead

    def timestamp(self) -> float:
        """The time in seconds since 1970."""
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Jump instead of waiting."""
        with self._turn:
            self._ahead += timedelta(seconds=max(seconds, 0))
            self._portal.advance(max(seconds, 0))

    def until(self, instant: datetime) -> None:
        """Jump to an instant that has not passed yet."""
        self.sleep((instant - self.now()).total_seconds())
