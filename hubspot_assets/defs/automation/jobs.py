"""The jobs that schedules, people and the command line launch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.names import Names

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SYNC = "sync"
DAYS = "sync_days"
FRESHNESS = "freshness"
RETENTION = "retention"
UPKEEP = "upkeep"


def sync_job(names: Names, tables: Sequence[SyncedTable]) -> "UnresolvedAssetJobDefinition":
    """Return the job of all tables in one run; which partitions is up to the launch."""
    return dg.define_asset_job(
        names.of(SYNC),
        selection=dg.AssetSelection.assets(*(table.key for table in tables if table.days is None)),
        description="Brings the tables of all object types, and what stands around them, into line with HubSpot.",
    )


def days_jobs(names: Names, tables: Sequence[SyncedTable]) -> "Sequence[UnresolvedAssetJobDefinition]":
    """Return the job of the tables that have a partition for each day; none without such tables.

    In one job with the partitions of the records, Dagster could not tell which partitions a run is of.
    """
    by_days = [table.key for table in tables if table.days is not None]
    if not by_days:
        return ()
    return (
        dg.define_asset_job(
            names.of(DAYS),
            selection=dg.AssetSelection.assets(*by_days),
            description="Reads some days of events, e-mail events and changes of subscriptions.",
        ),
    )


def freshness_job(names: Names, checks: dg.AssetChecksDefinition) -> "UnresolvedAssetJobDefinition":
    """Return the job of what must be looked at when nothing else runs: how old tables are, and how the account is."""
    return dg.define_asset_job(
        names.of(FRESHNESS),
        selection=dg.AssetSelection.checks(checks) | dg.AssetSelection.assets(names.key("account")),
        description="Looks how old the covered instant of each table is, and observes the HubSpot account.",
    )
