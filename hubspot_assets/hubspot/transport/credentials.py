"""Who asks: a token that stays, or one that OAuth renews. No `repr` and no error shows a secret."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

import msgspec
import requests
from typing_extensions import override

from hubspot_assets.hubspot.transport import errors, paths
from hubspot_assets.hubspot.transport.decoding import decoded
from hubspot_assets.hubspot.transport.refusals import NEW_TOKEN, from_answer


class Credential(Protocol):
    """What a client needs to know of whoever it acts for."""

    @property
    def fingerprint(self) -> str:
        """A hash that names the credential without giving it away; requests under it share their limits."""
        ...

    @property
    def cure(self) -> str:
        """What a person does when HubSpot no longer takes the credential: a sentence."""
        ...

    def authorization(self) -> str:
        """Return the value of the `Authorization` header."""
        ...

    def refreshed(self, refused: str, *, expired: bool) -> bool:
        """Return whether there is, or will be, another token than one that HubSpot calls expired or does not know.

        Args:
            refused: The `Authorization` header that HubSpot refused.
            expired: Whether HubSpot says that its time is over, rather than that it knows no such token.
        """
        ...

    def scopes(self) -> tuple[str, ...] | None:
        """Return the scopes granted, None where the credential itself does not know."""
        ...


class AccessToken(Credential):
    """A token that stays until a person replaces it: a service key, or a legacy private app's.

    Args:
        token: The token as HubSpot shows it (`pat-na1-…`); white space around it is dropped.
        look_up: Looks where tokens are kept, once HubSpot has refused this one: somebody may have replaced it there.

    Raises:
        ValueError: The token is empty, or no header could carry it.
    """

    def __init__(self, token: str, look_up: Callable[[], str | None] | None = None) -> None:
        self._token = self._usable(token)
        # Limits stay shared, whatever the token is replaced by.
        self._fingerprint = _fingerprint(self._token)
        self._look_up = look_up
        self._lock = threading.Lock()

    @staticmethod
    def _usable(token: str) -> str:
        token = token.strip()
        if not token:
            raise ValueError(
                "The HubSpot access token is empty. Create a service key in HubSpot (Development > Keys > "
                "Service keys) and set it as HUBSPOT_ACCESS_TOKEN."
            )
        if not all("!" <= character <= "~" for character in token):
            raise ValueError(
                "The HubSpot access token holds a space, a line break or a special character. Set "
                "HUBSPOT_ACCESS_TOKEN to the token alone, as HubSpot shows it (pat-…)."
            )
        return token

    def __repr__(self) -> str:
        return f"AccessToken(fingerprint={self.fingerprint!r})"

    @property
    @override
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    @override
    def cure(self) -> str:
        return NEW_TOKEN

    @override
    def authorization(self) -> str:
        return f"Bearer {self._token}"

    @override
    def refreshed(self, refused: str, *, expired: bool) -> bool:
        # Of several threads whose token is refused, one looks; nothing but a person can have replaced it.
        with self._lock:
            if refused == self.authorization():
                found = self._look_up() if self._look_up is not None else None
                self._token = self._usable(found) if found else self._token
            return refused != self.authorization()

    @override
    def scopes(self) -> None:
        # HubSpot can be asked.
        return None


class _TokenAnswer(msgspec.Struct):
    access_token: str
    expires_in: float = 1800.0
    scopes: list[str] = []


class OAuth(Credential):
    """An app installed by OAuth: its refresh token yields access tokens of half an hour.

    Tokens are renewed by their own `expires_in`, as HubSpot advises, before HubSpot has to refuse one.

    Args:
        client_id: The app's id.
        client_secret: The app's secret.
        refresh_token: What the account's installation of the app was given; HubSpot does not rotate it.
        base_url: Where HubSpot's API is.
        api_version: Date of the API version.
        clock: Seconds that never go back.
    """

    _RENEW_EARLY = 60.0
    """Seconds before its end that a token is replaced, at most a tenth of its life."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        *,
        base_url: str = "https://api.hubapi.com",
        api_version: str = "2026-09",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, value in (
            ("client id", client_id),
            ("client secret", client_secret),
            ("refresh token", refresh_token),
        ):
            if not value.strip():
                raise ValueError(f"The {name} of the HubSpot OAuth app is empty.")
        self._form = {
            "grant_type": "refresh_token",
            "client_id": client_id.strip(),
            "client_secret": client_secret.strip(),
            "refresh_token": refresh_token.strip(),
        }
        self._base_url = base_url.rstrip("/")
        self._path = paths.oauth_token(api_version)
        self._clock = clock
        self._lock = threading.Lock()
        self._answer: _TokenAnswer | None = None
        self._issued_at = 0.0

    def __repr__(self) -> str:
        return f"OAuth(fingerprint={self.fingerprint!r})"

    @property
    @override
    def fingerprint(self) -> str:
        # Limits are per app and account.
        return _fingerprint(self._form["client_id"], self._form["refresh_token"])

    @property
    @override
    def cure(self) -> str:
        return "Install the app in the account again and set the new HUBSPOT_REFRESH_TOKEN."

    @override
    def authorization(self) -> str:
        """Return the value of the `Authorization` header, of a token renewed when its time is nearly over.

        Raises:
            HubSpotError: HubSpot issued no token.
        """
        return f"Bearer {self._token().access_token}"

    @override
    def refreshed(self, refused: str, *, expired: bool) -> bool:
        if not expired:
            return False
        # Of several threads that find the same token expired, one drops it; the next request gets a new one.
        with self._lock:
            if self._answer is not None and refused == f"Bearer {self._answer.access_token}":
                self._answer = None
        return True

    @override
    def scopes(self) -> tuple[str, ...]:
        return tuple(self._token().scopes)

    def _token(self) -> _TokenAnswer:
        with self._lock:
            if self._answer is not None:
                life = self._answer.expires_in
                if self._clock() < self._issued_at + life - min(self._RENEW_EARLY, life / 10):
                    return self._answer
            # The old token is let go first: where no new one can be had, nothing must take it for fresh.
            self._answer = None
            asked_at = self._clock()
            self._answer, self._issued_at = self._issue(), asked_at
            return self._answer

    def _issue(self) -> _TokenAnswer:
        # Errors are raised outside the `except` blocks: as their context, the request would bring its form.
        url, lost = self._base_url + self._path, None
        try:
            response = requests.post(url, data=self._form, timeout=30, allow_redirects=False)
        except requests.RequestException as error:
            response, lost = None, type(error).__name__
        if response is None:
            raise errors.ConnectionLost(
                f"HubSpot could not be asked for an access token ({lost}).", method="POST", path=self._path
            )
        if response.status_code != 200:
            raise self._refused(response)
        try:
            return decoded(response.content, _TokenAnswer)
        except ValueError:
            unreadable = errors.UnreadableAnswer(
                "HubSpot's answer holds no access token.", status=200, method="POST", path=self._path
            )
        raise unreadable

    def _refused(self, response: requests.Response) -> errors.HubSpotError:
        status, headers, body = response.status_code, response.headers, response.content
        secrets = [self._form["client_secret"], self._form["refresh_token"]]
        error = from_answer("POST", self._path, status, headers, body, secrets=secrets)
        if not isinstance(error, errors.BadRequest | errors.InvalidToken | errors.ExpiredToken):
            return error
        return errors.InvalidToken(
            "HubSpot issues no access token to this OAuth app: its client id, client secret or refresh token "
            f"is wrong or was revoked. {self.cure}",
            status=error.status,
            method=error.method,
            path=error.path,
            correlation_id=error.correlation_id,
        )


def _fingerprint(*secrets: str) -> str:
    return hashlib.sha256("\n".join(secrets).encode()).hexdigest()[:16]
