"""One asset per object type: its live and its archived records are the two partitions of one table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.assets.family import Family, SyncedTable
from hubspot_assets.defs.automation.freshness_policy import freshness_policy
from hubspot_assets.defs.checks.records import RECORD_CHECKS, record_checks
from hubspot_assets.defs.executors.lost_steps import retry_policy
from hubspot_assets.defs.failures import failing_clearly, failure
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST, RECORD_PARTITIONS
from hubspot_assets.defs.plain import said_in
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.instants import instant
from hubspot_assets.settings.schedule_expressions import ScheduleExpression
from hubspot_assets.sync.records.request import RecordsRequest, Slice

if TYPE_CHECKING:
    from hubspot_assets.hubspot.account import Account
    from hubspot_assets.sync.records.source import RecordsSource
    from hubspot_assets.sync.source import Target

_NAMES = Names()
_NOTHING_SPECIAL = RecordsRequest()


class RecordsConfig(dg.Config):
    """What one launch may ask for. Empty, a sync brings the table up to date from where it stands.

    The recycle bin has no window: the partition `archived` is always read as a whole.
    """

    updated_after: str | None = Field(
        None,
        description="Replay the records modified from this instant on (`2024-01-31` or `2024-01-31T12:00:00Z`; UTC). "
        "The covered instant of the table does not move.",
    )
    updated_before: str | None = Field(
        None, description="Replay the records modified up to this instant. Alone, from the beginning."
    )
    full: bool = Field(
        False,
        description="Read every record and mark those that HubSpot no longer has as purged. Also refreshes calculated "
        "properties, which change without a trace.",
    )
    allow_mass_deletion: bool = Field(False, description="Let a full sync mark more than 20 % of the table as purged.")
    restart: bool = Field(
        False,
        description="Drop the table and load it afresh, both partitions in one launch. What HubSpot no longer has "
        "cannot be read again. The tables around it stay, and follow.",
    )

    def request(self) -> RecordsRequest:
        """Return the same as the sync takes it.

        Raises:
            dagster.Failure: It cannot be meant so. Not raised by validators: Dagster runs those inside the step, and
                would retry what they refuse.
        """
        try:
            return RecordsRequest(
                updated_after=_instant("updated_after", self.updated_after),
                updated_before=_instant("updated_before", self.updated_before),
                full=self.full,
                allow_mass_deletion=self.allow_mass_deletion,
            )
        except ValueError as error:
            raise failure(str(error)) from None


def _instant(field: str, text: str | None) -> datetime | None:
    try:
        return instant(text)
    except ValueError as error:
        raise ValueError(f"The launch's `{field}` is invalid: {error}.") from None


def records_family(settings: Settings, names: Names) -> Family:
    """Return the assets of all object types that the settings name, with their checks."""
    synced: dict[str | None, ScheduleExpression] = {
        LATEST: settings.latest_schedule,
        ARCHIVED: settings.archived_schedule,
    }
    standard = {name: STANDARD_OBJECT_TYPES.get(name) for name in settings.objects}
    return Family(
        assets=[records_asset(name, settings, names) for name in settings.objects],
        tables=[
            SyncedTable(
                key=names.key(name),
                op=names.op(name),
                table=object_type.table if object_type else None,
                synced=synced,
                targets=partial(_targets, name, settings),
                checks=RECORD_CHECKS,
            )
            for name, object_type in standard.items()
        ],
        checks=[record_checks(name, settings, names) for name in settings.objects],
    )


def records_asset(name: str, settings: Settings, names: Names = _NAMES) -> dg.AssetsDefinition:
    """Return the asset of one object type.

    Args:
        name: As `HUBSPOT_OBJECTS` names it; a name outside the catalog is a custom object's name, fully qualified
            name or type id, which only HubSpot can tell: it is looked up when the asset is materialized.
        settings: What is the same for every run.
        names: What it is called.
    """
    standard = STANDARD_OBJECT_TYPES.get(name)
    key = names.key(name)
    hubspot_key = names.of("hubspot")

    @dg.asset(
        key=key,
        description=_description(name, standard, names),
        deps=[names.key("account")],
        partitions_def=RECORD_PARTITIONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=standard.family if standard else "custom",
        kinds={"hubspot", settings.destination},
        owners=settings.owners,
        tags={"hubspot/object_type_id": standard.object_type_id} if standard else None,
        metadata={"dagster/table_name": standard.table} if standard else None,
        freshness_policy=freshness_policy(settings.latest_schedule),
        io_manager_key=names.of("tables"),
        required_resource_keys={hubspot_key},
        pool=names.pool(name),
        retry_policy=retry_policy(settings),
    )
    def records(context: dg.AssetExecutionContext, config: RecordsConfig) -> Any:  # noqa: ANN401
        # The step's time goes into handling this output: the IO manager lets the records flow.
        from hubspot_assets.sync.sync import Sync

        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        _refuse_no_partitions(context)
        request = config.request()
        if config.restart:
            _refuse_half_a_table(context, request)
        with failing_clearly():
            [object_type] = object_types(hubspot.client, settings, [name]).values()

            # Live records first, whatever the order of the partitions.
            slices = [slice_ for slice_ in Slice if slice_.value in context.partition_keys]
            say = said_in(context)
            source = partial(_source, hubspot, object_type, settings, request=request, say=say)
            return Sync(
                client=hubspot.client,
                sources=[partial(source, slice_) for slice_ in slices],
                run_id=context.run.run_id,
                say=say,
                restart=config.restart,
                links=_pages(hubspot.account, object_type),
            )

    return records


def _source(
    hubspot: HubSpotResource,
    object_type: ObjectType,
    settings: Settings,
    slice_: Slice,
    request: RecordsRequest = _NOTHING_SPECIAL,
    say: Callable[[str], object] = print,
) -> "RecordsSource":
    from hubspot_assets.sync.records.property_filter import PropertyFilter
    from hubspot_assets.sync.records.source import RecordsSource

    name = object_type.name
    return RecordsSource(
        client=hubspot.client,
        object_type=object_type,
        slice=slice_,
        request=request,
        updated_after=settings.updated_after,
        property_filter=PropertyFilter(settings.allow_properties.get(name, ()), settings.deny_properties.get(name, ())),
        say=say,
    )


def _targets(name: str, settings: Settings, hubspot: HubSpotResource) -> "Sequence[Target]":
    [object_type] = object_types(hubspot.client, settings, [name]).values()
    return [_source(hubspot, object_type, settings, slice_).target for slice_ in Slice]


def _pages(account: "Account", object_type: ObjectType) -> Mapping[str, str]:
    """Where in HubSpot the records and their properties are."""
    return {
        "link_to_records": account.records_page(object_type.object_type_id),
        "link_to_properties": account.properties_page(object_type.object_type_id),
    }


def _refuse_no_partitions(context: dg.AssetExecutionContext) -> None:
    """Dagster takes a range of static partitions that runs backwards for an empty one, and would report success."""
    if not (context.has_partition_key or context.has_partition_key_range) or not context.partition_keys:
        raise failure(
            f"The launch selects no partition: choose `{LATEST}`, `{ARCHIVED}`, or both as the range "
            f"`{LATEST}...{ARCHIVED}` in this order."
        )


def _refuse_half_a_table(context: dg.AssetExecutionContext, request: RecordsRequest) -> None:
    """Both partitions are one table: started afresh with one of them, it would lack the other."""
    if len(set(context.partition_keys)) < len(Slice) or request.updated_after or request.updated_before:
        raise failure(
            f"`restart` drops the table and loads all of it: select both partitions (`{LATEST}...{ARCHIVED}`), and no "
            "window."
        )


def _description(name: str, standard: ObjectType | None, names: Names) -> str:
    partitions = f"The partition `{LATEST}` is its live records, `{ARCHIVED}` those in HubSpot's recycle bin."
    example = f"```yaml\nops:\n  {names.op(name)}:\n    config:\n      full: true\n```"
    launch = f"To read every record anew, or a window of changes, add config to the launch, such as\n\n{example}"
    if standard is None:
        what = f"Records of the custom object `{name}`."
        table = (
            "Table `OBJECTS_<PLURAL LABEL>`, one row per record; the label is looked up in HubSpot when the asset is "
            "materialized."
        )
    else:
        what = standard.description
        table = f"Table `{standard.table}`, one row per record (HubSpot object type `{standard.object_type_id}`)."
    return f"{what}\n\n{table} {partitions}\n\n{launch}"
