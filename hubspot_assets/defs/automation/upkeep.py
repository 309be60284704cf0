"""Removing from a lake what no reader needs any more: old versions of tables, and files of writers that were killed."""

from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.automation.jobs import UPKEEP
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse


def upkeep_job(names: Names, settings: Settings) -> dg.JobDefinition:
    """Return the job of the destination S3 that removes files which no version in keeping needs."""

    @dg.op(name=names.of("remove_old_files"), description="Removes files that no version in keeping needs.")
    def remove_old_files(context: dg.OpExecutionContext) -> None:
        with failing_clearly():
            lake: LakeWarehouse = warehouse_of(settings)  # pyright: ignore[reportAssignmentType]
            context.log.info(f"Removed {lake.upkeep():,} files from {lake.describe()}.")

    @dg.job(
        name=names.of(UPKEEP),
        description="Removes from the lake what no reader needs: versions older than S3_KEEP_DAYS, and files of "
        "writers that were killed.",
    )
    def upkeep() -> None:
        remove_old_files()

    return upkeep
