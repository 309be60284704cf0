"""The combined views: all records, all properties, all associations, and the live records of each type."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from hubspot_assets.defs.assets.associations import pairs_of
from hubspot_assets.defs.assets.family import Family, SyncedTable
from hubspot_assets.defs.assets.property_history import property_history_assets
from hubspot_assets.defs.executors.lost_steps import retry_policy
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import LATEST
from hubspot_assets.defs.plain import said_in
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.tables.event_names import event_table_names

GROUP = "combined"
STEP = "combined_views"

_DESCRIPTIONS = {
    "objects": "View OBJECTS: every record of every object type, also those that are gone.",
    "object_properties": "View OBJECT_PROPERTIES: one row per record and property that has a value, as text. "
    "Query it with WHERE OBJECTTYPEID = '0-1'.",
    "object_with_object_properties": "View OBJECT_WITH_OBJECT_PROPERTIES: every record with its properties as JSON.",
    "associations": "View ASSOCIATIONS: every association of every pair.",
    "events": "View EVENTS: every event of every type, with its properties as JSON.",
    "object_properties_history": "View OBJECT_PROPERTIES_HISTORY: every value that the properties of every object "
    "type have had, and who set it.",
    "live_records": "A view per object type (CONTACTS, DEALS …): live records only, columns called as the "
    "properties, so that SELECT EMAIL FROM CONTACTS is a whole query.",
}


def combined_family(settings: Settings, names: Names) -> Family:
    """Return the assets of the combined views; a destination without views has none."""
    if not (settings.datasets or settings.events) or settings.destination not in ("duckdb", "snowflake"):
        return Family((), ())
    follows = frozenset(names.key(name) for name in settings.objects)
    return Family(
        assets=[_assets(settings, names)],
        tables=[
            SyncedTable(
                key=names.key(name),
                op=names.op(STEP),
                table=None,
                synced={None: settings.latest_schedule},
                ticks=frozenset((LATEST,)),
                follows=follows,
            )
            for name in _names(settings)
        ],
    )


def _names(settings: Settings) -> Sequence[str]:
    there = {
        "associations": "associations" in settings.datasets,
        "events": bool(settings.events),
        "object_properties_history": "property_history" in settings.datasets,
    }
    return [name for name in _DESCRIPTIONS if there.get(name, True)]


def _assets(settings: Settings, names: Names) -> dg.AssetsDefinition:
    hubspot_key = names.of("hubspot")

    def deps(name: str) -> set[dg.AssetKey]:
        if name == "associations":
            return {names.key(f"{one}_to_{other}") for one, other in pairs_of(settings)}
        if name == "events":
            return {names.key(table) for table in event_table_names(settings.events).values()}
        if name == "object_properties_history":
            return {names.key(each) for each in property_history_assets(settings)}
        return {names.key(each) for each in settings.objects}

    @dg.multi_asset(
        name=names.op(STEP),
        outs={
            name: dg.AssetOut(
                key=names.key(name),
                description=_DESCRIPTIONS[name],
                io_manager_key=names.of("tables"),
                is_required=False,
                group_name=GROUP,
                kinds={"hubspot", settings.destination, "view"},
                owners=settings.owners,
            )
            for name in _names(settings)
        },
        deps=sorted({key for name in _names(settings) for key in deps(name)}),
        internal_asset_deps={name: deps(name) for name in _names(settings)},
        can_subset=True,
        required_resource_keys={hubspot_key},
        pool=names.pool(STEP),
        retry_policy=retry_policy(settings),
    )
    def combined(context: dg.AssetExecutionContext) -> Any:  # noqa: ANN401
        from hubspot_assets.sync.combined import CombinedSync

        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        with failing_clearly():
            types = object_types(hubspot.client, settings, settings.objects)
        pairs = [(types[one], types[other]) for one, other in pairs_of(settings)]
        for name in _names(settings):
            if name in context.op_execution_context.selected_output_names:
                sync = CombinedSync(
                    hubspot.client, name, list(types.values()), pairs, said_in(context), settings.events
                )
                yield dg.Output(sync, name)

    return combined
