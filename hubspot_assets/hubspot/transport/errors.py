"""What can go wrong with a request to HubSpot: one class per cause, one clear sentence per error.

Everything in HubSpot's error envelope is optional, proxies answer HTML, and several refusals come in variants
(https://developers.hubspot.com/docs/api-reference/error-handling and answers recorded on live accounts), so
nothing here relies on a field being there. No message holds a header or a whole body, and what HubSpot says is
cleared of secrets, so no message shows a token.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import ClassVar

import msgspec

TEN_SECONDLY = "TEN_SECONDLY_ROLLING"
SECONDLY = "SECONDLY"
DAILY = "DAILY"

_NEW_TOKEN = "Create a service key in HubSpot (Development > Keys > Service keys) and set it as HUBSPOT_ACCESS_TOKEN."
_LONGEST_QUOTE = 400
_DAYS_OF_AN_UNDECODABLE_TOKEN = 10_000
"""HubSpot counts the age of a token it cannot decode from 1970."""


class HubSpotError(Exception):
    """A request that HubSpot did not fulfil.

    Attributes:
        permanent: repeating the request cannot help; only a person can.
        status: HTTP status, None when there was no answer.
        method: HTTP method of the request.
        path: path of the request, without its query.
        correlation_id: what HubSpot's support asks for.
        retry_after: seconds to wait by HubSpot's own word, None where it gave none.
        attempts: how often the request was sent in vain.
    """

    permanent: bool = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        method: str = "",
        path: str = "",
        correlation_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.method = method
        self.path = path
        self.correlation_id = correlation_id
        self.retry_after = retry_after
        self.attempts = 1

    def __str__(self) -> str:
        """Cause and cure, the request, and the correlation id where there is one."""
        request = f"{self.method} {self.path}".strip()
        facts = [
            request + (f" answered {self.status}" if request and self.status else ""),
            f"{self.attempts} attempts" if self.attempts > 1 else "",
            f"correlation id {self.correlation_id}" if self.correlation_id else "",
        ]
        details = ", ".join(fact for fact in facts if fact)
        return f"{self.message} ({details})" if details else self.message


class InvalidToken(HubSpotError):
    """401: HubSpot does not know the token, or cannot read it."""

    permanent = True


class ExpiredToken(HubSpotError):
    """401: the token's time is over. OAuth gets a new one; a static token must be replaced by a person."""

    permanent = True


class MissingScopes(HubSpotError):
    """403: the token lacks a scope. Any one of `scopes` would do."""

    permanent = True
    scopes: tuple[str, ...] = ()


class Forbidden(HubSpotError):
    """403 without a scope to name: mostly an object that is not in the account's subscription."""

    permanent = True


class NotFound(HubSpotError):
    """404: no such record, property or endpoint."""

    permanent = True


class UnknownObjectType(HubSpotError):
    """400: the account has no object type of that name."""

    permanent = True


class BadRequest(HubSpotError):
    """400 and other refusals of the request as such."""

    permanent = True


class UriTooLong(HubSpotError):
    """414: too many property names in one URL."""

    permanent = True


class RateLimited(HubSpotError):
    """429: a limit over seconds was reached. `policy` names it as HubSpot does, in capitals."""

    policy: str = TEN_SECONDLY


class DailyLimitReached(HubSpotError):
    """The account's requests of the day are used up, or only the reserve for its other apps is left.

    `resets_at` is the account's next midnight (aware, UTC), None while its time zone is unknown.
    """

    resets_at: datetime | None = None


class Locked(HubSpotError):
    """423: another operation holds the data, for about two seconds."""


class Migrating(HubSpotError):
    """477: the account moves to another data center, for up to a day; `retry_after` says how long."""


class ServerError(HubSpotError):
    """5xx: HubSpot, or the network in front of it, stumbled."""


class ConnectionLost(HubSpotError):
    """No answer, or half of one: refused, reset, timed out, cut short."""


class UnreadableAnswer(HubSpotError):
    """A success that is empty, no JSON, cut short, or not of the shape its endpoint promises."""


class ClientClosed(HubSpotError):
    """The client was closed while, or before, the request was to be sent."""

    permanent = True


class _Envelope:
    """An error body, whatever it is: HubSpot's JSON, HTML, text, nothing."""

    _SCOPE_LISTS: ClassVar = ("requiredGranularScopes", "requiredScopes", "missingScopes")

    def __init__(self, body: bytes) -> None:
        try:
            decoded = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            decoded = None
        self._fields: dict[str, object] = decoded if isinstance(decoded, dict) else {}
        self.is_json = isinstance(decoded, dict)
        self.raw = body

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    @property
    def message(self) -> str:
        """What HubSpot says, shortened, with the closing period that not all of its messages have."""
        said = " ".join((self.text("message") or self.text("error_description")).split())
        if not said:
            return ""
        if len(said) > _LONGEST_QUOTE:
            return said[:_LONGEST_QUOTE] + "…"
        return said if said.endswith((".", "!", "?")) else f"{said}."

    def expired_in_1970(self) -> bool:
        ago = re.search(r"expired (\d+) day", self.message)
        if ago and int(ago.group(1)) > _DAYS_OF_AN_UNDECODABLE_TOKEN:
            return True
        return any(value.startswith("1970-") for value in self._listed(["expire time"]))

    def scopes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._listed(self._SCOPE_LISTS)))

    def _listed(self, names: Iterable[str]) -> Iterator[str]:
        """Texts listed under some names, in the body itself, its context and those of its nested errors."""
        nested = self._fields.get("errors")
        places = [self._fields, *(nested if isinstance(nested, list) else [])]
        for place in [place for place in places if isinstance(place, dict)]:
            for holder in (place, place.get("context")):
                for name in names:
                    value = holder.get(name) if isinstance(holder, dict) else None
                    yield from (text for text in _texts(value))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def from_answer(
    method: str,
    path: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[str] = (),
) -> HubSpotError:
    """Name what an answer other than a success means.

    Args:
        method: HTTP method of the request.
        path: its path, without the query.
        status: HTTP status of the answer.
        headers: headers of the answer; lookups must ignore case.
        body: the answer's body, whatever it holds.
        secrets: what was sent and must not be shown, should the answer repeat it.
    """
    for secret in filter(None, secrets):
        body = re.sub(re.escape(secret.encode()), b"[secret]", body, flags=re.IGNORECASE)
    envelope = _Envelope(body)
    error = _name(status, headers, envelope, path)
    error.status, error.method, error.path = status, method, path
    error.correlation_id = envelope.text("correlationId") or headers.get("X-HubSpot-Correlation-Id")
    error.retry_after = retry_after(headers)
    return error


def _name(status: int, headers: Mapping[str, str], envelope: _Envelope, path: str) -> HubSpotError:
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(envelope)
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(envelope)
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(envelope)
    if status == HTTPStatus.REQUEST_URI_TOO_LONG:
        return UriTooLong("The URL is longer than HubSpot takes; ask for fewer properties in one request.")
    if status == HTTPStatus.LOCKED:
        return Locked(f"HubSpot has locked this data for a moment. {envelope.message} Try again later.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _too_many_requests(envelope, path)
    if status == 477:
        return _migrating(headers)
    if status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
        return _server_error(status, envelope)
    if 300 <= status < 400:
        return BadRequest("This is not HubSpot's API: it answers with a redirect. Check HUBSPOT_BASE_URL.")
    if "unable to infer object type" in envelope.message.lower():
        return UnknownObjectType(
            f"{envelope.message} The account has no object type of that name; use the name of a standard "
            "object, or the name, fully qualified name or type id (2-…) of a custom object of this account."
        )
    said = envelope.message or "No reason was given."
    return BadRequest(f"HubSpot refuses the request as it is: {said}")


def _unauthorized(envelope: _Envelope) -> HubSpotError:
    if envelope.expired_in_1970():
        return InvalidToken(
            f"HubSpot cannot read the access token: it is cut short or is no HubSpot token. {_NEW_TOKEN}"
        )
    if "EXPIRED" in envelope.text("category").upper() or "expired" in envelope.message.lower():
        said = envelope.message or "HubSpot says it has expired."
        return ExpiredToken(f"The access token has expired: {said} {_NEW_TOKEN}")
    return InvalidToken(f"HubSpot does not know the access token. {_NEW_TOKEN}")


def _forbidden(envelope: _Envelope) -> HubSpotError:
    if scopes := envelope.scopes():
        names = scopes[0] if len(scopes) == 1 else f"one of {', '.join(scopes)}"
        error = MissingScopes(
            f"The access token lacks the scope {names}. Add it to the service key or app in HubSpot's "
            "settings; a token whose scopes were changed may have to be issued anew."
        )
        error.scopes = scopes
        return error
    said = envelope.message or "HubSpot gives no reason."
    return Forbidden(
        f"The access token may not do this: {said} Either a scope is missing, or the account's subscription "
        "does not include this object, or the object is not activated in the account's object library."
    )


def _not_found(envelope: _Envelope) -> HubSpotError:
    if not envelope.is_json:
        return NotFound("There is no such endpoint. Check HUBSPOT_BASE_URL and HUBSPOT_API_VERSION.")
    return NotFound(f"HubSpot has no such thing: {envelope.message or 'it gives no details.'}")


def _too_many_requests(envelope: _Envelope, path: str) -> HubSpotError:
    policy = _policy(envelope, path)
    if policy == DAILY:
        return DailyLimitReached(
            "The HubSpot account's requests of today are used up; they are counted anew from midnight in the "
            "account's time zone."
        )
    error = RateLimited(f"HubSpot's rate limit {policy} is reached; too many requests came at once.")
    error.policy = policy
    return error


def _policy(envelope: _Envelope, path: str) -> str:
    """Which limit a 429 is about; where HubSpot does not say, the endpoint tells."""
    named = envelope.text("policyName").upper()
    for text in (named, envelope.message.upper()):
        for policy, mark in ((TEN_SECONDLY, "TEN_SECONDLY"), (SECONDLY, "SECONDLY"), (DAILY, "DAILY")):
            if mark in text:
                return policy
    if named:
        return named
    return SECONDLY if path.endswith("/search") else TEN_SECONDLY


def _migrating(headers: Mapping[str, str]) -> HubSpotError:
    seconds = retry_after(headers)
    when = "it does not say for how long" if seconds is None else f"come back in {_duration(seconds)}"
    return Migrating(f"The HubSpot account is being moved to another data center; {when}.")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _server_error(status: int, envelope: _Envelope) -> HubSpotError:
    if status == 530:
        return ServerError(
            "The network in front of HubSpot cannot find the account. If this lasts, check the access token "
            "and HUBSPOT_BASE_URL."
        )
    said = f" It says: {envelope.message}" if envelope.message else ""
    return ServerError(f"HubSpot failed to answer.{said} If this lasts, see https://status.hubspot.com.")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a `Retry-After` header asks for, in either of its forms; None without a legible one."""
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers["Date"])
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError, KeyError):
        return None
