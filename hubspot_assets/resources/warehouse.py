"""The destination that the settings name."""

from hubspot_assets.settings import Settings
from hubspot_assets.warehouse.base import Warehouse


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse that `HUBSPOT_DESTINATION` names; its libraries are imported only now."""
    from hubspot_assets.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(settings.duckdb_path)
