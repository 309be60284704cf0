"""Marketing e-mails, with what became of them in numbers.

Asked for statistics, HubSpot leaves some e-mails out (seen by Estuary's connector), so every list is read with and
without them, and what both say is put together.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.listing import id_of, listed
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import NotFound

PAGE_SIZE = "300"
MOST_IN_FLIGHT = 8


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


def marketing_emails(client: Client, *, updated_after: datetime | None = None) -> list[MarketingEmail]:
    """Read marketing e-mails, archived ones too, one per id.

    Args:
        client: The HubSpot client.
        updated_after: Only those edited after this (aware); openings and clicks are not edits, see `statistics_of`.

    Raises:
        MissingScopes: The token lacks `content`.
        HubSpotError: What else the client could not get over.
    """
    window = {} if updated_after is None else {"updatedAfter": _text(updated_after)}
    found: dict[str, MarketingEmail] = {}

    def read(question: tuple[str, str]) -> list[MarketingEmail]:
        archived, with_statistics = question
        params = {"limit": PAGE_SIZE, "archived": archived, "sort": "updatedAt", **window}
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


def statistics_of(client: Client, emails: Iterable[MarketingEmail]) -> list[MarketingEmail]:
    """Read e-mails again one by one, for their statistics; those that are gone are left out.

    Raises:
        MissingScopes: The token lacks `content`.
        HubSpotError: What else the client could not get over.
    """

    def read(email: MarketingEmail) -> MarketingEmail | None:
        params = {"includeStats": "true", "archived": str(email.archived).lower()}
        try:
            answer = client.get(paths.marketing_email(client.api_version, email.id), params)
        except NotFound as error:
            if error.is_about_a_thing:
                return None
            raise
        return _email(answer.decode(dict[str, Any]), archived=email.archived)

    return [each for _, each in InFlight(read, emails, most=MOST_IN_FLIGHT) if each is not None]


def _email(fields: dict[str, Any], *, archived: bool) -> MarketingEmail:
    statistics = fields.pop("stats", None)
    return MarketingEmail(id_of(fields), bool(fields.get("archived", archived)), fields, statistics or None)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
