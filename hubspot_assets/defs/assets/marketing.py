"""Forms, marketing e-mails, campaigns, subscriptions, workflows and marketing events, on a schedule of their own."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.reference import DAY
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import MARKETING
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.campaigns import CampaignsSource
    from hubspot_assets.sync.form_submissions import FormSubmissionsSource
    from hubspot_assets.sync.marketing import MarketingReading
    from hubspot_assets.sync.reference import ReferenceSource

GROUP = "marketing"

_DESCRIPTIONS = {
    "forms": "Forms of all types, archived ones too.",
    "form_submissions": "What people filled in, and by which address. They never change; new ones are read.",
    "marketing_emails": "Marketing e-mails, archived ones too, with how many were sent, opened and clicked.",
    "campaigns": "Campaigns, with their properties and what they have brought.",
    "subscription_definitions": "The types of subscription that recipients can choose from.",
    "workflows": "Workflows: which there are, of which object type, and whether they run.",
    "marketing_events": "Webinars, fairs and their like, with how many registered and came.",
    "marketing_event_participations": "Which contact took part in which marketing event, and how. Read once a day.",
}
_DAILY = frozenset({"marketing_event_participations"})
"""Tables that cost a request per event, however little has changed."""


def marketing_family(settings: Settings, names: Names) -> Family:
    """Return the assets of marketing, as far as the settings ask for them."""
    steps = [step for dataset, step in _steps(settings) if dataset in settings.datasets]
    return family_of(steps, settings, names)


def _steps(settings: Settings) -> Sequence[tuple[str, Step]]:
    def step(name: str, *satellites: Satellite) -> Step:
        return Step(
            name=name,
            group=GROUP,
            satellites=satellites,
            prepare=_reading,
            follows=(),
            schedule=settings.marketing_schedule,
            ticks=frozenset((MARKETING,)),
        )

    return [
        ("forms", step("forms_and_submissions", _whole("forms"), _satellite("form_submissions", _submissions))),
        ("marketing_emails", step("marketing_emails", _whole("marketing_emails"))),
        ("campaigns", step("campaigns", _satellite("campaigns", _campaigns))),
        ("subscriptions", step("subscription_definitions", _whole("subscription_definitions"))),
        ("workflows", step("workflows", _whole("workflows"))),
        (
            "marketing_events",
            step(
                "marketing_events_and_participations",
                _whole("marketing_events"),
                _whole("marketing_event_participations"),
            ),
        ),
    ]


def _satellite(name: str, makes: Callable[[Any, bool], Any]) -> Satellite:
    return Satellite(name, _DESCRIPTIONS[name], name.upper(), makes)


def _whole(name: str) -> Satellite:
    def source(reading: "MarketingReading", full: bool) -> "ReferenceSource":
        from hubspot_assets.sync.reference import ReferenceSource

        ask: Callable[[str], Any] = getattr(reading, name)
        daily = DAY if name in _DAILY else None
        return ReferenceSource(reading.client, name, reading.tables[name], ask, daily, full)

    return _satellite(name, source)


def _reading(hubspot: HubSpotResource) -> "MarketingReading":
    from hubspot_assets.sync.marketing import MarketingReading

    return MarketingReading(hubspot.client)


def _campaigns(reading: "MarketingReading", full: bool) -> "CampaignsSource":
    from hubspot_assets.sync.campaigns import CampaignsSource

    return CampaignsSource(reading.client, full)


def _submissions(reading: "MarketingReading", full: bool) -> "FormSubmissionsSource":
    from hubspot_assets.sync.form_submissions import FormSubmissionsSource

    return FormSubmissionsSource(reading.client, lambda: reading.found_forms, full)
