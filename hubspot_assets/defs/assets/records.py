"""One asset per object type: its live and its archived records are the two partitions of one table."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.automation.freshness_policy import freshness_policy
from hubspot_assets.defs.failures import permanent_failures
from hubspot_assets.defs.partitions import ARCHIVED, LATEST, RECORD_PARTITIONS
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.settings.instants import instant
from hubspot_assets.sync.records.request import SyncRequest

if TYPE_CHECKING:
    from hubspot_assets.hubspot.account import Account

HUBSPOT_ACCOUNT = dg.AssetSpec(
    key=["hubspot", "account"],
    description="The HubSpot account that all records come from. Each materialization of an asset downstream links to "
    "the object type's records and property settings there.",
    metadata={"hubspot": dg.MetadataValue.url("https://app.hubspot.com")},
    kinds={"hubspot"},
    group_name="hubspot",
)

RETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For what passes by itself, after the client's own patience with single requests; the read goes on where it was."""


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

    def request(self) -> SyncRequest:
        """The same as the sync takes it.

        Raises:
            dagster.Failure: it cannot be meant so. Not raised by validators: Dagster runs those inside the step, and
                would retry what they refuse.
        """
        try:
            return SyncRequest(
                updated_after=instant(self.updated_after),
                updated_before=instant(self.updated_before),
                full=self.full,
                allow_mass_deletion=self.allow_mass_deletion,
            )
        except ValueError as error:
            raise dg.Failure(str(error), allow_retries=False) from None


def records_asset(name: str, settings: Settings) -> dg.AssetsDefinition:
    """The asset of one object type.

    Args:
        name: as `HUBSPOT_OBJECTS` names it; a name outside the catalog is a custom object's name, fully qualified
            name or type id, which only HubSpot can tell: it is looked up when the asset is materialized.
        settings: what is the same for every run.
    """
    standard = STANDARD_OBJECT_TYPES.get(name)
    key = records_key(name)

    @dg.asset(
        key=key,
        description=_description(name, standard),
        deps=[HUBSPOT_ACCOUNT],
        partitions_def=RECORD_PARTITIONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=standard.family if standard else "custom",
        kinds={"hubspot", settings.destination},
        owners=settings.owners,
        tags={"hubspot/object_type_id": standard.object_type_id} if standard else None,
        metadata={"dagster/table_name": standard.table} if standard else None,
        freshness_policy=freshness_policy(settings.latest_schedule),
        io_manager_key="tables",
        pool="/".join(key.path),
        retry_policy=RETRY_POLICY,
    )
    def records(context: dg.AssetExecutionContext, config: RecordsConfig, hubspot: HubSpotResource) -> Any:  # noqa: ANN401
        # The step's time goes into handling this output: the IO manager lets the records flow.
        from hubspot_assets.sync.object_types import object_type_called
        from hubspot_assets.sync.records.property_filter import PropertyFilter
        from hubspot_assets.sync.records.source import RecordsSync

        _refuse_no_partitions(context)
        request = config.request()
        with permanent_failures():
            object_type = object_type_called(hubspot.client, name)
            for partition in context.partition_keys:
                context.add_asset_metadata(_pages(hubspot.account, object_type), partition_key=partition)
            return RecordsSync(
                client=hubspot.client,
                object_type=object_type,
                run_id=context.run.run_id,
                request=request,
                updated_after=settings.updated_after,
                property_filter=PropertyFilter(
                    settings.allow_properties.get(name, ()), settings.deny_properties.get(name, ())
                ),
                say=context.log.info,
            )

    return records


def records_key(name: str) -> dg.AssetKey:
    """The key of an object type's asset, by its name in `HUBSPOT_OBJECTS`."""
    return dg.AssetKey(["hubspot", asset_name(name)])


def asset_name(name: str) -> str:
    """The last part of an object type's asset key: `2-1234567` gives `2_1234567`."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def _pages(account: "Account", object_type: ObjectType) -> Mapping[str, dg.MetadataValue]:
    """Where in HubSpot the records and their properties are."""
    return {
        "records_in_hubspot": dg.MetadataValue.url(account.records_page(object_type.object_type_id)),
        "properties_in_hubspot": dg.MetadataValue.url(account.properties_page(object_type.object_type_id)),
    }


def _refuse_no_partitions(context: dg.AssetExecutionContext) -> None:
    """Dagster takes a range of static partitions that runs backwards for an empty one, and would report success."""
    if not (context.has_partition_key or context.has_partition_key_range) or not context.partition_keys:
        raise dg.Failure(
            f"The launch selects no partition: choose `{LATEST}`, `{ARCHIVED}`, or both as the range "
            f"`{LATEST}...{ARCHIVED}` in this order.",
            allow_retries=False,
        )


def _description(name: str, standard: ObjectType | None) -> str:
    partitions = f"The partition `{LATEST}` is its live records, `{ARCHIVED}` those in HubSpot's recycle bin."
    example = f"```yaml\nops:\n  {records_key(name).to_python_identifier()}:\n    config:\n      full: true\n```"
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
