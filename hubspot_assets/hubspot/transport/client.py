"""One request to HubSpot: who asks, when it may go out, what went wrong, whether to ask again.

A client serves all threads of a process. Requests wait for their budget, answers teach the budgets, failures
that pass are repeated, and what is returned is a success whose body is known to be complete JSON.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import requests

from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.transport import errors, paths, retries
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.connection import Connection
from hubspot_assets.hubspot.transport.credentials import Credential
from hubspot_assets.hubspot.transport.decoding import decoded
from hubspot_assets.hubspot.transport.reach import Reach
from hubspot_assets.hubspot.transport.refusals import from_answer
from hubspot_assets.hubspot.transport.server_clock import ServerClock
from hubspot_assets.hubspot.transport.waits import Waits

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has done so far; the difference of two snapshots is what was done in between.

    Attributes:
        calls: Requests sent, repetitions included.
        rate_limited: Answers with status 429.
        retries: Repetitions.
        seconds_waiting: Seconds that limits held requests back, however many threads stood in line.
    """

    calls: int = 0
    rate_limited: int = 0
    retries: int = 0
    seconds_waiting: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Usage)))

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(Usage)))


@dataclass(frozen=True, slots=True)
class Answer:
    """A success.

    Attributes:
        status: HTTP status, 2xx.
        body: One complete JSON object.
        received_at: When it was read from HubSpot, by HubSpot's clock (aware, UTC): the same for all machines, however
            wrong their own clocks are, and comparable with `Client.now`.
        headers: Of the answer; lookups ignore case.
    """

    status: int
    body: bytes
    received_at: datetime
    headers: Mapping[str, str]

    def decode(self, type: type[T]) -> T:
        """Return the body as a msgspec type.

        Raises:
            UnreadableAnswer: It does not fit; the message says where.
        """
        try:
            return decoded(self.body, type)
        except (msgspec.MsgspecError, ValueError) as error:
            raise errors.UnreadableAnswer(
                f"HubSpot's answer is not what this endpoint promises: {error}.",
                status=self.status,
                correlation_id=self.headers.get("X-HubSpot-Correlation-Id"),
            ) from error


class _JsonObject(msgspec.Struct):
    """Any JSON object: without fields, msgspec only checks the syntax, at a gigabyte per second."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Mapping[str, str] | None
    body: bytes | None
    budget: Budget
    check: Callable[[Answer], object] | None = None


class Client:
    """A connection to one HubSpot account, shared by the threads of a process.

    Args:
        credential: Who asks.
        base_url: Where HubSpot's API is; the same for accounts in every data center.
        api_version: Date of the API version to use.
        budgets: The rate limits; by default those shared by the processes of this machine.
        connections: Requests that may be in flight at once.
        timeout: Seconds of silence after which an answer is given up; HubSpot's edge times out after 100 s.
        patience: Seconds after which a request that keeps failing is given up.
        clock: Time and sleep; tests bring their own.

    Attributes:
        api_version: As given.
        base_url: As given, without a slash at its end.
        budgets: The rate limits in use.
        credential: As given.
        portal_id: The account's id, once HubSpot was asked for the account.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        base_url: str = "https://api.hubapi.com",
        api_version: str = "2026-09",
        budgets: Budgets | None = None,
        connections: int = 32,
        timeout: float = 100.0,
        patience: float = 300.0,
        clock: Clock | None = None,
    ) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("HUBSPOT_BASE_URL must begin with https:// (or http://).")
        self.credential = credential
        self.base_url = base_url.rstrip("/")
        self.api_version = api_version
        self.portal_id: int | None = None
        self.budgets = Budgets.local(credential.fingerprint) if budgets is None else budgets
        self._clock = clock or Clock()
        self._server_clock = ServerClock()
        self._waits = Waits(self._clock, patience)
        self._reach = Reach(patience, self.budgets.out_of_reach)
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._usage = Usage()
        self._connection = Connection(credential, self.base_url, connections=connections, timeout=timeout)

    def __repr__(self) -> str:
        return f"Client({self.credential!r}, base_url={self.base_url!r}, api_version={self.api_version!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        budget: Budget = Budget.BURST,
        check: Callable[[Answer], object] | None = None,
    ) -> Answer:
        """Read.

        Args:
            path: From the root of the API (see `paths`).
            params: The query.
            budget: The limit over seconds that the request counts in.
            check: Raises the `HubSpotError` that a success really is; one that may pass by itself is repeated like any.

        Raises:
            HubSpotError: HubSpot refused, or went on failing; its class says why.
        """
        return self._fulfil(_Request("GET", path, params, None, budget, check))

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        params: Mapping[str, str] | None = None,
        *,
        budget: Budget = Budget.BURST,
        check: Callable[[Answer], object] | None = None,
    ) -> Answer:
        """Ask a question too large for a URL. Such requests are repeated like others: none of them writes.

        Args:
            path: From the root of the API (see `paths`).
            body: Sent as JSON.
            params: The query.
            budget: The limit over seconds that the request counts in.
            check: Raises the `HubSpotError` that a success really is; one that may pass by itself is repeated like any.

        Raises:
            HubSpotError: HubSpot refused, or went on failing; its class says why.
        """
        return self._fulfil(_Request("POST", path, params, msgspec.json.encode(body), budget, check))

    @property
    def given_up(self) -> bool:
        """Return whether HubSpot was found to be out of reach: each request is sent once until one is answered."""
        return self._reach.given_up

    def now(self) -> datetime:
        """Return what HubSpot's clock shows, by its answers so far; this machine's before any (aware, UTC)."""
        return self._server_clock.instant(self._clock.time())

    def sleep(self, seconds: float) -> None:
        """Wait, as this client waits between two attempts.

        Raises:
            ClientClosed: The client was closed meanwhile.
        """
        self._clock.sleep(seconds)

    def usage(self) -> Usage:
        """Return what this client has done so far."""
        with self._lock:
            return self._usage

    def close(self) -> None:
        """Wake the threads that wait, refuse further requests, let go of connections and files."""
        self._clock.stop()
        self._connection.close()
        self.budgets.close()

    def _fulfil(self, request: _Request) -> Answer:
        repeat = retries.retrying(
            patience=lambda: self._reach.patience,
            sleep=self._clock.sleep,
            hold=lambda seconds: self.budgets.pause(request.budget, seconds, self._clock),
            on_retry=self._note_retry,
        )
        started = time.monotonic()
        try:
            return repeat(self._attempt, request)
        except (errors.ConnectionLost, errors.ServerError):
            self._reach.lost(started)
            raise

    def _note_retry(self, repetition: retries.Repetition) -> None:
        self._count(Usage(retries=1))
        self._waits.say(repetition)

    def _attempt(self, request: _Request) -> Answer:
        self._learn_what_is_left_of_the_day()
        return self._send(request)

    def _learn_what_is_left_of_the_day(self) -> None:
        """Ask now and then for an answer that tells it: those of searches do not, and other apps use it up too."""
        with self._telling:
            if not self.budgets.daily.is_due(self._clock.time()):
                return
            try:
                path = paths.account_details(self.api_version)
                self._send(_Request("GET", path, None, None, Budget.BURST), whatever_is_left=True)
            except (errors.Forbidden, errors.MissingScopes, errors.NotFound):
                _log.debug("HubSpot does not tell this credential what is left of the day's requests.")

    def _send(self, request: _Request, *, whatever_is_left: bool = False) -> Answer:
        waited = self.budgets.acquire(request.budget, self._clock, whatever_is_left=whatever_is_left)
        self._count(Usage(seconds_waiting=waited))
        self._clock.check()
        allowed_at = time.monotonic()
        sent_at = self._clock.time()
        self._count(Usage(calls=1))
        response, body = self._connection.exchange(request.method, request.path, request.params, request.body)
        status, headers = response.status_code, response.headers
        if status < 500:
            self._reach.answered(time.monotonic())
        received_at, date = self._clock.time(), headers.get("Date")
        self._server_clock.learn(date, sent_at, received_at)
        self.budgets.learn(request.budget, headers, time.monotonic() - allowed_at, self._clock)
        if not 200 <= status < 300:
            raise self._failure(request, response, body)
        if problem := _incomplete(body):
            raise errors.UnreadableAnswer(
                f"HubSpot's answer {problem}.",
                status=status,
                method=request.method,
                path=request.path,
                correlation_id=headers.get("X-HubSpot-Correlation-Id"),
            )
        answer = Answer(status, body, self._server_clock.answered_at(date, sent_at, received_at), headers)
        if request.check is not None:
            try:
                request.check(answer)
            except errors.HubSpotError as error:
                error.status, error.method, error.path = status, request.method, request.path
                error.correlation_id = headers.get("X-HubSpot-Correlation-Id")
                raise
        return answer

    def _failure(self, request: _Request, response: requests.Response, body: bytes) -> errors.HubSpotError:
        status, headers = response.status_code, response.headers
        authorization = str(response.request.headers.get("Authorization", ""))
        secrets, cure = [authorization.removeprefix("Bearer ")], self.credential.cure
        error = from_answer(request.method, request.path, status, headers, body, secrets=secrets, new_token=cure)
        if status == 429:
            self._count(Usage(rate_limited=1))
        if isinstance(error, errors.DailyLimitReached):
            return self.budgets.used_up(request.budget, error, self._clock)
        if isinstance(error, errors.ExpiredToken | errors.InvalidToken):
            expired = isinstance(error, errors.ExpiredToken)
            error.permanent = not self.credential.refreshed(authorization, expired=expired)
        return error

    def _count(self, done: Usage) -> None:
        with self._lock:
            self._usage += done


def _incomplete(body: bytes) -> str | None:
    """Return what is wrong with the body of a success, None when it is a complete JSON object."""
    if not body:
        return "is empty"
    try:
        decoded(body, _JsonObject)
    except (msgspec.MsgspecError, ValueError) as error:
        start = body[:1].decode("ascii", "replace")
        return "is a web page instead of JSON" if start == "<" else f"is not complete JSON ({error})"
    return None
