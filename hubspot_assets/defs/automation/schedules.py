"""What happens by the clock. A tick is one run of all object types; each continues where its table stands.

Of the ticks that a sleeping scheduler missed, Dagster evaluates the newest, and one run makes up for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable, check_keys, of_tick
from hubspot_assets.defs.automation.day_schedules import day_schedules
from hubspot_assets.defs.automation.jobs import FRESHNESS, RETENTION, SYNC
from hubspot_assets.defs.automation.launches import FULL, being_synced, last_run_going
from hubspot_assets.defs.automation.upkeep import UPKEEP
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST, MARKETING
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression, schedule_expression

RECONCILE = ScheduleExpression("every Sunday at 03:15", "15 3 * * 0")
"""Off the hour, where other schedules tick; it waits for a sync that is going instead of skipping a week."""
EVERY_HALF_HOUR = schedule_expression("30 minutes")
EVERY_NIGHT = ScheduleExpression("every day at 02:45", "45 2 * * *")
EVERY_MORNING = ScheduleExpression("every day at 03:45", "45 3 * * *")


def schedules(settings: Settings, names: Names, tables: Sequence[SyncedTable]) -> Sequence[dg.ScheduleDefinition]:
    """Return every schedule; all are on unless somebody switches them off in the UI."""
    return [
        _sync_schedule(
            names,
            LATEST,
            settings.latest_schedule,
            tables,
            "Brings the live records of all object types up to date, and what stands around them. A type without "
            "changes costs one request.",
        ),
        _sync_schedule(
            names,
            ARCHIVED,
            settings.archived_schedule,
            tables,
            "Reads HubSpot's recycle bin, marks what was archived or restored, reads whole what no change tells of, "
            "and runs the asset checks.",
            daily=True,
        ),
        *_marketing(names, settings.marketing_schedule, tables),
        *day_schedules(settings, names, tables),
        _reconcile(names, replace(RECONCILE, time_zone=settings.time_zone), tables),
        _of_job(
            names.of(FRESHNESS),
            EVERY_HALF_HOUR,
            "Looks how old the covered instant of each table is, and observes the HubSpot account, by two requests. "
            f"Runs {EVERY_HALF_HOUR.text}.",
        ),
        *([_retention(names, settings)] if settings.keep_runs_days else []),
        *([_upkeep(names, settings)] if settings.destination == "s3" else []),
    ]


def _sync_schedule(
    names: Names,
    partition: str,
    when: ScheduleExpression,
    tables: Sequence[SyncedTable],
    description: str,
    *,
    daily: bool = False,
) -> dg.ScheduleDefinition:
    leading = [table for table in tables if partition in table.partitions]

    @dg.schedule(
        name=names.of(partition),
        job_name=names.of(SYNC),
        cron_schedule=when.cron,
        execution_timezone=when.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{description} Runs {when.text} ({when.time_zone}).",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        at_work = being_synced(context.instance, partition, leading)
        free = [table.key for table in leading if table.key not in at_work]
        if at_work:
            context.log.info(_still_going(partition, at_work))
        if not free:
            return dg.SkipReason(_still_going(partition, at_work))
        selected = of_tick(tables, partition, free)
        return dg.RunRequest(
            partition_key=partition,
            asset_selection=[table.key for table in selected],
            asset_check_keys=check_keys(selected) if daily else [],
            run_config={"ops": {table.op: {"config": dict(table.daily)} for table in selected if table.daily}}
            if daily
            else None,
        )

    return tick


def _marketing(
    names: Names, when: ScheduleExpression, tables: Sequence[SyncedTable]
) -> Sequence[dg.ScheduleDefinition]:
    """The schedule of the tables that have no partitions and a tick of their own; none without such tables."""
    selected = of_tick(tables, MARKETING, ())
    if not selected:
        return ()
    name = names.of(MARKETING)

    @dg.schedule(
        name=name,
        job_name=names.of(SYNC),
        cron_schedule=when.cron,
        execution_timezone=when.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Brings forms, marketing e-mails, campaigns and their like up to date, as far as "
        f"HUBSPOT_DATASETS names them, and runs their asset checks. Runs {when.text} ({when.time_zone}).",
    )
    def marketing(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        going = last_run_going(context.instance, name)
        if going:
            return dg.SkipReason(f"The last sync of marketing is still going: run {going}")
        return dg.RunRequest(
            asset_selection=[table.key for table in selected],
            asset_check_keys=check_keys(selected),
        )

    return (marketing,)


def _reconcile(names: Names, when: ScheduleExpression, tables: Sequence[SyncedTable]) -> dg.ScheduleDefinition:
    records = [table for table in tables if LATEST in table.partitions]
    name = names.of("reconcile")

    @dg.schedule(
        name=name,
        job_name=names.of(SYNC),
        cron_schedule=when.cron,
        execution_timezone=when.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads every live record (latest with full: true), marks those purged from HubSpot, and "
        "refreshes calculated properties, which change without a trace; then runs the asset checks. Runs "
        f"{when.text} ({when.time_zone}).",
    )
    def reconcile(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        going = last_run_going(context.instance, name)
        if going:
            return dg.SkipReason(f"The last reconciliation is still going: run {going}")
        return dg.RunRequest(
            partition_key=LATEST,
            asset_selection=[table.key for table in records],
            asset_check_keys=check_keys(records),
            run_config={"ops": {table.op: {"config": {"full": True}} for table in records}},
            tags={FULL: "true"},
        )

    return reconcile


def _upkeep(names: Names, settings: Settings) -> dg.ScheduleDefinition:
    when = replace(EVERY_MORNING, time_zone=settings.time_zone)
    return _of_job(
        names.of(UPKEEP),
        when,
        "Removes from the lake what no reader needs: versions older than S3_KEEP_DAYS, and files of writers that "
        f"were killed. Runs {when.text}.",
    )


def _retention(names: Names, settings: Settings) -> dg.ScheduleDefinition:
    when = replace(EVERY_NIGHT, time_zone=settings.time_zone)
    return _of_job(
        names.of(RETENTION),
        when,
        f"Forgets runs of schedules and sensor that ended more than {settings.keep_runs_days} days ago, with their "
        f"logs; each partition's latest materialization stays. Runs {when.text} ({when.time_zone}).",
    )


def _of_job(job: str, when: ScheduleExpression, description: str) -> dg.ScheduleDefinition:
    """A schedule by the name of its job, which every tick runs as it is."""
    return dg.ScheduleDefinition(
        name=job,
        job_name=job,
        cron_schedule=when.cron,
        execution_timezone=when.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )


def _still_going(partition: str, at_work: Mapping[dg.AssetKey, str]) -> str:
    by_run = groupby(sorted(at_work.items(), key=lambda each: each[1]), key=lambda each: each[1])
    runs = "; ".join(f"run {run} of {', '.join(key.path[-1] for key, _ in keys)}" for run, keys in by_run)
    return f"{partition} is still being synced: {runs}"
