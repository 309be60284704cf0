"""Owners, teams, users, pipelines and definitions: small tables that are read whole."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hubspot_assets.defs.assets.associations import pairs_of
from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.object_types import object_types
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.reading import Reading
    from hubspot_assets.sync.reference import ReferenceSource
    from hubspot_assets.sync.type_definitions import TypeDefinitionsSource

GROUP = "reference"
DAY = timedelta(hours=23)
"""What is read once a day is read by the daily run; this is a little less, so that the run never finds it too young."""

_DESCRIPTIONS = {
    "owners": "Whom records belong to: users, those who left, and queues. HUBSPOT_OWNER_ID of a record leads here.",
    "owner_teams": "Which owners are in which teams.",
    "teams": "The teams of the account, with those above them.",
    "account_users": "Who may use the HubSpot account, and in which roles.",
    "pipelines": "Pipelines of all object types that have them; PIPELINE of a record leads here.",
    "pipeline_stages": "Stages of the pipelines: their labels, order, whether they are closed, and how probable.",
    "association_definitions": "The types of associations between object types, and how users label them.",
    "object_and_event_type_definitions": "The object and event types of the account, its own too, and their tables.",
}


def reference_family(settings: Settings, names: Names) -> Family:
    """Return the assets of owners, teams, users, pipelines and definitions, as far as the settings ask for them."""
    steps = [step for dataset, step in _steps(settings) if dataset in settings.datasets]
    return family_of(steps, settings, names)


def _steps(settings: Settings) -> Sequence[tuple[str, Step]]:
    def reading(hubspot: HubSpotResource) -> "Reading":
        from hubspot_assets.sync.reading import Reading

        client = hubspot.client
        return Reading(
            client, lambda: object_types(client, settings, settings.objects), pairs_of(settings), settings.events
        )

    def step(name: str, *satellites: Satellite, daily: bool = False) -> Step:
        return Step(
            name=name,
            group=GROUP,
            satellites=satellites,
            prepare=reading,
            follows=(),
            schedule=settings.archived_schedule if daily else settings.latest_schedule,
            ticks=frozenset((ARCHIVED,) if daily else (LATEST, ARCHIVED)),
        )

    return [
        ("owners", step("people", _satellite("owners"), _satellite("owner_teams"))),
        ("owners", step("users_and_teams", _satellite("teams", DAY), _satellite("account_users", DAY), daily=True)),
        ("pipelines", step("pipelines_and_stages", _satellite("pipelines"), _satellite("pipeline_stages"))),
        ("definitions", step("definitions", _satellite("association_definitions", DAY), _types(), daily=True)),
    ]


def _satellite(name: str, at_most_every: timedelta | None = None) -> Satellite:
    def source(reading: "Reading", full: bool) -> "ReferenceSource":
        from hubspot_assets.sync.reference import ReferenceSource

        table = reading.tables[name]
        ask: Callable[[str], Any] = getattr(reading, name)
        return ReferenceSource(reading.client, name, table, ask, at_most_every, full)

    return Satellite(name, _DESCRIPTIONS[name], name.upper(), source)


def _types() -> Satellite:
    def source(reading: "Reading", full: bool) -> "TypeDefinitionsSource":
        from hubspot_assets.sync.type_definitions import TypeDefinitionsSource

        ask = reading.object_and_event_type_definitions
        return TypeDefinitionsSource(reading.client, ask, reading.tells_of_type, DAY, full)

    name = "object_and_event_type_definitions"
    return Satellite(name, _DESCRIPTIONS[name], name.upper(), source)
