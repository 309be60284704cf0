"""What every step needs, imported once by a process that forks others for steps."""

PRELOADED = (
    "hubspot_assets.definitions",
    "hubspot_assets.sync.records.source",
    "hubspot_assets.sync.object_types",
    "hubspot_assets.hubspot.account",
    "hubspot_assets.defs.io_managers.report_metadata",
    "hubspot_assets.warehouse.duckdb.warehouse",
    # What every step's own Dagster instance needs, and what Arrow looks for.
    "dagster._core.storage.sqlite_storage",
    "pandas",
)
"""What a process that forks others for steps imports beforehand, so that they need not."""
