"""The jobs that schedules, people and the command line launch."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SYNC_JOB = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all(),
    description="Brings the tables of all object types into line with HubSpot.",
)
"""All object types in one run; which partitions is up to the launch."""

FRESHNESS_JOB = "freshness"
RETENTION_JOB = "retention"


def freshness_job(checks: dg.AssetChecksDefinition) -> "UnresolvedAssetJobDefinition":
    """The job of the checks that must run when nothing else does."""
    return dg.define_asset_job(
        FRESHNESS_JOB,
        selection=dg.AssetSelection.checks(checks),
        description="Looks how old the covered instant of each table is. Asks HubSpot nothing.",
    )
