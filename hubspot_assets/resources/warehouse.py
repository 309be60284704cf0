"""The destination that the settings name."""

from typing import TYPE_CHECKING

from hubspot_assets.settings import Settings

if TYPE_CHECKING:
    from hubspot_assets.warehouse.base import Warehouse


def warehouse_of(settings: Settings) -> "Warehouse":
    """The warehouse that `HUBSPOT_DESTINATION` names; its libraries are imported only now."""
    from hubspot_assets.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings.duckdb_path)
