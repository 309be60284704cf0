"""What the last materialization of an asset told about its table."""

import dagster as dg


def last_metadata(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, dg.MetadataValue]:
    """Return the metadata of an asset's last materialization; nothing before the first."""
    event = instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    return dict(materialization.metadata) if materialization else {}
