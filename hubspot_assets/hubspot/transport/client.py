"""One request to HubSpot: who asks, when it may go out, what went wrong, whether to ask again.

A client serves all threads of a process. Requests wait for their budget, answers teach the budgets, failures
that pass are repeated, and what is returned is a success whose body is known to be complete JSON.
"""

import http.client
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode

import msgspec
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.transport import errors, retries
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.credentials import Credential
from hubspot_assets.hubspot.transport.decoding import decoded
from hubspot_assets.hubspot.transport.server_clock import ServerClock

T = TypeVar("T")

_LOST = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
"""How the layers below say that there was no answer, or half of one."""
_CONNECT_TIMEOUT = 10.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a client has done so far; the difference of two snapshots is what was done in between.

    Attributes:
        calls: requests sent, repetitions included.
        rate_limited: answers with status 429.
        retries: repetitions.
        seconds_waiting: seconds that limits held requests back, however many threads stood in line.
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
        body: one complete JSON object.
        received_at: when it had arrived, by this machine's clock (aware, UTC).
        headers: of the answer; lookups ignore case.
    """

    status: int
    body: bytes
    received_at: datetime
    headers: Mapping[str, str]

    def decode(self, type: type[T]) -> T:
        """The body as a msgspec type.

        Raises:
            UnreadableAnswer: it does not fit; the message says where.
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


class _Authorization(AuthBase):
    """Sets the header as late as possible, so that a renewed token is used, and keeps `.netrc` out of it."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._credential.authorization()
        return request


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Mapping[str, str] | None
    body: bytes | None
    budget: Budget


class Client:
    """A connection to one HubSpot account, shared by the threads of a process.

    Args:
        credential: who asks.
        base_url: where HubSpot's API is; the same for accounts in every data center.
        api_version: date of the API version to use.
        budgets: the rate limits; by default those shared by the processes of this machine.
        connections: requests that may be in flight at once.
        timeout: seconds of silence after which an answer is given up; HubSpot's front gives up after 100.
        patience: seconds after which a request that keeps failing is given up.
        clock: time and sleep; tests bring their own.

    Attributes:
        api_version: as given.
        base_url: as given, without a slash at its end.
        budgets: the rate limits in use.
        credential: as given.
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
            raise ValueError(f"HUBSPOT_BASE_URL must begin with https:// (or http://), not {base_url!r}.")
        self.credential = credential
        self.base_url = base_url.rstrip("/")
        self.api_version = api_version
        self.budgets = Budgets.local(credential.fingerprint) if budgets is None else budgets
        self._clock = clock or Clock()
        self._server_clock = ServerClock()
        self._timeout = (min(_CONNECT_TIMEOUT, timeout), timeout)
        self._patience = patience
        self._lock = threading.Lock()
        self._usage = Usage()
        self._session = _session(credential, connections)
        # Proxies and certificates named by the environment: looked up once, not for every request.
        self._settings = self._session.merge_environment_settings(self.base_url, {}, True, None, None)

    def __repr__(self) -> str:
        return f"Client({self.credential!r}, base_url={self.base_url!r}, api_version={self.api_version!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, path: str, params: Mapping[str, str] | None = None, *, budget: Budget = Budget.BURST) -> Answer:
        """Read.

        Args:
            path: from the root of the API (see `paths`).
            params: the query.
            budget: the limit over seconds that the request counts in.

        Raises:
            HubSpotError: HubSpot refused, or went on failing; its class says why.
        """
        return self._fulfil(_Request("GET", path, params, None, budget))

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        params: Mapping[str, str] | None = None,
        *,
        budget: Budget = Budget.BURST,
    ) -> Answer:
        """Ask a question too large for a URL. Such requests are repeated like others: none of them writes.

        Args:
            path: from the root of the API (see `paths`).
            body: sent as JSON.
            params: the query.
            budget: the limit over seconds that the request counts in.

        Raises:
            HubSpotError: HubSpot refused, or went on failing; its class says why.
        """
        return self._fulfil(_Request("POST", path, params, msgspec.json.encode(body), budget))

    def now(self) -> datetime:
        """What HubSpot's clock shows, by its answers so far; this machine's before any (aware, UTC)."""
        return datetime.fromtimestamp(self._clock.time() + self._server_clock.offset, UTC)

    def sleep(self, seconds: float) -> None:
        """Wait, as this client waits between two attempts.

        Raises:
            ClientClosed: The client was closed meanwhile.
        """
        self._clock.sleep(seconds)

    def usage(self) -> Usage:
        """What this client has done so far."""
        with self._lock:
            return self._usage

    def close(self) -> None:
        """Wake the threads that wait, refuse further requests, let go of connections and files."""
        self._clock.stop()
        self._session.close()
        self.budgets.close()

    def _fulfil(self, request: _Request) -> Answer:
        repeat = retries.retrying(
            patience=self._patience,
            sleep=self._clock.sleep,
            hold=lambda seconds: self.budgets.pause(request.budget, seconds, self._clock),
            on_retry=lambda: self._count(Usage(retries=1)),
        )
        return repeat(self._attempt, request)

    def _attempt(self, request: _Request) -> Answer:
        self._count(Usage(seconds_waiting=self.budgets.acquire(request.budget, self._clock)))
        self._clock.check()
        allowed_at = time.monotonic()
        sent_at = self._clock.time()
        self._count(Usage(calls=1))
        response, body = self._exchange(request)
        status, headers = response.status_code, response.headers
        received_at = self._clock.time()
        self._server_clock.learn(headers.get("Date"), sent_at, received_at)
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
        return Answer(status, body, datetime.fromtimestamp(received_at, UTC), headers)

    def _exchange(self, request: _Request) -> tuple[requests.Response, bytes]:
        """Send, and read the whole answer."""
        try:
            prepared = self._session.prepare_request(
                requests.Request(request.method, self.base_url + request.path, data=request.body)
            )
            if request.params:
                # Encoded once, here; requests would do it three times, which takes longer than everything else it
                # does where hundreds of properties are named.
                prepared.url = f"{prepared.url}?{urlencode(request.params, safe=',')}"
            response = self._session.send(
                prepared, timeout=self._timeout, allow_redirects=False, **{**self._settings, "stream": True}
            )
            return response, response.raw.read(decode_content=True)
        except _LOST as error:
            lost = _describe(error)
            hopeless = _is_hopeless(error)
        # Raised out here, because the error above knows the request, and the request holds the token.
        failure = errors.ConnectionLost(
            f"The connection to {self.base_url} failed: {lost}. If this lasts, check the network, HUBSPOT_BASE_URL, "
            "and the environment's proxy and certificates (HTTPS_PROXY, REQUESTS_CA_BUNDLE).",
            method=request.method,
            path=request.path,
        )
        failure.permanent = hopeless
        raise failure

    def _failure(self, request: _Request, response: requests.Response, body: bytes) -> errors.HubSpotError:
        status, headers = response.status_code, response.headers
        token = str(response.request.headers.get("Authorization", "")).removeprefix("Bearer ")
        error = errors.from_answer(request.method, request.path, status, headers, body, secrets=[token])
        if status == 429:
            self._count(Usage(rate_limited=1))
        if isinstance(error, errors.DailyLimitReached):
            return self.budgets.used_up(request.budget, error, self._clock)
        if isinstance(error, errors.ExpiredToken):
            error.permanent = not self.credential.refreshed()
        return error

    def _count(self, done: Usage) -> None:
        with self._lock:
            self._usage += done


def _session(credential: Credential, connections: int) -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.auth = _Authorization(credential)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"hubspot-assets/{version('hubspot-assets')}",
        }
    )
    return session


def _incomplete(body: bytes) -> str | None:
    """What is wrong with the body of a success, None when it is a complete JSON object."""
    if not body:
        return "is empty"
    try:
        decoded(body, _JsonObject)
    except (msgspec.MsgspecError, ValueError) as error:
        start = body[:1].decode("ascii", "replace")
        return "is a web page instead of JSON" if start == "<" else f"is not complete JSON ({error})"
    return None


def _describe(error: BaseException) -> str:
    """The innermost cause in plain words; the outer layers repeat URLs and pool sizes."""
    cause = error
    while True:
        inner = [getattr(cause, "reason", None), *cause.args]
        causes = [each for each in inner if isinstance(each, BaseException) and each is not cause]
        if not causes:
            break
        cause = causes[0]
    late = TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError
    # urllib3 counts a refused connection among the timeouts.
    if isinstance(cause, late) and not isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "no answer in time"
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    # "<the failing object>: [Errno 111] Connection refused"
    return re.sub(r"^\[Errno -?\d+\] ", "", text.rsplit(": ", 1)[-1]).rstrip(".") or type(cause).__name__


def _is_hopeless(error: BaseException) -> bool:
    """Whether trying again cannot help: a certificate nobody vouches for, a URL that is none."""
    unusable = requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema
    return isinstance(error, unusable) or "CERTIFICATE_VERIFY_FAILED" in str(error)
