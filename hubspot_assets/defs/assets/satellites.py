"""Assets that stand around the records: one step for those that are read together, each with a table of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from hubspot_assets.defs.assets.family import Family, SyncedTable
from hubspot_assets.defs.automation.freshness_policy import freshness_policy
from hubspot_assets.defs.checks.check import Check
from hubspot_assets.defs.checks.quiet_days import quiet_days
from hubspot_assets.defs.checks.satellites import DUPLICATES, satellite_checks
from hubspot_assets.defs.executors.lost_steps import retry_policy
from hubspot_assets.defs.failures import failing_clearly, failure
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.plain import said_in
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression

if TYPE_CHECKING:
    from hubspot_assets.sync.source import Source, Target


class SatelliteConfig(dg.Config):
    """What one launch may ask for. Empty, a sync reads what has changed."""

    full: bool = Field(
        False, description="Read everything, also what no change tells of. A schedule does so, daily or weekly."
    )
    restart: bool = Field(
        False,
        description="Drop the table and load it afresh. What HubSpot no longer has cannot be read again.",
    )


@dataclass(frozen=True)
class Satellite:
    """One asset of a step.

    Attributes:
        name: Last part of its key (`contacts_to_companies`).
        description: What it is, for people.
        table: Its table; None where only the account knows, by the labels of custom objects.
        makes: Makes its source, given what the step has prepared, and what the launch asks for: whether everything,
            or which days, where partitions are days.
        column: The column that tells the day of a row, where partitions are days.
        about: The records that its rows are about, by name; those that the step follows, where it names none.
        checks: What must hold of its table, besides that no key stands in two rows.
    """

    name: str
    description: str
    table: str | None
    makes: "Callable[[Any, Any], Source[Any]]"
    column: str | None = None
    about: Sequence[str] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Step:
    """Assets that are read together, each of which can be asked for alone.

    Attributes:
        name: What the op is called (`contacts_associations` gives `hubspot__contacts_associations`).
        group: The asset group.
        satellites: The assets.
        prepare: Makes what their sources share, given the HubSpot resource; nothing is read before it is needed.
        follows: The records that they stand downstream of, by name.
        schedule: How often they are brought up to date.
        ticks: Names of the schedules that do it.
        partitions: The days, where each is a partition.
        daily: Config of the daily run.
    """

    name: str
    group: str
    satellites: Sequence[Satellite]
    prepare: Callable[[HubSpotResource], Any]
    follows: Sequence[str]
    schedule: ScheduleExpression
    ticks: frozenset[str] = frozenset((LATEST, ARCHIVED))
    partitions: dg.DailyPartitionsDefinition | None = None
    daily: Mapping[str, Any] = field(default_factory=lambda: {"full": True})


def family_of(steps: Sequence[Step], settings: Settings, names: Names) -> Family:
    """Return the family of some steps: their assets, with the checks of what their tables hold."""
    return Family(
        assets=[step_assets(step, settings, names) for step in steps],
        tables=[table for step in steps for table in synced_tables(step, names)],
        checks=[
            satellite_checks(
                step.name,
                list(zip(synced_tables(step, names), (_checks(step, each) for each in step.satellites), strict=True)),
                step.prepare,
                settings,
                names,
            )
            for step in steps
        ],
    )


def step_assets(step: Step, settings: Settings, names: Names) -> dg.AssetsDefinition:
    """Return the assets of one step."""
    hubspot_key = names.of("hubspot")

    @dg.multi_asset(
        name=names.op(step.name),
        outs={
            satellite.name: dg.AssetOut(
                key=names.key(satellite.name),
                description=_description(step, satellite, names),
                io_manager_key=names.of("tables"),
                is_required=False,
                group_name=step.group,
                kinds={"hubspot", settings.destination},
                owners=settings.owners,
                metadata=_metadata(satellite),
                freshness_policy=freshness_policy(step.schedule),
            )
            for satellite in step.satellites
        },
        deps=[names.key(each) for each in step.follows or ("account",)],
        can_subset=True,
        partitions_def=step.partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if step.partitions else None,
        config_schema=None if step.partitions else SatelliteConfig.to_fields_dict(),
        required_resource_keys={hubspot_key},
        pool=names.pool(step.name),
        retry_policy=retry_policy(settings),
    )
    def assets(context: dg.AssetExecutionContext) -> Iterator[dg.Output]:
        from hubspot_assets.sync.sync import Sync

        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        config = context.op_execution_context.op_config or {}
        asked = _days(context) if step.partitions else config["full"]
        with failing_clearly():
            client, prepared = hubspot.client, step.prepare(hubspot)
        for satellite in step.satellites:
            if satellite.name in context.op_execution_context.selected_output_names:
                make = partial(satellite.makes, prepared, asked)
                sync = Sync(client, [make], context.run.run_id, said_in(context), config.get("restart", False))
                yield dg.Output(sync, satellite.name)

    return assets


def synced_tables(step: Step, names: Names) -> Sequence[SyncedTable]:
    """Return the assets of one step as automation sees them."""
    return [
        SyncedTable(
            key=names.key(satellite.name),
            op=names.op(step.name),
            table=satellite.table,
            synced={None: step.schedule},
            ticks=step.ticks,
            follows=frozenset(names.key(each) for each in step.follows),
            about=frozenset(names.key(each) for each in satellite.about or step.follows),
            targets=partial(_targets, step, satellite),
            checks=(DUPLICATES, *(check.name for check in _checks(step, satellite))),
            daily={} if step.partitions else step.daily,
            days=step.partitions,
            column=satellite.column,
        )
        for satellite in step.satellites
    ]


def _checks(step: Step, satellite: Satellite) -> tuple[Check, ...]:
    """The checks of one asset, besides that no key stands in two rows."""
    if step.partitions is None:
        return satellite.checks
    assert satellite.table is not None
    assert satellite.column is not None
    return (*satellite.checks, quiet_days(satellite.table, satellite.column))


def _targets(step: Step, satellite: Satellite, hubspot: HubSpotResource) -> "Sequence[Target]":
    asked = [date.today()] if step.partitions else False
    return [satellite.makes(step.prepare(hubspot), asked).target]


def _metadata(satellite: Satellite) -> dict[str, str]:
    """What is known of the table before it is there; Dagster calls the column of the partition an expression."""
    metadata = {"dagster/table_name": satellite.table, "partition_expr": satellite.column}
    return {name: value for name, value in metadata.items() if value}


def _days(context: dg.AssetExecutionContext) -> Sequence[date]:
    """The days that a launch selects.

    Raises:
        dagster.Failure: It selects none; Dagster takes a range that runs backwards for an empty one.
    """
    selected = context.has_partition_key or context.has_partition_key_range
    days = [date.fromisoformat(each) for each in context.partition_keys] if selected else []
    if not days:
        raise failure("The launch selects no day: choose one, or a range of them.")
    return days


def _description(step: Step, satellite: Satellite, names: Names) -> str:
    table = f"Table `{satellite.table}`." if satellite.table else "The table is named by the labels in HubSpot."
    if step.partitions:
        return f"{satellite.description}\n\n{table}"
    config = f"```yaml\nops:\n  {names.op(step.name)}:\n    config:\n      full: true\n```"
    return f"{satellite.description}\n\n{table}\n\nTo read everything anew, add config to the launch:\n\n{config}"
