"""Lists (HubSpot also says segments) of all object types, and who is in them."""

from typing import TYPE_CHECKING

from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.checks.check import Check, Inspected
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.finding import Finding
    from hubspot_assets.sync.lists import ListsReading, MembershipsSource
    from hubspot_assets.sync.reference import ReferenceSource

GROUP = "lists"

_LISTS = (
    "Lists (segments) of all object types, with how many members they have. One that was deleted keeps its row, with "
    "the instant in DELETEDAT."
)
_MEMBERSHIPS = (
    "Which records are in which lists, and since when. Read of the lists of which HubSpot tells something new, and of "
    "all of them once a week. A record that left keeps its row, with the instant in REMOVEDAT."
)


def _sizes(inspected: Inspected) -> "Finding":
    from hubspot_assets.sync.list_inspection import sizes

    lists, members = (inspected.covered_until(name, name.upper(), None) for name in ("lists", "list_memberships"))
    return sizes(inspected.warehouse, lists, members)


_SIZES = Check(
    "has_as_many_members_as_hubspot_counts",
    "Each list has as many members in the table as HubSpot counts, but for what changed meanwhile.",
    _sizes,
)


def lists_family(settings: Settings, names: Names) -> Family:
    """Return the assets of lists and their members."""
    step = Step(
        name="lists_and_memberships",
        group=GROUP,
        satellites=[
            Satellite("lists", _LISTS, "LISTS", _lists),
            Satellite("list_memberships", _MEMBERSHIPS, "LIST_MEMBERSHIPS", _memberships, checks=(_SIZES,)),
        ],
        prepare=_reading,
        follows=(),
        schedule=settings.latest_schedule,
        # The members of a large account cost thousands of requests; once a week their source asks for all by itself.
        daily={},
    )
    return family_of([step], settings, names)


def _reading(hubspot: HubSpotResource) -> "ListsReading":
    from hubspot_assets.sync.lists import ListsReading

    return ListsReading(hubspot.client)


def _lists(reading: "ListsReading", full: bool) -> "ReferenceSource":
    from hubspot_assets.sync.reference import ReferenceSource
    from hubspot_assets.tables.lists import LISTS

    return ReferenceSource(reading.client, "lists", LISTS, reading.lists, full=full)


def _memberships(reading: "ListsReading", full: bool) -> "MembershipsSource":
    from hubspot_assets.sync.lists import MembershipsSource

    return MembershipsSource(reading, full)
