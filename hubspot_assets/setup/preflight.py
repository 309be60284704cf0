"""Everything a sync needs, looked at one thing after the other: what works, and the cure for what does not."""

from collections.abc import Iterator
from itertools import groupby

from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.account import account_findings
from hubspot_assets.setup.findings import Finding
from hubspot_assets.warehouse.base import WarehouseError


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at the settings, the HubSpot account and the destination, in this order."""
    yield from _settings(settings)
    yield from account_findings(settings)
    yield from _destination(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    """Where each setting was found, and what looks like one; values are never shown."""
    by_place = sorted(settings.places.items(), key=lambda each: (each[1], each[0]))
    places = [
        f"{', '.join(name for name, _ in variables)} from {place}"
        for place, variables in groupby(by_place, key=lambda each: each[1])
    ]
    yield Finding("settings", True, "; ".join(places) or "none, all defaults")
    for sentence in settings.misspelled:
        yield Finding("settings", True, sentence, doubtful=True)


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
