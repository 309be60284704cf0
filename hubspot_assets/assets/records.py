"""One asset per object type: its live and its archived records are the two partitions of one table."""

import re

import dagster as dg
from pydantic import Field, field_validator

from hubspot_assets.hubspot.client import Client
from hubspot_assets.hubspot.schemas import resolve_object_type
from hubspot_assets.instants import instant
from hubspot_assets.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.partitions import RECORD_PARTITIONS
from hubspot_assets.resources.hubspot import HubSpotResource
from hubspot_assets.settings import Settings
from hubspot_assets.sync.property_filter import PropertyFilter
from hubspot_assets.sync.records import RecordsSync
from hubspot_assets.sync.request import SyncRequest
from hubspot_assets.tables.names import table_name

HUBSPOT_ACCOUNT = dg.AssetSpec(
    key=["hubspot", "account"],
    description="The HubSpot account itself, where all records come from.",
    kinds={"hubspot"},
    group_name="hubspot",
)


class RecordsConfig(dg.Config):
    """What one launch may ask for. Empty, a sync brings the table up to date from where it stands."""

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

    @field_validator("updated_after", "updated_before")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        instant(value)
        return value

    def request(self) -> SyncRequest:
        """The same as the sync takes it."""
        return SyncRequest(
            updated_after=instant(self.updated_after),
            updated_before=instant(self.updated_before),
            full=self.full,
            allow_mass_deletion=self.allow_mass_deletion,
        )


def records_asset(name: str, settings: Settings) -> dg.AssetsDefinition:
    """The asset of one object type.

    Args:
        name: as `HUBSPOT_OBJECTS` names it; a name outside the catalogue is a custom object's name, fully qualified
            name or type id, which only HubSpot can tell: it is looked up when the asset is materialized.
        settings: what is the same for every run.
    """
    standard = STANDARD_OBJECT_TYPES.get(name)
    key = dg.AssetKey(["hubspot", asset_name(name)])
    property_filter = PropertyFilter(settings.allow_properties.get(name, ()), settings.deny_properties.get(name, ()))

    @dg.asset(
        key=key,
        description=_description(name, standard),
        deps=[HUBSPOT_ACCOUNT],
        partitions_def=RECORD_PARTITIONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=standard.family if standard else "custom",
        kinds={"hubspot", settings.destination},
        metadata={"dagster/table_name": standard.table} if standard else None,
        io_manager_key="tables",
        pool="/".join(key.path),
        retry_policy=dg.RetryPolicy(
            max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
        ),
    )
    def records(context: dg.AssetExecutionContext, config: RecordsConfig, hubspot: HubSpotResource) -> RecordsSync:
        # The step's time goes into handling this output: the IO manager lets the records flow.
        return RecordsSync(
            client=hubspot.client,
            object_type=standard or custom_object_type(hubspot.client, name),
            run_id=context.run_id,
            request=config.request(),
            updated_after=settings.updated_after,
            property_filter=property_filter,
            say=context.log.info,
        )

    return records


def asset_name(name: str) -> str:
    """The last part of an object type's asset key: `2-1234567` gives `2_1234567`."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def custom_object_type(client: Client, name: str) -> ObjectType:
    """Look a custom object up in the account.

    Raises:
        UnknownObjectType: the account has none of that name; the message names near matches.
    """
    found = resolve_object_type(client, name)
    return ObjectType(
        name=name,
        object_type_id=found.object_type_id,
        path=found.object_type_id,
        label=found.label,
        description=found.description or "",
        scopes=("crm.objects.custom.read",),
        family="custom",
        table=table_name(found.label),
    )


def _description(name: str, standard: ObjectType | None) -> str:
    if standard is None:
        return (
            f"Records of the custom object `{name}`.\n\nTable `OBJECTS_<PLURAL LABEL>`, one row per record; the label "
            "is looked up in HubSpot when the asset is materialized."
        )
    return (
        f"{standard.description}\n\nTable `{standard.table}`, one row per record (HubSpot object type "
        f"`{standard.object_type_id}`). `latest` brings the live records up to date, `archived` those in the recycle "
        "bin."
    )
