"""Whose data is read: the HubSpot account, and what the credential may do in it."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, Forbidden, MissingScopes, NotFound, UnreadableAnswer


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """A HubSpot account.

    Attributes:
        portal_id: Its id, also called Hub id.
        account_type: `STANDARD`, `DEVELOPER_TEST`, `SANDBOX` or `APP_DEVELOPER`.
        time_zone: Name of the zone whose midnight starts a new day of requests (`US/Eastern`).
        ui_domain: Where its pages are (`app.hubspot.com`, `app-eu1.hubspot.com`).
        data_hosting_location: Data center (`na1`, `eu1`).
        company_currency: Three letters.
    """

    portal_id: int
    account_type: str | None = None
    time_zone: str | None = None
    ui_domain: str | None = None
    data_hosting_location: str | None = None
    company_currency: str | None = None

    def records_page(self, object_type_id: str) -> str:
        """Return the address of the page that lists the records of an object type."""
        return f"https://{self._pages}/contacts/{self.portal_id}/objects/{object_type_id}/views/all/list"

    @property
    def home_page(self) -> str:
        """Return the address of a page of the account."""
        return f"https://{self._pages}/contacts/{self.portal_id}"

    def properties_page(self, object_type_id: str) -> str:
        """Return the address of the page with the settings of an object type's properties."""
        return f"https://{self._pages}/property-settings/{self.portal_id}/properties?type={object_type_id}"

    @property
    def _pages(self) -> str:
        return self.ui_domain or "app.hubspot.com"


class _TokenInfo(msgspec.Struct):
    scopes: list[str]


def account(client: Client) -> Account:
    """Read what the account is. Every credential may; so this also tells whether the token works.

    The client's budgets learn whose they are: from then on they share the account's limits with its other users, and
    know when a day ends.

    Raises:
        InvalidToken: The token does not work.
        HubSpotError: What else the client could not get over.
    """
    details = client.get(paths.account_details(client.api_version)).decode(Account)
    client.portal_id = details.portal_id
    client.budgets.belongs_to(details.portal_id, _zone(details.time_zone))
    return details


def _zone(name: str | None) -> ZoneInfo | None:
    """Return the time zone of that name; None for one this machine does not know: errors then say only "midnight"."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def granted_scopes(client: Client) -> frozenset[str] | None:
    """Read which scopes the credential has.

    OAuth tells with each token; for service keys and private apps HubSpot is asked.

    Returns:
        The scopes without the `.v2` that sensitive ones carry here; None where HubSpot does not tell.

    Raises:
        InvalidToken: The token does not work.
        HubSpotError: What else the client could not get over.
    """
    granted = client.credential.scopes()
    if granted is None:
        token = client.credential.authorization().removeprefix("Bearer ")
        try:
            answer = client.post(paths.private_app_token_info(), {"tokenKey": token})
            granted = tuple(answer.decode(_TokenInfo).scopes)
        except (NotFound, BadRequest, Forbidden, MissingScopes, UnreadableAnswer):
            return None
    return frozenset(scope.removesuffix(".v2") for scope in granted)
