"""Endpoints without a dated version, and when HubSpot ends their support: for some the only source there is.

Dates are those of HubSpot's changelog (https://developers.hubspot.com/changelog): v4 on 2027-03-30, v1 to v3 in
September 2027, of which the first day is taken.
"""

from dataclasses import dataclass
from datetime import date

_END_OF_V4 = date(2027, 3, 30)
_END_OF_V1_TO_V3 = date(2027, 9, 1)


@dataclass(frozen=True, slots=True)
class LegacyEndpoint:
    """One such endpoint.

    Attributes:
        path: From the root of the API, with braces where something is to be filled in.
        gives: What is read there, for people.
        datasets: The datasets that it is read for (`catalog/datasets.py`).
        supported_until: The first day without support.
        successor: What HubSpot offers instead; empty where nothing is known.
    """

    path: str
    gives: str
    datasets: tuple[str, ...]
    supported_until: date
    successor: str = ""


FORMS = LegacyEndpoint("/marketing/v3/forms", "forms", ("forms",), _END_OF_V1_TO_V3, "/marketing/forms/2027-03-beta")
SUBMISSIONS = LegacyEndpoint(
    "/form-integrations/v1/submissions/forms/{form}", "form submissions", ("forms",), _END_OF_V1_TO_V3
)
EMAIL_EVENTS = LegacyEndpoint("/email/public/v1/events", "e-mail events", ("email_events",), _END_OF_V1_TO_V3)
SUBSCRIPTION_TIMELINE = LegacyEndpoint(
    "/email/public/v1/subscriptions/timeline", "changes of subscriptions", ("subscriptions",), _END_OF_V1_TO_V3
)
FLOWS = LegacyEndpoint(
    "/automation/v4/flows", "workflows", ("workflows",), _END_OF_V4, "/automation/flows/2026-09-beta"
)

ENDPOINTS: tuple[LegacyEndpoint, ...] = (FORMS, SUBMISSIONS, EMAIL_EVENTS, SUBSCRIPTION_TIMELINE, FLOWS)


def ended(today: date) -> list[LegacyEndpoint]:
    """Return the endpoints whose support has ended."""
    return [each for each in ENDPOINTS if each.supported_until <= today]
