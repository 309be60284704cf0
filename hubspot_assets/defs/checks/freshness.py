"""Asset checks of how old each partition of each table is.

A freshness policy looks at the last materialization of an asset, whichever partition it was of: a read of the recycle
bin would make stale live records look fresh. These look at the covered instant, partition by partition.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.defs.assets.records import records_key
from hubspot_assets.defs.automation.freshness_policy import patience
from hubspot_assets.defs.checks.covered_instants import covered_instants
from hubspot_assets.defs.failures import permanent_failures
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression

CHECKS = {LATEST: "latest_is_fresh", ARCHIVED: "archived_is_fresh"}


def freshness_checks(settings: Settings) -> dg.AssetChecksDefinition:
    """Two checks per asset, one per partition; all in one step, which asks HubSpot nothing."""
    standard = {name: STANDARD_OBJECT_TYPES.get(name) for name in settings.objects}
    tables = {records_key(name): each.table if each else None for name, each in standard.items()}
    schedules = {LATEST: settings.latest_schedule, ARCHIVED: settings.archived_schedule}

    @dg.multi_asset_check(
        name="freshness_checks",
        specs=[
            dg.AssetCheckSpec(
                check,
                asset=key,
                description=f"The table holds every change of its `{partition}` records up to two ticks of the "
                f"schedule `{partition}` ago, which syncs them {schedules[partition].text}.",
            )
            for key in tables
            for partition, check in CHECKS.items()
        ],
        can_subset=True,
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for partition, check in CHECKS.items():
            selected = {
                key: table
                for key, table in tables.items()
                if dg.AssetCheckKey(key, check) in context.selected_asset_check_keys
            }
            schedule = schedules[partition]
            with permanent_failures():
                instants = covered_instants(
                    context.instance,
                    lambda: warehouse_of(Settings.load()),
                    partition,
                    selected,
                    enough=patience(schedule).warn,
                )
            for key, instant in instants.items():
                yield _result(key, partition, schedule, instant)

    return freshness


def _result(
    key: dg.AssetKey, partition: str, schedule: ScheduleExpression, instant: datetime | None
) -> dg.AssetCheckResult:
    patient = patience(schedule)
    name = key.path[-1]
    if instant is None:
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=CHECKS[partition],
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"No `{partition}` sync of {name} has finished yet: materialize it, or wait for its schedule.",
        )
    age = datetime.now(UTC) - instant
    said = f"`{partition}` of {name} is complete up to {instant:%Y-%m-%d %H:%M} UTC; it is synced {schedule.text}."
    if age > patient.warn:
        said += (
            f" See whether the schedule `{partition}` is on, the daemon runs, and why the last run of {name} failed; "
            f"then materialize `{partition}`: it continues where it stopped."
        )
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=CHECKS[partition],
        passed=age <= patient.warn,
        severity=dg.AssetCheckSeverity.ERROR if age > patient.fail else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "covered_until": dg.MetadataValue.timestamp(instant),
            "age_minutes": round(age.total_seconds() / 60, 1),
            # As text: what never changes makes no plot.
            "warns_at_age": _duration(patient.warn),
            "fails_at_age": _duration(patient.fail),
        },
    )


def _duration(duration: timedelta) -> str:
    """`2 days` or `1:30:00`."""
    return str(duration).removesuffix(", 0:00:00")
