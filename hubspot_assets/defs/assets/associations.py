"""One asset per directed pair of object types; one step per type that they lead from."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from hubspot_assets.catalog.association_types import ASSOCIATION_TYPES, SILENT_PAIRS
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.checks.associations import association_checks
from hubspot_assets.defs.names import Names, asset_name
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.associations import AssociationsSource

GROUP = "associations"


def associations_family(settings: Settings, names: Names) -> Family:
    """Return the assets of all pairs that the settings ask for, with their checks."""
    pairs = frozenset(pairs_of(settings))
    steps = [
        _step(from_name, [to_name for _, to_name in of_type], settings, pairs)
        for from_name, of_type in groupby(sorted(pairs), key=lambda pair: pair[0])
    ]
    return family_of(steps, settings, names)


def pairs_of(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return the pairs whose associations are read: object types as `HUBSPOT_OBJECTS` names them."""
    if settings.associations != "all":
        return [(pair.from_name, pair.to_name) for pair in settings.associations]
    return [
        (one, other)
        for one in settings.objects
        for other in settings.objects
        if (one, other) in ASSOCIATION_TYPES and (one, other) not in SILENT_PAIRS
    ]


def _step(from_name: str, to_names: Sequence[str], settings: Settings, pairs: frozenset[tuple[str, str]]) -> Step:
    return Step(
        name=f"{asset_name(from_name)}_associations",
        group=GROUP,
        satellites=[_satellite(from_name, to_name, settings, pairs) for to_name in to_names],
        prepare=lambda hubspot: (hubspot, object_types(hubspot.client, settings, [from_name, *to_names])),
        follows=list(dict.fromkeys([from_name, *to_names])),
        schedule=settings.latest_schedule,
    )


def _satellite(from_name: str, to_name: str, settings: Settings, pairs: frozenset[tuple[str, str]]) -> Satellite:
    one, other = STANDARD_OBJECT_TYPES.get(from_name), STANDARD_OBJECT_TYPES.get(to_name)

    def source(prepared: tuple[HubSpotResource, Mapping[str, ObjectType]], full: bool) -> "AssociationsSource":
        from hubspot_assets.sync.associations import AssociationsSource

        hubspot, types = prepared
        return AssociationsSource(hubspot.client, types[from_name], types[to_name], full=full)

    table = None
    if one is not None and other is not None:
        table = f"ASSOCIATIONS_{one.table.removeprefix('OBJECTS_')}_TO_{other.table.removeprefix('OBJECTS_')}"
    return Satellite(
        name=f"{asset_name(from_name)}_to_{asset_name(to_name)}",
        description=f"Which {_label(other, to_name)} each of the {_label(one, from_name)} is associated with: one row "
        "per pair and label. An association that was removed keeps its row, with the instant in REMOVEDAT.",
        table=table,
        makes=source,
        about=(from_name, to_name),
        checks=association_checks(from_name, to_name, settings, pairs),
    )


def _label(object_type: ObjectType | None, name: str) -> str:
    return object_type.label.lower() if object_type is not None else f"custom objects `{name}`"
