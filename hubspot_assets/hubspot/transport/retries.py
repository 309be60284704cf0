"""Which failures pass by themselves, how long to wait, and when to give up: a table, run by tenacity.

Anything not in the table is raised at once. Limits are HubSpot's
(https://developers.hubspot.com/docs/api-reference/error-handling): a lock lasts two seconds, a migration up
to a day, a rolling limit counts ten seconds or one; of 5xx it only says to pause.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import tenacity

from hubspot_assets.hubspot.transport.errors import (
    SECONDLY,
    ConnectionLost,
    ExpiredToken,
    HubSpotError,
    Intercepted,
    InvalidToken,
    Locked,
    Migrating,
    PartialAnswer,
    RateLimited,
    ServerError,
    UnreadableAnswer,
    WrongDataCenter,
)

LONGEST_MIGRATION_WAIT = 60.0
"""Seconds; a longer move is not waited for."""
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How one kind of failure is met.

    Attributes:
        attempts: How often a request may fail so before the failure is raised.
        wait: Seconds to wait after the nth failure of this kind (n from 1).
    """

    attempts: int
    wait: Callable[[HubSpotError, int], float]


def _backing_off(error: HubSpotError, failures: int) -> float:
    """0.5 s, 1.25, 3, 8, 20, 49, 60; each shortened by chance, so that threads do not come back at once."""
    wait = min(0.5 * 2.5 ** (failures - 1), _LONGEST_WAIT)
    return max(error.retry_after or 0.0, random.uniform(0.7, 1.0) * wait)


def _until_unlocked(error: HubSpotError, failures: int) -> float:
    return max(error.retry_after or 0.0, 2.0) + random.uniform(0.0, 0.5) * failures


def _for_the_limit(error: HubSpotError, failures: int) -> float:
    """As HubSpot says; else 1 s, 2, 3 … for a limit over a second, 2 s, 4, 8, 10 … for one over ten."""
    if error.retry_after is not None:
        return error.retry_after
    if isinstance(error, RateLimited) and error.policy == SECONDLY:
        return min(1.0 * failures, 10.0)
    return min(2.0**failures, 10.0)


def _as_told(error: HubSpotError, _failures: int) -> float:
    return error.retry_after or 0.0


def _at_once(_error: HubSpotError, _failures: int) -> float:
    return 0.0


_SERVER = Policy(attempts=8, wait=_backing_off)

POLICIES: Mapping[type[HubSpotError], Policy] = {
    ServerError: _SERVER,
    ConnectionLost: _SERVER,
    UnreadableAnswer: _SERVER,
    Locked: Policy(attempts=8, wait=_until_unlocked),
    RateLimited: Policy(attempts=40, wait=_for_the_limit),
    Migrating: Policy(attempts=8, wait=_as_told),
    ExpiredToken: Policy(attempts=2, wait=_at_once),
    InvalidToken: Policy(attempts=2, wait=_at_once),
    # One of these among good answers passes within seconds; one that lasts is for a person.
    Intercepted: Policy(attempts=5, wait=_backing_off),
    WrongDataCenter: Policy(attempts=6, wait=_backing_off),
    PartialAnswer: Policy(attempts=6, wait=_backing_off),
}


def passes(error: BaseException) -> bool:
    """Return whether a failure may pass by itself."""
    if not isinstance(error, HubSpotError) or error.permanent or type(error) not in POLICIES:
        return False
    if isinstance(error, Migrating):
        return error.retry_after is not None and error.retry_after <= LONGEST_MIGRATION_WAIT
    return True


@dataclass(frozen=True, slots=True)
class Repetition:
    """A request about to be repeated.

    Attributes:
        error: Why.
        wait: Seconds until then.
        elapsed: Seconds since the request was first sent.
        most_attempts: How often it may fail so before it is given up.
    """

    error: HubSpotError
    wait: float
    elapsed: float
    most_attempts: int


def retrying(
    *,
    patience: Callable[[], float],
    sleep: Callable[[float], None],
    hold: Callable[[float], None],
    on_retry: Callable[[Repetition], None],
) -> tenacity.Retrying:
    """Repeat one request while its failures pass by themselves.

    Args:
        patience: Tells after how many seconds a request that still fails is given up.
        sleep: Waits.
        hold: Makes all requests under the same limit wait; called instead of `sleep` after a `RateLimited`.
        on_retry: Called before each wait for a repetition.
    """
    failures: Counter[type[HubSpotError]] = Counter()

    def count(state: tenacity.RetryCallState) -> None:
        error = _error(state)
        failures[type(error)] += 1
        error.attempts = state.attempt_number

    def wait(state: tenacity.RetryCallState) -> float:
        error = _error(state)
        return POLICIES[type(error)].wait(error, failures[type(error)])

    def elapsed(state: tenacity.RetryCallState, to_come: float = 0.0) -> float:
        return max(state.seconds_since_start or 0.0, state.idle_for - to_come)

    def stop(state: tenacity.RetryCallState) -> bool:
        error = _error(state)
        out_of_patience = elapsed(state) + state.upcoming_sleep > patience()
        return failures[type(error)] >= POLICIES[type(error)].attempts or out_of_patience

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error, wait = _error(state), state.upcoming_sleep
        # By now tenacity counts what is still to be waited for among what was.
        on_retry(Repetition(error, wait, elapsed(state, wait), POLICIES[type(error)].attempts))
        if isinstance(error, RateLimited):
            hold(wait)
        else:
            sleep(wait)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(passes),
        after=count,
        wait=wait,
        stop=stop,
        before_sleep=before_sleep,
        sleep=lambda _seconds: None,  # `before_sleep` has slept: it knows why
        reraise=True,
    )


def _error(state: tenacity.RetryCallState) -> HubSpotError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, HubSpotError)
    return error
