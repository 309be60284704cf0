"""One asset per object type whose properties' versions are kept."""

from typing import TYPE_CHECKING

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.names import Names, asset_name
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.property_history import PropertyHistorySource

GROUP = "property_history"


def property_history_family(settings: Settings, names: Names) -> Family:
    """Return the assets of the object types that `HUBSPOT_PROPERTY_HISTORY` names; of all, where it is not set."""
    steps = [_step(name, settings) for name in settings.property_history or settings.objects]
    return family_of(steps, settings, names)


def _step(name: str, settings: Settings) -> Step:
    standard = STANDARD_OBJECT_TYPES.get(name)
    patterns = settings.property_history.get(name, ())
    asset = f"{asset_name(name)}_property_history"

    def source(prepared: tuple[HubSpotResource, ObjectType], full: bool) -> "PropertyHistorySource":
        from hubspot_assets.sync.property_history import PropertyHistorySource
        from hubspot_assets.sync.records.property_filter import PropertyFilter

        hubspot, object_type = prepared
        return PropertyHistorySource(hubspot.client, object_type, PropertyFilter(patterns, only=bool(patterns)), full)

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
        satellites=[Satellite(asset, description, table, source)],
        prepare=prepare,
        follows=[name],
        schedule=settings.latest_schedule,
    )
