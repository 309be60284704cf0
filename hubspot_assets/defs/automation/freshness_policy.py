"""When a table is late: measured against its schedule."""

from dataclasses import dataclass
from datetime import timedelta

import dagster as dg

from hubspot_assets.settings.schedule_expressions import ScheduleExpression

LEAST = timedelta(minutes=10)
"""A sync takes its time, and HubSpot its outages: nothing is called late earlier than this."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How old the covered instant of a table may be.

    Attributes:
        warn: Older than this deserves a look,
        fail: And older than this is a failure.
    """

    warn: timedelta
    fail: timedelta


def patience(schedule: ScheduleExpression) -> Patience:
    """Two missed ticks deserve a look, four are a failure."""
    interval = schedule.longest_interval
    return Patience(max(2 * interval, LEAST), max(4 * interval, 2 * LEAST))


def freshness_policy(schedule: ScheduleExpression) -> dg.FreshnessPolicy:
    """What the UI shows on an asset.

    A policy looks at the last materialization of an asset, whichever partition it was of; the checks
    `latest_is_fresh` and `archived_is_fresh` tell them apart.
    """
    patient = patience(schedule)
    return dg.FreshnessPolicy.time_window(fail_window=patient.fail, warn_window=patient.warn)
