"""Naming what an answer other than a success means.

Everything in HubSpot's error envelope is optional, proxies answer HTML, and several refusals come in variants
(https://developers.hubspot.com/docs/api-reference/error-handling and answers recorded on live accounts), so
nothing here relies on a field being there.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import ClassVar

import msgspec

from hubspot_assets.hubspot.transport.errors import (
    DAILY,
    SECONDLY,
    TEN_SECONDLY,
    BadRequest,
    DailyLimitReached,
    ExpiredToken,
    Forbidden,
    HubSpotError,
    Intercepted,
    InvalidToken,
    Locked,
    Migrating,
    MissingScopes,
    NotFound,
    RateLimited,
    ServerError,
    UnknownObjectType,
    UriTooLong,
    WrongDataCenter,
)

NEW_TOKEN = "Create a service key in HubSpot (Development > Keys > Service keys) and set it as HUBSPOT_ACCESS_TOKEN."
"""The cure for a token that does not work, where nothing renews it."""

_MIGRATING = 477
_WRONG_DATA_CENTER = 488
_BY_OTHERS = frozenset({400, 401, 403, 405, 406, 407, 451})
"""Statuses with which proxies and firewalls refuse. HubSpot's own 404 may be a web page too, and is not among them."""
_LONGEST_QUOTE = 400
_LONGEST_TITLE = 80
_DAYS_OF_AN_UNDECODABLE_TOKEN = 10_000
"""HubSpot counts the age of a token it cannot decode from 1970."""


def from_answer(
    method: str,
    path: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: Iterable[str] = (),
    new_token: str = NEW_TOKEN,
) -> HubSpotError:
    """Name what an answer other than a success means.

    Args:
        method: HTTP method of the request.
        path: Its path, without the query.
        status: HTTP status of the answer.
        headers: Headers of the answer; lookups must ignore case.
        body: The answer's body, whatever it holds.
        secrets: What was sent and must not be shown, should the answer repeat it.
        new_token: How a person gets a token that works.
    """
    for secret in filter(None, secrets):
        body = re.sub(re.escape(secret.encode()), b"[secret]", body, flags=re.IGNORECASE)
    envelope = _Envelope(body)
    error = _name(status, headers, envelope, path, new_token)
    error.status, error.method, error.path = status, method, path
    error.correlation_id = envelope.text("correlationId") or headers.get("X-HubSpot-Correlation-Id")
    error.error_types = envelope.error_types()
    error.retry_after = retry_after(headers)
    return error


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
        self._raw = body

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

    def error_types(self) -> frozenset[str]:
        return frozenset(self._listed(["errorType"]))

    def data_center(self) -> str:
        """Return the data center that knows the account, where HubSpot names it (`eu1`); else empty."""
        named = next(self._listed(["correctHublet"]), "")
        quoted = re.search(rb"correctHublet\W{0,6}(\w{2,10})", self._raw)
        return named or (quoted.group(1).decode() if quoted else "")

    def is_web_page(self, headers: Mapping[str, str]) -> bool:
        """Return whether the answer is HTML."""
        declared = "html" in (headers.get("Content-Type") or "").lower()
        return not self.is_json and (declared or self._raw.lstrip()[:1] == b"<")

    def title(self) -> str:
        """Return the title of a web page, shortened; empty where it has none."""
        title = re.search(rb"<title[^>]*>(.*?)</title", self._raw, re.IGNORECASE | re.DOTALL)
        return " ".join(title.group(1).decode("utf-8", "replace").split())[:_LONGEST_TITLE] if title else ""

    def _listed(self, names: Iterable[str]) -> Iterator[str]:
        """Yield texts listed under some names, in the body itself, its context and those of its nested errors."""
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


def _name(status: int, headers: Mapping[str, str], envelope: _Envelope, path: str, new_token: str) -> HubSpotError:
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED or (status in _BY_OTHERS and envelope.is_web_page(headers)):
        return _intercepted(status, headers, envelope)
    if status == HTTPStatus.UNAUTHORIZED:
        return _unauthorized(envelope, new_token)
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
    if status == _MIGRATING:
        return _migrating(headers)
    if status == _WRONG_DATA_CENTER:
        return _wrong_data_center(envelope)
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


def _intercepted(status: int, headers: Mapping[str, str], envelope: _Envelope) -> HubSpotError:
    title, server = envelope.title(), headers.get("Server") or ""
    page = f"a web page titled “{title}”" if title else "a web page"
    by = f", sent by {server}" if re.fullmatch(r"[\w./ -]{1,40}", server) else ""
    return Intercepted(
        f"Something between this machine and HubSpot refused the request: it answered {status} with {page}{by}, as "
        "HubSpot's API never does. Check the proxy (HTTPS_PROXY) and the firewall: they must let requests to HubSpot's "
        "API pass. HubSpot's own network protection may also block this machine's address for a while."
    )


def _unauthorized(envelope: _Envelope, new_token: str) -> HubSpotError:
    if envelope.expired_in_1970():
        return InvalidToken(
            f"HubSpot cannot read the access token: it is cut short or is not a HubSpot token. {new_token}"
        )
    if "EXPIRED" in envelope.text("category").upper() or "expired" in envelope.message.lower():
        said = envelope.message or "HubSpot says it has expired."
        return ExpiredToken(f"The access token has expired: {said} {new_token}")
    return InvalidToken(f"HubSpot does not know the access token. {new_token}")


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
    error = NotFound(f"HubSpot has no such thing: {envelope.message or 'it gives no details.'}")
    error.is_about_a_thing = True
    return error


def _wrong_data_center(envelope: _Envelope) -> HubSpotError:
    right = envelope.data_center()
    where = f"The HubSpot account is in the data center {right}, and" if right else "HubSpot says that"
    return WrongDataCenter(
        f"{where} the request was led to a data center that does not know the account. Set HUBSPOT_BASE_URL to "
        "https://api.hubapi.com, which leads to every data center, and check that the token is one of this account. "
        "Where both are right, the account is being moved: it passes once HubSpot has finished."
    )


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
    """Return which limit a 429 is about; where HubSpot does not say, the endpoint tells."""
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
    """Return the seconds that a `Retry-After` header asks for, in either of its forms; None without a legible one."""
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers["Date"])
        return max((until - now).total_seconds(), 0.0)
    except (ValueError, TypeError, KeyError):
        return None
