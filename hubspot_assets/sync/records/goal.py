"""What one sync is to cover: decided by the run's config and by what earlier syncs left behind."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.records.request import RecordsRequest, Slice
from hubspot_assets.sync.source import Interrupted, Mode
from hubspot_assets.sync.state import State

SEARCH_LAG = timedelta(hours=1)
"""An instant is searched again until it is this old: the search index lags behind the store by seconds mostly, by
minutes at times (airbytehq/airbyte#69203; Estuary's connector trusts only what is an hour old)."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What one sync is to cover.

    Attributes:
        mode: Why.
        window: The changes to read; without a beginning, every record; without an end, up to now.
        interrupted: The read this sync goes on with, if an earlier one of the same goal died.
    """

    mode: Mode
    window: Window
    interrupted: Interrupted | None = None

    @property
    def everything(self) -> bool:
        """Whether every record is to be read, whenever modified."""
        return self.window.after is None

    def ending(self, now: datetime) -> "Goal":
        """The goal with its window closed.

        Args:
            now: HubSpot's time before anything is read, after it has answered once. This machine's clock would not
                do: every change between a watermark too late and the true time would be lost.
        """
        if self.interrupted is not None:
            return self
        before = min(self.window.before or now, now)
        return replace(self, window=Window(self.window.after, max(before, self.window.after or before)))


def decide(slice_: Slice, request: RecordsRequest, state: State, *, updated_after: datetime | None) -> Goal:
    """Decide what a sync covers.

    Args:
        slice_: The slice; the archived records can only be read as a whole.
        request: The run's config.
        state: What the warehouse remembers of the slice.
        updated_after: A first load reads only what was modified since; None for everything.
    """
    if slice_ is Slice.ARCHIVED or request.full:
        goal = Goal(Mode.FULL, Window())
    elif request.updated_after or request.updated_before:
        goal = Goal(Mode.WINDOW, Window(request.updated_after, request.updated_before))
    elif state.covered_until is None:
        goal = Goal(Mode.INITIAL, Window(updated_after))
    else:
        goal = Goal(Mode.INCREMENTAL, Window(state.covered_until - SEARCH_LAG))
    if state.interrupted is not None and _same(goal, state.interrupted):
        return Goal(goal.mode, state.interrupted.window, state.interrupted)
    return goal


def _same(goal: Goal, interrupted: Interrupted) -> bool:
    """Whether an interrupted read is the beginning of this goal; where the goal has no end, any will do."""
    return (
        interrupted.mode is goal.mode
        and interrupted.window.after == goal.window.after
        and goal.window.before in (None, interrupted.window.before)
    )
