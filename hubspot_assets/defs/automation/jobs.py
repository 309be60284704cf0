"""The jobs that schedules, people and the command line launch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.names import Names

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SYNC = "sync"
FRESHNESS = "freshness"
RETENTION = "retention"
UPKEEP = "upkeep"


def sync_job(names: Names, tables: Sequence[SyncedTable]) -> "UnresolvedAssetJobDefinition":
    """Return the job of all tables in one run; which partitions is up to the launch."""
    return dg.define_asset_job(
        names.of(SYNC),
        selection=dg.AssetSelection.assets(*(table.key for table in tables)),
        description="Brings the tables of all object types, and what stands around them, into line with HubSpot.",
    )


def freshness_job(names: Names, checks: dg.AssetChecksDefinition) -> "UnresolvedAssetJobDefinition":
    """Return the job of what must be looked at when nothing else runs: how old tables are, and how the account is."""
    return dg.define_asset_job(
        names.of(FRESHNESS),
        selection=dg.AssetSelection.checks(checks) | dg.AssetSelection.assets(names.key("account")),
        description="Looks how old the covered instant of each table is, and observes the HubSpot account.",
    )
