"""Assets that stand around the records: one step for those that are read together, each with a table of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from hubspot_assets.defs.assets.family import Family, SyncedTable
from hubspot_assets.defs.automation.freshness_policy import freshness_policy
from hubspot_assets.defs.checks.satellites import CHECKS, satellite_checks
from hubspot_assets.defs.executors.lost_steps import retry_policy
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.schedule_expressions import ScheduleExpression

if TYPE_CHECKING:
    from hubspot_assets.sync.source import Source, Target


class SatelliteConfig(dg.Config):
    """What one launch may ask for. Empty, a sync reads what has changed."""

    full: bool = Field(False, description="Read everything, also what no change tells of. The daily schedule does so.")
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
        makes: Makes its source, given what the step has prepared and whether everything is asked for.
        about: The records that its rows are about, by name; those that the step follows, where it names none.
    """

    name: str
    description: str
    table: str | None
    makes: "Callable[[Any, bool], Source[Any]]"
    about: Sequence[str] = ()


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
    """

    name: str
    group: str
    satellites: Sequence[Satellite]
    prepare: Callable[[HubSpotResource], Any]
    follows: Sequence[str]
    schedule: ScheduleExpression
    ticks: frozenset[str] = frozenset((LATEST, ARCHIVED))


def family_of(steps: Sequence[Step], settings: Settings, names: Names) -> Family:
    """Return the family of some steps: their assets, with the checks of what their tables hold."""
    return Family(
        assets=[step_assets(step, settings, names) for step in steps],
        tables=[table for step in steps for table in synced_tables(step, names)],
        checks=[satellite_checks(step.name, synced_tables(step, names), settings, names) for step in steps],
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
                metadata={"dagster/table_name": satellite.table} if satellite.table else None,
                freshness_policy=freshness_policy(step.schedule),
            )
            for satellite in step.satellites
        },
        deps=[names.key(each) for each in step.follows or ("account",)],
        can_subset=True,
        required_resource_keys={hubspot_key},
        pool=names.pool(step.name),
        retry_policy=retry_policy(settings),
    )
    def assets(context: dg.AssetExecutionContext, config: SatelliteConfig) -> Iterator[dg.Output]:
        from hubspot_assets.sync.sync import Sync

        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        with failing_clearly():
            client, prepared = hubspot.client, step.prepare(hubspot)
        for satellite in step.satellites:
            if satellite.name in context.op_execution_context.selected_output_names:
                make = partial(satellite.makes, prepared, config.full)
                sync = Sync(client, [make], context.run.run_id, context.log.info, config.restart)
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
            checks=CHECKS,
            daily={"full": True},
        )
        for satellite in step.satellites
    ]


def _targets(step: Step, satellite: Satellite, hubspot: HubSpotResource) -> "Sequence[Target]":
    return [satellite.makes(step.prepare(hubspot), False).target]


def _description(step: Step, satellite: Satellite, names: Names) -> str:
    table = f"Table `{satellite.table}`." if satellite.table else "The table is named by the labels in HubSpot."
    config = f"```yaml\nops:\n  {names.op(step.name)}:\n    config:\n      full: true\n```"
    return f"{satellite.description}\n\n{table}\n\nTo read everything anew, add config to the launch:\n\n{config}"
