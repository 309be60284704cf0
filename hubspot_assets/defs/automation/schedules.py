"""What happens by the clock. A tick is one run of all object types; each continues where its table stands.

Of the ticks that a sleeping scheduler missed, Dagster evaluates the newest, and one run makes up for all of them.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

import dagster as dg

from hubspot_assets.defs.assets.records import records_key
from hubspot_assets.defs.automation.jobs import FRESHNESS_JOB, RETENTION_JOB, SYNC_JOB
from hubspot_assets.defs.automation.launches import UNFINISHED, being_synced
from hubspot_assets.defs.checks.records import record_check_keys
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression, schedule_expression

RECONCILE = ScheduleExpression("every Sunday at 03:15", "15 3 * * 0")
"""Off the hour, where other schedules tick; it waits for a sync that is going instead of skipping a week."""
FRESHNESS = schedule_expression("30 minutes")
RETENTION = ScheduleExpression("every day at 02:45", "45 2 * * *")


def schedules(settings: Settings) -> Sequence[dg.ScheduleDefinition]:
    """Every schedule; all are on unless somebody switches them off in the UI."""
    return [
        _sync_schedule(
            LATEST,
            settings.latest_schedule,
            settings,
            "Brings the live records of all object types up to date. A type without changes costs one request.",
        ),
        _sync_schedule(
            ARCHIVED,
            settings.archived_schedule,
            settings,
            "Reads HubSpot's recycle bin, marks what was archived or restored, and runs the asset checks.",
            checked=True,
        ),
        _reconcile(settings),
        _of_job(
            FRESHNESS_JOB,
            FRESHNESS,
            f"Looks how old the covered instant of each table is. Asks HubSpot nothing. Runs {FRESHNESS.text}.",
        ),
        *([_retention(settings.keep_runs_days)] if settings.keep_runs_days else []),
    ]


def _sync_schedule(
    partition: str, when: ScheduleExpression, settings: Settings, description: str, *, checked: bool = False
) -> dg.ScheduleDefinition:
    keys = [records_key(name) for name in settings.objects]

    @dg.schedule(
        name=partition,
        job=SYNC_JOB,
        cron_schedule=when.cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{description} Runs {when.text} (UTC).",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at_work = being_synced(context.instance, partition, keys)
        free = [key for key in keys if key not in at_work]
        if at_work:
            context.log.info(_still_going(partition, at_work))
        if not free:
            return dg.SkipReason(_still_going(partition, at_work))
        return dg.RunRequest(
            partition_key=partition,
            asset_selection=free,
            asset_check_keys=record_check_keys(free) if checked else [],
        )

    return tick


def _reconcile(settings: Settings) -> dg.ScheduleDefinition:
    keys = [records_key(name) for name in settings.objects]

    @dg.schedule(
        name="reconcile",
        job=SYNC_JOB,
        cron_schedule=RECONCILE.cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads every live record (`latest` with `full: true`), marks those purged from HubSpot, and "
        "refreshes calculated properties, which change without a trace; then runs the asset checks. Runs "
        f"{RECONCILE.text} (UTC).",
    )
    def reconcile(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        going = context.instance.get_runs(
            dg.RunsFilter(statuses=list(UNFINISHED), tags={"dagster/schedule_name": "reconcile"}), limit=1
        )
        if going:
            return dg.SkipReason(f"The last reconciliation is still going: run {going[0].run_id}")
        full = {"config": {"full": True}}
        return dg.RunRequest(
            partition_key=LATEST,
            asset_selection=keys,
            asset_check_keys=record_check_keys(keys),
            run_config={"ops": {key.to_python_identifier(): full for key in keys}},
        )

    return reconcile


def _retention(days: int) -> dg.ScheduleDefinition:
    return _of_job(
        RETENTION_JOB,
        RETENTION,
        f"Forgets runs of schedules and sensor that ended well over {days} days ago, with all that they said; the last "
        f"materialization of each partition stays. Runs {RETENTION.text} (UTC).",
    )


def _of_job(job: str, when: ScheduleExpression, description: str) -> dg.ScheduleDefinition:
    """A schedule by the name of its job, which every tick runs as it is."""
    return dg.ScheduleDefinition(
        name=job,
        job_name=job,
        cron_schedule=when.cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )


def _still_going(partition: str, at_work: Mapping[dg.AssetKey, str]) -> str:
    by_run = groupby(sorted(at_work.items(), key=lambda each: each[1]), key=lambda each: each[1])
    runs = "; ".join(f"run {run} of {', '.join(key.path[-1] for key, _ in keys)}" for run, keys in by_run)
    return f"`{partition}` is still being synced: {runs}"
