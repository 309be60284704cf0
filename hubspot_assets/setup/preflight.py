"""Everything a sync needs, looked at one thing after the other: what works, and the cure for what does not."""

from collections.abc import Iterator
from itertools import chain, groupby

from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.account import account_prerequisites
from hubspot_assets.setup.prerequisite import Prerequisite
from hubspot_assets.setup.tables import table_prerequisites
from hubspot_assets.warehouse.base import WarehouseError


def prerequisites(settings: Settings) -> Iterator[Prerequisite]:
    """Look at the settings, the HubSpot account, the destination, and the tables there, in this order."""
    yield from _settings(settings)
    work = True
    for prerequisite in chain(account_prerequisites(settings), _destination(settings)):
        work = work and prerequisite.works
        yield prerequisite
    if work:
        yield from table_prerequisites(settings)


def _settings(settings: Settings) -> Iterator[Prerequisite]:
    """Where each setting was found, and what looks like one; values are never shown."""
    by_place = sorted(settings.places.items(), key=lambda each: (each[1], each[0]))
    places = [
        f"{', '.join(name for name, _ in variables)} from {place}"
        for place, variables in groupby(by_place, key=lambda each: each[1])
    ]
    yield Prerequisite("settings", True, "; ".join(places) or "none, all defaults")
    for sentence in settings.misspelled:
        yield Prerequisite("settings", True, sentence, doubtful=True)


def _destination(settings: Settings) -> Iterator[Prerequisite]:
    if settings.destination == "snowflake":
        yield from _snowflake(settings)
        return
    try:
        warehouse = warehouse_of(settings)
        warehouse.check()
    except (SettingsError, WarehouseError) as error:
        yield Prerequisite("destination", False, str(error))
    else:
        yield Prerequisite("destination", True, f"{warehouse.describe()} is writable")


def _snowflake(settings: Settings) -> Iterator[Prerequisite]:
    """Everything that `hubspot-assets setup snowflake` makes, tried one after the other."""
    try:
        warehouse = warehouse_of(settings)
        from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse

        assert isinstance(warehouse, SnowflakeWarehouse)
        for examined in warehouse.examine():
            yield Prerequisite(examined.subject, examined.works, examined.detail)
    except SettingsError as error:
        yield Prerequisite("destination", False, str(error))
