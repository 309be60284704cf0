"""The datasets that can stand beside the records: a table of data, no logic.

Scopes follow HubSpot's references (https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/scopes)
and answers recorded on live accounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dataset:
    """Something that a sync reads besides the records of object types.

    Attributes:
        name: What `HUBSPOT_DATASETS` takes (`marketing_emails`).
        description: What it is, for people.
        scopes: All scopes that reading it needs; none where the scopes of the records are enough.
        subscription: What of HubSpot an account must have bought; None where every account has it.
    """

    name: str
    description: str
    scopes: tuple[str, ...] = ()
    subscription: str | None = None


# fmt: off
DATASETS: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("associations", "Which record is associated with which, by every label."),
        Dataset("owners", "Owners, teams, and the account's users.",
                ("crm.objects.owners.read", "settings.users.read", "settings.users.teams.read")),
        Dataset("pipelines", "Pipelines and their stages."),
        Dataset("definitions", "Definitions of object types, and the labels of associations."),
        Dataset("property_history", "Every change of chosen properties that HubSpot still knows."),
        Dataset("lists", "Lists (segments), and which records are in them.", ("crm.lists.read",)),
        Dataset("forms", "Forms and their submissions.", ("forms",)),
        Dataset("marketing_emails", "Marketing emails and their statistics.", ("content",)),
        Dataset("campaigns", "Campaigns and their metrics.", ("marketing.campaigns.read",),
                "Marketing Hub Professional"),
        Dataset("email_events", "What became of each marketing email: sent, opened, clicked, bounced.", ("content",)),
        Dataset("subscriptions", "Types of subscription, and every change of one.",
                ("communication_preferences.read", "content"), "Marketing Hub Starter"),
        Dataset("workflows", "Workflows.", ("automation",), "a Professional edition"),
        Dataset("marketing_events", "Marketing events and who took part.", ("crm.objects.marketing_events.read",)),
    )
}
# fmt: on

DEFAULT_DATASETS: tuple[str, ...] = ("associations", "owners", "pipelines", "definitions")
