"""Asset checks of how old each partition of each table is.

A freshness policy looks at the last materialization of an asset, whichever partition it was of: a read of the recycle
bin would make stale live records look fresh. These look at the covered instant, partition by partition.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.automation.freshness_policy import patience
from hubspot_assets.defs.checks.covered_instants import covered_instants
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression


def check_name(partition: str | None) -> str:
    """Return the name of a partition's check: `latest_is_fresh`; `is_fresh` of an asset without partitions."""
    return f"{partition}_is_fresh" if partition is not None else "is_fresh"


def freshness_checks(settings: Settings, names: Names, tables: Sequence[SyncedTable]) -> dg.AssetChecksDefinition:
    """Return a check per asset and partition; all in one step, which asks HubSpot nothing."""

    @dg.multi_asset_check(
        name=names.of("freshness_checks"),
        specs=[
            dg.AssetCheckSpec(check_name(partition), asset=table.key, description=_description(partition, schedule))
            for table in tables
            for partition, schedule in table.synced.items()
        ],
        can_subset=True,
    )
    def freshness(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for (partition, schedule), alike in _alike(tables).items():
            selected = [
                table
                for table in alike
                if dg.AssetCheckKey(table.key, check_name(partition)) in context.selected_asset_check_keys
            ]
            with failing_clearly():
                instants = covered_instants(
                    context.instance,
                    lambda: warehouse_of(settings),
                    partition,
                    {table.key: table.table for table in selected},
                    enough=patience(schedule).warn,
                    recorded={table.key: table.recorded(partition) for table in selected},
                )
            for key, instant in instants.items():
                yield _result(key, partition, schedule, instant)

    return freshness


def _alike(
    tables: Sequence[SyncedTable],
) -> Mapping[tuple[str | None, ScheduleExpression], Sequence[SyncedTable]]:
    """The tables by what is asked of them together: one partition, synced equally often."""
    alike: dict[tuple[str | None, ScheduleExpression], list[SyncedTable]] = {}
    for table in tables:
        for partition, schedule in table.synced.items():
            alike.setdefault((partition, schedule), []).append(table)
    return alike


def _description(partition: str | None, schedule: ScheduleExpression) -> str:
    what = f"its {partition} records" if partition else "what HubSpot has"
    return f"The table holds every change of {what} up to two missed syncs ago; it is synced {schedule.text}."


def _result(
    key: dg.AssetKey, partition: str | None, schedule: ScheduleExpression, instant: datetime | None
) -> dg.AssetCheckResult:
    patient = patience(schedule)
    name = f"{partition} of {key.path[-1]}" if partition else key.path[-1]
    what = partition if partition else "it"
    if instant is None:
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=check_name(partition),
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"No sync of {name} has finished yet: materialize it, or wait for its schedule.",
        )
    age = datetime.now(UTC) - instant
    said = f"{name} is complete up to {instant:%Y-%m-%d %H:%M} UTC; it is synced {schedule.text}."
    if age > patient.warn:
        said += (
            f" See whether its schedule is on, the daemon runs, and why the last run of {key.path[-1]} failed; then "
            f"materialize {what}: it continues where it stopped."
        )
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check_name(partition),
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
