"""The jobs that schedules, people and the command line launch."""

import dagster as dg

SYNC_JOB = dg.define_asset_job(
    "sync",
    selection=dg.AssetSelection.all(),
    description="Brings the tables of all object types into line with HubSpot.",
)
"""All object types in one run; which partitions is up to the launch."""
