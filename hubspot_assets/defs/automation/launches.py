"""What schedules and the sensor launch, and what keeps them from launching twice."""

from collections.abc import Mapping, Sequence

import dagster as dg

from hubspot_assets.defs.partitions import RECORD_PARTITIONS

UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.SUSPENDED,
    dg.DagsterRunStatus.CANCELING,
)
_PARTITION = "dagster/partition"
_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def being_synced(
    instance: dg.DagsterInstance, partition: str, keys: Sequence[dg.AssetKey]
) -> Mapping[dg.AssetKey, str]:
    """Which assets a run has at work already, whoever launched it: a schedule, a person or a backfill.

    Args:
        instance: where runs are recorded.
        partition: the partition in question; a run of the other one is not in the way.
        keys: the assets in question.

    Returns:
        The id of the run, by asset.
    """
    at_work: dict[dg.AssetKey, str] = {}
    for run in instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED))):
        if partition not in _partitions(run.tags):
            continue
        # A run of the whole job names no assets.
        selected = keys if run.asset_selection is None else run.asset_selection
        at_work |= {key: run.run_id for key in keys if key in selected}
    return at_work


def _partitions(tags: Mapping[str, str]) -> Sequence[str]:
    """The partitions of a run; runs of a backfill of both carry a range."""
    if _PARTITION in tags:
        return [tags[_PARTITION]]
    start, end = (tags.get(name) for name in _RANGE)
    known = RECORD_PARTITIONS.get_partition_keys()
    if start not in known or end not in known:
        return []
    return known[known.index(start) : known.index(end) + 1]
