"""Up to when each table is complete, by what Dagster and the warehouse know together."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from hubspot_assets.warehouse.base import Warehouse

COVERED_UNTIL = "covered_until"
TABLE_NAME = "dagster/table_name"


def covered_instants(
    instance: dg.DagsterInstance,
    warehouse: "Callable[[], Warehouse]",
    partition: str | None,
    tables: Mapping[dg.AssetKey, str | None],
    *,
    enough: timedelta | None = None,
    recorded: Mapping[dg.AssetKey, Sequence[str] | None] | None = None,
) -> Mapping[dg.AssetKey, datetime | None]:
    """The covered instant of one partition of some assets.

    A sync that finds nothing changed tells only Dagster; a sync that another Dagster launched tells only the
    warehouse. So the later of the two counts.

    Args:
        instance: Where materializations are recorded.
        warehouse: Where SYNCS is.
        partition: `latest`, `archived`, a day; None of assets without partitions.
        tables: The assets, and the name of each one's table; None for a custom object, whose table is known once it
            has been materialized.
        enough: The warehouse is not asked about instants that are not older than this: asking may wake it up.
        recorded: The partitions that Dagster records the syncs of an asset under, where it is not `partition`.

    Returns:
        The instant (aware, UTC) by asset; None where no sync has finished.
    """
    instants: dict[dg.AssetKey, datetime | None] = {}
    left: dict[dg.AssetKey, str] = {}
    now = datetime.now(UTC)
    for key, declared in tables.items():
        own = [partition] if partition is not None else None
        metadata = _last_metadata(instance, key, (recorded or {}).get(key, own))
        covered = metadata.get(COVERED_UNTIL)
        instants[key] = datetime.fromtimestamp(covered.value, UTC) if covered is not None else None  # pyright: ignore
        table = metadata[TABLE_NAME].value if TABLE_NAME in metadata else declared
        known = instants[key]
        if table and (enough is None or known is None or now - known > enough):
            left[key] = str(table)
    if left:
        from hubspot_assets.sync.state import covered_until

        stored = covered_until(warehouse(), left.values(), partition)
        for key, table in left.items():
            both = [instant for instant in (instants[key], stored.get(table)) if instant is not None]
            instants[key] = max(both, default=None)
    return instants


def _last_metadata(
    instance: dg.DagsterInstance, key: dg.AssetKey, partitions: Sequence[str] | None
) -> Mapping[str, dg.MetadataValue]:
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=partitions)
    records = instance.fetch_materializations(wanted, limit=1).records
    materialization = records[0].asset_materialization if records else None
    return materialization.metadata if materialization is not None else {}
