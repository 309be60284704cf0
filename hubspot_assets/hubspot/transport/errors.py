"""What can go wrong between here and HubSpot: one class per cause, one root, one attribute that says who can help.

    HubSpotError                     every failure of this library; `permanent` tells whether only a person can help
    ├── InvalidToken           401   the token is unknown or illegible             permanent, unless it was replaced
    ├── ExpiredToken           401   the token's time is over                      permanent, unless it can be renewed
    ├── MissingScopes          403   the token lacks a scope, and HubSpot names it                         permanent
    ├── Forbidden              403   HubSpot names no scope: the subscription lacks the object, mostly     permanent
    ├── NotFound               404   no such record, property or endpoint                                  permanent
    ├── UnknownObjectType      400   the account has no object type of that name                           permanent
    ├── BadRequest             4xx   the request as such is refused                                        permanent
    │   ├── NotSearchable            search refuses an object type or a filter; a list reads the same      permanent
    │   └── PairNotAllowed           the account does not associate these object types (`associations`)    permanent
    ├── UriTooLong             414   too many property names in one URL                                    permanent
    ├── UnusableCertificates         the file that REQUESTS_CA_BUNDLE names is missing or holds none       permanent
    ├── ClientClosed                 the client was closed                                                 permanent
    ├── RateLimited            429   a limit over seconds was reached
    ├── DailyLimitReached      429   the requests of the day are used up, or only the reserve is left
    ├── Locked                 423   another operation holds the data for a moment
    ├── Migrating              477   the account moves to another data center
    ├── WrongDataCenter        488   the request reached a data center that does not know the account
    ├── Intercepted            4xx   a web page answered in HubSpot's place: a proxy, a firewall
    ├── ServerError            5xx   HubSpot, or the network in front of it, failed
    ├── ConnectionLost               no answer, or half of one                  permanent where no repetition can help
    ├── UnreadableAnswer       2xx   a success that does not hold what its endpoint promises
    ├── PartialAnswer          2xx   a batch that says nothing certain about some of its records
    ├── RecordsUnread          2xx   the same of associations (`association_answers`)
    ├── SearchUnreliable             paging a search would lose records; a scan reads the same
    └── BudgetsUnavailable           the place where rate limits are shared cannot be used   permanent for a bad address

`refusals` tells which of them an answer is. No message holds a header or a whole body, and what HubSpot says is
cleared of secrets, so no message shows a token.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

TEN_SECONDLY = "TEN_SECONDLY_ROLLING"
SECONDLY = "SECONDLY"
DAILY = "DAILY"

E = TypeVar("E", bound="HubSpotError")


class HubSpotError(Exception):
    """A request that HubSpot did not fulfil.

    Attributes:
        permanent: Whether only a person can help, so that repeating the request is pointless.
        status: HTTP status, None when there was no answer.
        method: HTTP method of the request.
        path: Path of the request, without its query.
        correlation_id: What HubSpot's support asks for.
        error_types: HubSpot's own names of what is wrong (`FORM_TYPE_NOT_ALLOWED`); older endpoints give them.
        retry_after: Seconds to wait by HubSpot's own word, None where it gave none.
        attempts: Failed attempts so far.
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
        self.error_types: Collection[str] = ()
        self.attempts = 1

    def retold(self, kind: type[E], message: str) -> E:
        """Return this refusal as an error that says what it means where it was met."""
        error = kind(
            message, status=self.status, method=self.method, path=self.path, correlation_id=self.correlation_id
        )
        error.attempts = self.attempts
        return error

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
    """404: no such record, property or endpoint.

    `is_about_a_thing` tells whether HubSpot's API said so of a record or property; else the endpoint itself is missing.
    """

    permanent = True
    is_about_a_thing: bool = False


class UnknownObjectType(HubSpotError):
    """400: the account has no object type of that name."""

    permanent = True


class BadRequest(HubSpotError):
    """400 and other refusals of the request as such."""

    permanent = True


class NotSearchable(BadRequest):
    """Search refuses an object type, or to filter it so; reading by list needs neither."""


class UriTooLong(HubSpotError):
    """414: too many property names in one URL."""

    permanent = True


class UnusableCertificates(HubSpotError):
    """The environment names a file of certificates that is missing, or holds none."""

    permanent = True


class ClientClosed(HubSpotError):
    """The client was closed while, or before, the request was to be sent."""

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


class WrongDataCenter(HubSpotError):
    """488: the request reached a data center (HubSpot calls it a hublet) that does not know the account."""


class Intercepted(HubSpotError):
    """A refusal that is a web page: not HubSpot's API wrote it, but something in between."""


class ServerError(HubSpotError):
    """5xx: HubSpot, or the network in front of it, failed."""


class ConnectionLost(HubSpotError):
    """No answer, or half of one: refused, reset, timed out, cut short."""


class UnreadableAnswer(HubSpotError):
    """A success that is empty, not JSON, cut short, or not of the shape its endpoint promises."""


class PartialAnswer(HubSpotError):
    """A batch of which HubSpot read only a part, and did not say that the rest does not exist."""


class SearchUnreliable(HubSpotError):
    """Paging a search by id would lose rows, or never end; a scan does neither."""


class BudgetsUnavailable(HubSpotError):
    """The place where rate limits are shared cannot be used; the message says which, and what to do."""
