"""One asset per object type whose properties' versions are kept."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.checks.check import Check, Inspected
from hubspot_assets.defs.names import Names, asset_name
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.finding import Finding
    from hubspot_assets.sync.property_history import PropertyHistorySource

GROUP = "property_history"
NEWEST = "newest_version_is_the_record"
_NEWEST = (
    "The newest version of each property is what the record says, but for what changed meanwhile. Of large tables a "
    "part is compared, at another time another one."
)


def property_history_family(settings: Settings, names: Names) -> Family:
    """Return the assets of the object types that `HUBSPOT_PROPERTY_HISTORY` names; of all, where it is not set."""
    steps = [_step(name, asset, settings) for asset, name in property_history_assets(settings).items()]
    return family_of(steps, settings, names)


def property_history_assets(settings: Settings) -> Mapping[str, str]:
    """Return the object types whose history is read, by the name of the asset."""
    return {f"{asset_name(name)}_property_history": name for name in settings.property_history or settings.objects}


def _step(name: str, asset: str, settings: Settings) -> Step:
    standard = STANDARD_OBJECT_TYPES.get(name)
    patterns = settings.property_history.get(name, ())

    def source(prepared: tuple[HubSpotResource, ObjectType], full: bool) -> "PropertyHistorySource":
        from hubspot_assets.sync.property_history import PropertyHistorySource
        from hubspot_assets.sync.records.property_filter import PropertyFilter

        hubspot, object_type = prepared
        return PropertyHistorySource(hubspot.client, object_type, PropertyFilter(patterns, only=bool(patterns)), full)

    def newest(inspected: Inspected) -> "Finding":
        from hubspot_assets.sync.history_inspection import HistoryInspection
        from hubspot_assets.sync.records.property_filter import PropertyFilter

        _, object_type = inspected.prepared
        chosen = PropertyFilter(patterns, only=bool(patterns))
        return HistoryInspection(inspected.warehouse, object_type, chosen).newest()

    def prepare(hubspot: HubSpotResource) -> tuple[HubSpotResource, ObjectType]:
        [object_type] = object_types(hubspot.client, settings, [name]).values()
        return hubspot, object_type

    label = standard.label.lower() if standard else f"custom objects `{name}`"
    chosen = f"the properties {', '.join(patterns)}" if patterns else "the properties"
    description = (
        f"Every value that {chosen} of {label} have "
        "had, when, and who set it. HubSpot keeps a bounded number of versions; the table keeps every one ever read."
    )
    table = f"OBJECT_PROPERTIES_HISTORY_{standard.table.removeprefix('OBJECTS_')}" if standard else None
    return Step(
        name=asset,
        group=GROUP,
        satellites=[Satellite(asset, description, table, source, checks=(Check(NEWEST, _NEWEST, newest),))],
        prepare=prepare,
        follows=[name],
        schedule=settings.latest_schedule,
    )
