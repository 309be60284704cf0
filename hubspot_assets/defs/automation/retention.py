"""Forgetting old runs. Dagster keeps what every run said for ever, and each materialization says what columns it has.

At a tick every 30 minutes, nine object types of 250 properties come to some 25 MB a day.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from hubspot_assets.defs.automation.jobs import FRESHNESS_JOB, RETENTION_JOB, SYNC_JOB
from hubspot_assets.defs.partitions import RECORD_PARTITIONS

_REPOSITORY = ".dagster/repository"


def retention_job(keys: Sequence[dg.AssetKey], days: int) -> dg.JobDefinition:
    """The job that forgets the successful runs of schedules and sensor that ended more than so many days ago.

    Runs that failed stay, and so do those launched in the UI, which have no job of ours.

    Args:
        keys: the assets whose last materialization of each partition must not be forgotten.
        days: how long runs are kept.
    """

    @dg.op(description=f"Deletes what Dagster recorded of syncs and freshness checks over {days} days ago.")
    def forget_old_runs(context: dg.OpExecutionContext) -> None:
        before = datetime.now(UTC) - timedelta(days=days)
        # Other code locations may have jobs of the same names.
        origin = {_REPOSITORY: context.run.tags[_REPOSITORY]} if _REPOSITORY in context.run.tags else {}
        forgotten = forget_runs(context.instance, keys, before, origin)
        context.log.info(f"Forgot {forgotten} runs that ended before {before:%Y-%m-%d %H:%M} UTC.")

    @dg.job(name=RETENTION_JOB, description=f"Forgets runs that ended well over {days} days ago.")
    def retention() -> None:
        forget_old_runs()

    return retention


def forget_runs(
    instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey], before: datetime, tags: dict[str, str] | None = None
) -> int:
    """Delete old successful runs with their events, but none that materialized a partition last.

    Args:
        instance: where runs are recorded.
        keys: assets with the partitions of records.
        before: runs updated since stay.
        tags: what the runs must be tagged with.

    Returns:
        How many were deleted.
    """
    last = _last_materializations(instance, keys)
    forgotten = 0
    for job in (SYNC_JOB.name, FRESHNESS_JOB, RETENTION_JOB):
        filters = dg.RunsFilter(
            job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS], updated_before=before, tags=tags or {}
        )
        for run_id in set(instance.get_run_ids(filters)) - last:
            instance.delete_run(run_id)
            forgotten += 1
    return forgotten


def _last_materializations(instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey]) -> set[str]:
    """The runs that made what the UI shows of each partition."""
    last = set()
    for key in keys:
        for partition in RECORD_PARTITIONS.get_partition_keys():
            wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[partition])
            last |= {record.run_id for record in instance.fetch_materializations(wanted, limit=1).records}
    return last
