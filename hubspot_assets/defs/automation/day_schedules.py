"""When days are read: the recent ones often, and again for a week, since what happened is often told late."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable, check_keys
from hubspot_assets.defs.automation.jobs import DAYS
from hubspot_assets.defs.automation.launches import last_run_going
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import range_tags
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression

EVERY_MORNING = ScheduleExpression("every day at 04:45", "45 4 * * *")
RECENT = timedelta(days=1)
LATE = timedelta(days=7)


def day_schedules(settings: Settings, names: Names, tables: Sequence[SyncedTable]) -> Sequence[dg.ScheduleDefinition]:
    """Return the schedules of the tables that have a partition for each day; none without such tables."""
    by_days = [table for table in tables if table.days is not None]
    if not by_days:
        return ()
    return (
        _schedule(
            names.of("events"),
            names.of(DAYS),
            settings.marketing_schedule,
            by_days,
            RECENT,
            "Reads today and yesterday of events, e-mail events and changes of subscriptions, and the days that a "
            "scheduler which was down has missed. Quiet days cost one request per table.",
        ),
        _schedule(
            names.of("late_events"),
            names.of(DAYS),
            replace(EVERY_MORNING, time_zone=settings.time_zone),
            by_days,
            LATE,
            "Reads the last seven days of events, e-mail events and changes of subscriptions again, since they may "
            "arrive days after they occurred; then runs the asset checks.",
            checks=True,
        ),
    )


def first_day(instance: dg.DagsterInstance, table: SyncedTable, back: timedelta) -> str | None:
    """Return the first day that a launch has to read, as its partition is called.

    Args:
        instance: Where materializations are recorded.
        table: The table.
        back: How far back before today it reads. Where the last day that was read lies further back, it begins there.

    Returns:
        None where there are no days yet.
    """
    assert table.days is not None
    known = table.days.get_partition_keys()
    if not known:
        return None
    today = date.fromisoformat(known[-1])
    earlier = [each for each in instance.get_materialized_partitions(table.key) if each < known[-1]]
    return max(known[0], min(f"{today - back}", max(earlier, default=known[-1])))


def _schedule(
    name: str,
    job: str,
    when: ScheduleExpression,
    tables: Sequence[SyncedTable],
    back: timedelta,
    description: str,
    *,
    checks: bool = False,
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=when.cron,
        execution_timezone=when.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{description} Runs {when.text} ({when.time_zone}).",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        if going := last_run_going(context.instance, name):
            return dg.SkipReason(f"The last one is still going: run {going}")
        alike: dict[str, list[SyncedTable]] = defaultdict(list)
        for table in tables:
            if first := first_day(context.instance, table, back):
                alike[first].append(table)
        if not alike:
            return dg.SkipReason("HUBSPOT_EVENTS_SINCE lies ahead: there are no days yet.")
        return [
            dg.RunRequest(
                # Dagster asks for a key where there are several; one that comes again would be left out.
                run_key=f"{datetime.now(UTC).isoformat()} {first}",
                asset_selection=[table.key for table in selected],
                asset_check_keys=check_keys(selected) if checks else [],
                tags=range_tags(first, _today(selected)),
            )
            for first, selected in alike.items()
        ]

    return tick


def _today(tables: Sequence[SyncedTable]) -> str:
    days = tables[0].days
    assert days is not None
    return days.get_partition_keys()[-1]
