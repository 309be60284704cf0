"""Who may ask: tokens, their scopes, and the OAuth apps that issue them."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from hubspot_assets.demo_portal.clock import MINUTE, SECOND, Clock, instant_text
from hubspot_assets.demo_portal.errors import (
    client_unknown,
    credentials_missing,
    refresh_token_invalid,
    scopes_missing,
    token_expired,
)
from hubspot_assets.demo_portal.portal_types import PortalType

ACCESS_TOKEN_LIFE = 30 * MINUTE
OTHER_SCOPES = (
    "oauth",
    "crm.objects.owners.read",
    "crm.schemas.custom.read",
    "sales-email-read",
    "settings.users.read",
    "settings.users.teams.read",
    "crm.lists.read",
    "crm.segments.read",
    "behavioral_events.event_definitions.read_write",
    "forms",
    "content",
    "marketing.campaigns.read",
    "communication_preferences.read",
    "automation",
    "crm.objects.marketing_events.read",
)
_DECODABLE = re.compile(r"(pat-[a-z0-9]+-|CK)[\w-]+")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token.

    Attributes:
        app: Whose burst limit its requests count against.
        private: A service key or private-app token (it has a daily limit), not an OAuth app's.
        expires_at: Milliseconds since 1970; None for a token that does not expire.
    """

    value: str
    scopes: frozenset[str]
    app: str
    private: bool = True
    expires_at: int | None = None

    def may(self, *any_of: str) -> bool:
        """Whether the token has at least one of the scopes."""
        return not self.scopes.isdisjoint(any_of)

    def require(self, *any_of: str) -> None:
        """Refuse (403) unless the token has at least one of the scopes."""
        if not self.may(*any_of):
            raise scopes_missing(any_of)


def object_scopes(object_type: PortalType) -> Iterable[str]:
    """Every scope that says something about an object type: records, definitions, sensitive values."""
    yield from object_type.scopes
    noun = "custom" if object_type.custom else object_type.name
    yield f"crm.schemas.{noun}.read"
    yield f"crm.objects.{noun}.sensitive.read"
    yield f"crm.objects.{noun}.highly_sensitive.read"


def definition_scopes(object_type: PortalType) -> tuple[str, ...]:
    """Scopes of which any one shows an object type's property definitions and pipelines."""
    noun = "custom" if object_type.custom else object_type.name
    return (f"crm.schemas.{noun}.read", *object_type.scopes)


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """An OAuth app that the account installed."""

    client_id: str
    client_secret: str
    refresh_token: str
    scopes: frozenset[str]


class Tokens:
    """All tokens of the account."""

    def __init__(self, clock: Clock, object_types: Iterable[PortalType], value: str) -> None:
        self._clock = clock
        self.all_scopes = frozenset(OTHER_SCOPES).union(*(object_scopes(each) for each in object_types))
        self._tokens: dict[str, Token] = {}
        self.default = self.issue(value=value)
        self.oauth_app = OAuthApp(
            "demo-client-id", "demo-client-secret", "na1-demo-refresh-token", self.all_scopes - {"sales-email-read"}
        )

    def issue(
        self,
        *,
        value: str | None = None,
        scopes: Iterable[str] | None = None,
        without: Iterable[str] = (),
        expires_in: float | None = None,
        private: bool = True,
        app: str | None = None,
    ) -> Token:
        """A new token.

        Args:
            value: The token text; made up without it.
            scopes: All scopes without it.
            without: Scopes to leave out.
            expires_in: Seconds; never without it.
            private: False for the token of an OAuth app.
            app: The app it belongs to; its own without it.
        """
        value = value or f"pat-na1-demo-{secrets.token_hex(8)}"
        token = Token(
            value=value,
            scopes=(self.all_scopes if scopes is None else frozenset(scopes)) - frozenset(without) | {"oauth"},
            app=app or value,
            private=private,
            expires_at=None if expires_in is None else self._clock.now() + round(expires_in * SECOND),
        )
        self._tokens[value] = token
        return token

    def revoke(self, value: str) -> None:
        """Forget a token: it is unknown from now on.

        Raises:
            KeyError: There is no such token.
        """
        del self._tokens[value]

    def authenticate(self, authorization: str | None) -> Token:
        """The token of an `Authorization` header.

        Raises:
            Refusal: 401; the token is missing, unknown, expired or undecodable.
        """
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise credentials_missing()
        token = self._tokens.get(value.strip())
        now = self._clock.now()
        if token is None:
            if _DECODABLE.fullmatch(value.strip()):
                raise credentials_missing()
            raise token_expired(f"{now // (86_400 * SECOND)} day(s)", "1970-01-01T00:00:00Z")
        if token.expires_at is not None and now >= token.expires_at:
            raise token_expired(f"{(now - token.expires_at) // SECOND} second(s)", instant_text(token.expires_at))
        return token

    def find(self, value: str) -> Token | None:
        """A token by its text."""
        return self._tokens.get(value)

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Token:
        """A new access token of the OAuth app, valid for 30 minutes.

        Raises:
            Refusal: 400; the app or the refresh token is unknown.
        """
        app = self.oauth_app
        if (client_id, client_secret) != (app.client_id, app.client_secret):
            raise client_unknown()
        if refresh_token != app.refresh_token:
            raise refresh_token_invalid()
        return self.issue(
            value=f"CK{secrets.token_urlsafe(24)}",
            scopes=app.scopes,
            expires_in=ACCESS_TOKEN_LIFE / SECOND,
            private=False,
            app=app.client_id,
        )
