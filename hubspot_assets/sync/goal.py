"""What one sync is to cover: decided by the run's config and by what earlier syncs left behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hubspot_assets.hubspot.search import Window
from hubspot_assets.sync.request import Mode, Records, SyncRequest
from hubspot_assets.sync.state import Interrupted, SyncState

SEARCH_LAG = timedelta(hours=1)
"""An instant is searched again until it is this old: the search index lags behind the store by seconds mostly, by
minutes at times (airbytehq/airbyte#69203; Estuary's connector trusts only what is an hour old)."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What one sync is to cover.

    Attributes:
        mode: why.
        window: the changes to read; without a beginning, every record.
        interrupted: the read this sync goes on with, if an earlier one of the same goal died.
    """

    mode: Mode
    window: Window
    interrupted: Interrupted | None = None

    @property
    def everything(self) -> bool:
        """Whether every record is to be read, whenever modified."""
        return self.window.after is None


def decide(
    records: Records, request: SyncRequest, state: SyncState, *, now: datetime, updated_after: datetime | None
) -> Goal:
    """Decide what a sync covers.

    Args:
        records: the slice; the archived records can only be read as a whole.
        request: the run's config.
        state: what the warehouse remembers of the slice.
        now: HubSpot's time.
        updated_after: a first load reads only what was modified since; None for everything.
    """
    if records is Records.ARCHIVED or request.full:
        goal = Goal(Mode.FULL, Window(None, now))
    elif request.updated_after or request.updated_before:
        goal = Goal(Mode.WINDOW, Window(request.updated_after, min(request.updated_before or now, now)))
    elif state.covered_until is None:
        goal = Goal(Mode.INITIAL, Window(updated_after, now))
    else:
        goal = Goal(Mode.INCREMENTAL, Window(min(state.covered_until - SEARCH_LAG, now), now))
    if state.interrupted is not None and _same(goal, state.interrupted, request):
        return Goal(goal.mode, state.interrupted.window, state.interrupted)
    return goal


def _same(goal: Goal, interrupted: Interrupted, request: SyncRequest) -> bool:
    """Whether an interrupted read is the beginning of this goal; only its end may be an earlier `now`."""
    end_asked_for = request.updated_before if goal.mode is Mode.WINDOW else None
    return (
        interrupted.mode is goal.mode
        and interrupted.window.after == goal.window.after
        and end_asked_for in (None, interrupted.window.before)
    )
