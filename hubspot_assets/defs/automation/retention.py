"""Forgetting old runs. Dagster keeps the logs of all runs forever, and each materialization lists its columns.

At a tick every 30 minutes, nine object types of 250 properties come to some 25 MB a day.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.automation.jobs import DAYS, FRESHNESS, RETENTION, SYNC
from hubspot_assets.defs.names import Names

_REPOSITORY = ".dagster/repository"
_AT_ONCE = 500
"""Materializations that are asked for by one statement."""
_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def retention_job(names: Names, tables: Sequence[SyncedTable], days: int) -> dg.JobDefinition:
    """Return the job that forgets the runs of schedules and sensor that ended more than so many days ago.

    Runs launched in the UI stay: they have no job of ours.

    Args:
        names: What the jobs are called.
        tables: The assets whose last materialization of each partition must not be forgotten.
        days: How long runs are kept.
    """

    @dg.op(
        name=names.of("forget_old_runs"),
        description=f"Deletes what Dagster recorded of syncs and freshness checks over {days} days ago.",
    )
    def forget_old_runs(context: dg.OpExecutionContext) -> None:
        before = datetime.now(UTC) - timedelta(days=days)
        # Other code locations may have jobs of the same names.
        origin = {_REPOSITORY: context.run.tags[_REPOSITORY]} if _REPOSITORY in context.run.tags else {}
        forgotten = forget_runs(context.instance, names, tables, before, origin)
        context.log.info(f"Forgot {forgotten} runs that ended before {before:%Y-%m-%d %H:%M} UTC.")

    @dg.job(name=names.of(RETENTION), description=f"Forgets runs that ended more than {days} days ago.")
    def retention() -> None:
        forget_old_runs()

    return retention


def forget_runs(
    instance: dg.DagsterInstance,
    names: Names,
    tables: Iterable[SyncedTable],
    before: datetime,
    tags: dict[str, str] | None = None,
) -> int:
    """Delete old runs with their events, except each partition's latest materialization.

    Args:
        instance: Where runs are recorded.
        names: What the jobs are called.
        tables: The assets whose last materialization of each partition stays.
        before: Runs updated since stay.
        tags: What the runs must be tagged with.

    Returns:
        How many were deleted.
    """
    last = _last_materializations(instance, tables)
    forgotten = 0
    for job in map(names.of, (SYNC, DAYS, FRESHNESS, RETENTION)):
        filters = dg.RunsFilter(job_name=job, statuses=list(_ENDED), updated_before=before, tags=tags or {})
        for run_id in set(instance.get_run_ids(filters)) - last:
            instance.delete_run(run_id)
            forgotten += 1
    return forgotten


def _last_materializations(instance: dg.DagsterInstance, tables: Iterable[SyncedTable]) -> set[str]:
    """The runs that made what the UI shows of each partition."""
    last = set()
    for table in tables:
        if table.days is not None:
            last |= _last_of_days(instance, table.key)
            continue
        for partition in table.partitions:
            of_partition = [partition] if partition is not None else None
            wanted = dg.AssetRecordsFilter(asset_key=table.key, asset_partitions=of_partition)
            last |= {record.run_id for record in instance.fetch_materializations(wanted, limit=1).records}
    return last


def _last_of_days(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    """The runs that made what the UI shows of each day."""
    newest = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    ids = sorted(newest.values())
    runs = set()
    for start in range(0, len(ids), _AT_ONCE):
        wanted = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + _AT_ONCE])
        runs |= {record.run_id for record in instance.fetch_materializations(wanted, limit=_AT_ONCE).records}
    return runs
