"""The destination that the settings name."""

import atexit
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.warehouse.base import Warehouse


def warehouse_of(settings: Settings) -> "Warehouse":
    """The warehouse that `HUBSPOT_DESTINATION` names; its libraries are imported only now.

    Raises:
        SettingsError: The settings of the destination cannot be used.
    """
    if settings.destination == "snowflake":
        from hubspot_assets.defs.resources.snowflake import snowflake_warehouse

        if settings.snowflake is None:
            raise SettingsError("The destination is snowflake, which needs its settings: read them by Settings.load().")
        # Frozen settings have a hash, which pyright does not see.
        return snowflake_warehouse(settings.snowflake)  # pyright: ignore[reportArgumentType]
    if settings.destination == "s3":
        from hubspot_assets.defs.resources.s3 import lake_warehouse

        assert settings.lake is not None
        return lake_warehouse(settings.lake)
    return _duckdb_warehouse(settings.duckdb_path.expanduser().resolve())


@lru_cache(maxsize=1)
def _duckdb_warehouse(path: Path) -> "Warehouse":
    """The same for all steps of a process: to start DuckDB takes longer than to open a file."""
    from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

    return DuckDBWarehouse(path)


# Dagster's definitions live until the very end, and so would what is kept for them: DuckDB then reports objects of its
# own as leaked, in forty lines on standard error.
atexit.register(_duckdb_warehouse.cache_clear)
