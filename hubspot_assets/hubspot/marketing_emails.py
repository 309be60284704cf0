"""Marketing e-mails, with what became of them in numbers.

Asked for statistics, HubSpot leaves some e-mails out (seen by Estuary's connector), so every list is read with and
without them, and what both say is put together.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from hubspot_assets.hubspot.listing import id_of, listed
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client

PAGE_SIZE = "300"


@dataclass(frozen=True, slots=True)
class MarketingEmail:
    """A marketing e-mail.

    Attributes:
        id: Its id; e-mail events know it by `email_campaign_ids`.
        archived: Whether it is in the recycle bin.
        fields: All that HubSpot says, without the statistics.
        statistics: Counters, ratios and more; None where HubSpot has none.
    """

    id: str
    archived: bool
    fields: Mapping[str, Any]
    statistics: Mapping[str, Any] | None = None

    @property
    def email_campaign_ids(self) -> list[str]:
        """The ids by which e-mail events (EMAILCAMPAIGNID) name its sendings."""
        named = [*(self.fields.get("allEmailCampaignIds") or ()), self.fields.get("primaryEmailCampaignId")]
        return list(dict.fromkeys(str(each) for each in named if each is not None))


def marketing_emails(client: Client) -> list[MarketingEmail]:
    """Read all marketing e-mails, archived ones too, one per id.

    Raises:
        MissingScopes: The token lacks `content`.
        HubSpotError: What else the client could not get over.
    """
    found: dict[str, MarketingEmail] = {}

    def read(question: tuple[str, str]) -> list[MarketingEmail]:
        archived, with_statistics = question
        params = {"limit": PAGE_SIZE, "archived": archived, "sort": "updatedAt"}
        if with_statistics == "true":
            params["includeStats"] = "true"
        path = paths.marketing_emails(client.api_version)
        return [_email(each, archived=archived == "true") for each in listed(client, path, dict[str, Any], params)]

    # Archived ones last: an e-mail that is archived between the two is then met in both, not in neither.
    for archived in ("false", "true"):
        with ThreadPoolExecutor(2, thread_name_prefix="hubspot-emails") as threads:
            for emails in threads.map(read, ((archived, "false"), (archived, "true"))):
                for email in emails:
                    known = found.get(email.id)
                    kept = email.statistics or (known.statistics if known else None)
                    found[email.id] = replace(email, statistics=kept)
    return list(found.values())


def _email(fields: dict[str, Any], *, archived: bool) -> MarketingEmail:
    statistics = fields.pop("stats", None)
    return MarketingEmail(id_of(fields), bool(fields.get("archived", archived)), fields, statistics or None)
