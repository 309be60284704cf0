"""The command `hubspot-assets reset`: which tables go."""

import difflib
from collections.abc import Mapping, Sequence

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.build import families_of
from hubspot_assets.defs.names import Names, asset_name
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.warehouse.base import Warehouse


def tables_to_reset(settings: Settings, warehouse: Warehouse, called: Sequence[str]) -> Mapping[str, int]:
    """Return the tables that are there and would be dropped, each with its number of rows.

    Args:
        settings: Which assets there are.
        warehouse: Where their tables are.
        called: Names of assets, as the last part of their keys has them, or of tables; the tables that are about the
            records of one go with it. None for every table that syncs have ever written.

    Raises:
        SettingsError: There is no asset and no table of that name.
        HubSpotError: HubSpot does not tell the table of a custom object.
    """
    from hubspot_assets.sync.reset import known_tables

    known = known_tables(warehouse)
    if not called:
        return known
    tables = [
        table for family in families_of(settings, Names()) for table in family.tables if table.targets is not None
    ]
    chosen = [table for table in tables if any(_is_called(table, name) for name in called)]
    stray = {name.upper() for name in called if not any(_is_called(table, name) for table in chosen)}
    if unknown := sorted(stray - known.keys()):
        names = [table.key.path[-1] for table in tables]
        near = [each for name in unknown for each in difflib.get_close_matches(name.lower(), names, n=1)]
        hint = f" Did you mean {', '.join(near)}?" if near else f" Choose among {', '.join(names)}."
        raise SettingsError(f"There is no asset and no table {', '.join(unknown).lower()}.{hint}")
    keys = {table.key for table in chosen}
    hubspot = HubSpotResource(settings)
    try:
        going = {name for table in tables if table.key in keys or table.about & keys for name in _names(table, hubspot)}
    finally:
        hubspot.close()
    return {name: rows for name, rows in known.items() if name in going | stray}


def _is_called(table: SyncedTable, name: str) -> bool:
    return asset_name(name) == table.key.path[-1] or name.upper() == table.table


def _names(table: SyncedTable, hubspot: HubSpotResource) -> set[str]:
    """The names of its tables; HubSpot is asked only where none is known beforehand."""
    if table.table is not None:
        return {table.table}
    assert table.targets is not None
    return {target.table for target in table.targets(hubspot)}
