"""Everything a sync needs, looked at one thing after the other: what works, and the cure for what does not."""

from collections.abc import Iterator
from dataclasses import dataclass

from hubspot_assets.assets.records import custom_object_type
from hubspot_assets.hubspot.account import account, granted_scopes
from hubspot_assets.hubspot.client import Client
from hubspot_assets.hubspot.errors import HubSpotError
from hubspot_assets.hubspot.scan import Scan
from hubspot_assets.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.resources.hubspot import client_of
from hubspot_assets.resources.warehouse import warehouse_of
from hubspot_assets.settings import Settings, SettingsError
from hubspot_assets.warehouse.base import WarehouseError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a sync needs.

    Attributes:
        subject: what was looked at (`contacts`).
        works: whether a sync can rely on it.
        detail: what was found; where it does not work, the cause and the cure.
    """

    subject: str
    works: bool
    detail: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the token, each object type, the account's limits and the destination, in this order."""
    try:
        with client_of(settings) as client:
            yield from _hubspot(client, settings)
    except (SettingsError, HubSpotError, ValueError) as error:
        yield Finding("token", False, str(error))
    yield _destination(settings)


def _hubspot(client: Client, settings: Settings) -> Iterator[Finding]:
    details = account(client)
    yield Finding("token", True, f"valid for account {details.portal_id} ({details.account_type})")
    granted = granted_scopes(client)
    for name in settings.objects:
        yield _object_type(client, name, granted)
    yield Finding("limits", True, client.budgets.describe())


def _object_type(client: Client, name: str, granted: frozenset[str] | None) -> Finding:
    """One page of a type is read: the scopes HubSpot lists do not tell what the subscription leaves out."""
    try:
        object_type = STANDARD_OBJECT_TYPES.get(name) or custom_object_type(client, name)
        next(iter(Scan(client, object_type.path, ["hs_object_id"]).pages(expected=1)))
    except HubSpotError as error:
        return Finding(name, False, str(error))
    held = [scope for scope in object_type.scopes if granted and scope in granted]
    return Finding(name, True, f"readable, scope {held[0]}" if held else "readable")


def _destination(settings: Settings) -> Finding:
    warehouse = warehouse_of(settings)
    try:
        warehouse.check()
    except WarehouseError as error:
        return Finding("destination", False, str(error))
    return Finding("destination", True, f"{warehouse.describe()} is writable")
