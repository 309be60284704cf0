"""Everything a sync needs, looked at one thing after the other: what works, and the cure for what does not."""

from collections.abc import Iterator
from dataclasses import dataclass

from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.hubspot.account import account, granted_scopes
from hubspot_assets.hubspot.properties import property_definitions
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable, HubSpotError
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.sync.object_types import object_type_called
from hubspot_assets.warehouse.base import WarehouseError

_PATIENCE = 15.0
"""Seconds; somebody waits for the answer."""


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
    yield from _hubspot(settings)
    yield from _destination(settings)


def _hubspot(settings: Settings) -> Iterator[Finding]:
    try:
        client = client_of(settings, patience=_PATIENCE)
    except SettingsError as error:
        yield Finding("token", False, str(error))
        return
    except BudgetsUnavailable as error:
        yield Finding("limits", False, str(error))
        return
    with client:
        try:
            details = account(client)
            granted = granted_scopes(client)
        except HubSpotError as error:
            yield Finding("token", False, str(error))
            return
        yield Finding("token", True, f"valid for account {details.portal_id} ({details.account_type})")
        for name in settings.objects:
            yield _object_type(client, name, granted)
        yield Finding("limits", True, client.budgets.describe())


def _object_type(client: Client, name: str, granted: frozenset[str] | None) -> Finding:
    """A page of a type is read: the scopes that HubSpot lists do not tell what the subscription leaves out."""
    try:
        object_type = object_type_called(client, name)
        properties = property_definitions(client, object_type.path)
        client.get(paths.objects(client.api_version, object_type.path), {"limit": "1", "archived": "false"})
    except HubSpotError as error:
        return Finding(name, False, str(error))
    held = next((scope for scope in object_type.scopes if granted and scope in granted), None)
    return Finding(name, True, f"readable, {len(properties):,} properties" + (f", by the scope {held}" if held else ""))


def _destination(settings: Settings) -> Iterator[Finding]:
    if settings.destination == "snowflake":
        yield from _snowflake(settings)
        return
    warehouse = warehouse_of(settings)
    try:
        warehouse.check()
    except WarehouseError as error:
        yield Finding("destination", False, str(error))
    else:
        yield Finding("destination", True, f"{warehouse.describe()} is writable")


def _snowflake(settings: Settings) -> Iterator[Finding]:
    """Everything that `hubspot-assets setup snowflake` makes, tried one after the other."""
    from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse

    try:
        warehouse = warehouse_of(settings)
        assert isinstance(warehouse, SnowflakeWarehouse)
        for examined in warehouse.examine():
            yield Finding(examined.subject, examined.works, examined.detail)
    except SettingsError as error:
        yield Finding("destination", False, str(error))
