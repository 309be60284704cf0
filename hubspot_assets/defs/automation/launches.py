"""What keeps schedules and the sensor from launching twice."""

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.partitions import RECORD_PARTITIONS

UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.SUSPENDED,
    dg.DagsterRunStatus.CANCELING,
)
FULL = "hubspot/full"
"""Tag of runs that read everything: they may take hours, and a table whose turn has not come is not at work."""
_PARTITION = "dagster/partition"
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def being_synced(
    instance: dg.DagsterInstance, partition: str, tables: Sequence[SyncedTable]
) -> Mapping[dg.AssetKey, str]:
    """Tell which tables a run has at work already, whoever launched it: a schedule, a person or a backfill.

    Args:
        instance: Where runs are recorded.
        partition: The partition in question; a run of the other one is not in the way.
        tables: The tables in question.

    Returns:
        The id of the run, by asset.
    """
    at_work: dict[dg.AssetKey, str] = {}
    for run in instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED))):
        if partition not in partitions_of(run.tags):
            continue
        # A run of the whole job names no assets.
        selected = [table for table in tables if run.asset_selection is None or table.key in run.asset_selection]
        at_work |= {table.key: run.run_id for table in _at_work(instance, run, selected)}
    return at_work


def last_run_going(instance: dg.DagsterInstance, schedule: str) -> str | None:
    """Return the id of a run of a schedule that has not ended."""
    going = instance.get_runs(
        dg.RunsFilter(statuses=list(UNFINISHED), tags={"dagster/schedule_name": schedule}), limit=1
    )
    return going[0].run_id if going else None


def _at_work(instance: dg.DagsterInstance, run: dg.DagsterRun, tables: Iterable[SyncedTable]) -> Iterable[SyncedTable]:
    """The tables that a run has not done yet; of one that reads everything, those that it is doing."""
    steps = {each.step_key: each for each in instance.get_run_step_stats(run.run_id)}
    for table in tables:
        step = steps.get(table.op)
        begun, ended = step is not None, step is not None and step.end_time is not None
        if not ended and (begun or FULL not in run.tags):
            yield table


def partitions_of(tags: Mapping[str, str]) -> Sequence[str]:
    """Return the partitions of a run, by its tags; runs of a backfill of both carry a range."""
    if _PARTITION in tags:
        return [tags[_PARTITION]]
    start, end = (tags.get(name) for name in _RANGE)
    known = RECORD_PARTITIONS.get_partition_keys()
    if start not in known or end not in known:
        return []
    return known[known.index(start) : known.index(end) + 1]
