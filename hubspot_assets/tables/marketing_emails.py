"""The table of marketing e-mails."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.marketing_emails import MarketingEmail
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import column, instant, json_text, satellite, text, whole

COUNTERS: Mapping[str, tuple[str, str]] = {
    "SENT": ("sent", "How many were sent."),
    "DELIVERED": ("delivered", "How many arrived."),
    "OPENED": ("open", "How many were opened."),
    "CLICKED": ("click", "In how many a link was clicked."),
    "BOUNCED": ("bounce", "How many came back."),
    "UNSUBSCRIBED": ("unsubscribed", "After how many the recipient unsubscribed."),
}
"""Columns of counters: HubSpot's name, and what is counted."""

MARKETING_EMAILS = satellite(
    "MARKETING_EMAILS",
    "Marketing e-mails, archived ones too, with what became of them.",
    [
        text("EMAILID", "HubSpot's id of the e-mail."),
        text("NAME", "Its name, for those who write it."),
        text("SUBJECT", "Its subject, for those who read it."),
        text("STATE", "DRAFT, PUBLISHED, AUTOMATED …"),
        text("TYPE", "BATCH_EMAIL, AUTOMATED_EMAIL …"),
        text("CAMPAIGNID", "The campaign that it belongs to (CAMPAIGNS)."),
        text("EMAILCAMPAIGNIDS", "Its sendings (EMAIL_EVENTS.EMAILCAMPAIGNID): a JSON list."),
        instant("PUBLISHEDAT", "When it was sent, or will be"),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited"),
        column("ARCHIVED", pa.bool_(), "Whether it is in HubSpot's recycle bin."),
        text("STATISTICS", "Counters, ratios and more, as JSON; NULL where HubSpot has none."),
        *(whole(name, comment) for name, (_, comment) in COUNTERS.items()),
        text("DEFINITION", "All else that HubSpot says, as JSON."),
        instant("DELETEDAT", "When a sync first knew that the e-mail is gone; NULL while it is there"),
    ],
    key=("EMAILID",),
    json=("EMAILCAMPAIGNIDS", "STATISTICS", "DEFINITION"),
)

_OF_COLUMNS = ("id", "name", "subject", "state", "type", "createdAt", "updatedAt", "archived")


def email_rows(emails: Sequence[MarketingEmail], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return marketing e-mails as rows of MARKETING_EMAILS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    fields = [each.fields for each in emails]
    counters = [_counters(each) for each in emails]
    rest = [{name: value for name, value in each.items() if name not in _OF_COLUMNS} for each in fields]
    return filled(
        MARKETING_EMAILS,
        {
            "EMAILID": [each.id for each in emails],
            "NAME": [each.get("name") for each in fields],
            "SUBJECT": [each.get("subject") for each in fields],
            "STATE": [each.get("state") for each in fields],
            "TYPE": [each.get("type") for each in fields],
            "CAMPAIGNID": [each.get("campaign") for each in fields],
            "EMAILCAMPAIGNIDS": [json_text(each.email_campaign_ids) for each in emails],
            "PUBLISHEDAT": [each.get("publishDate") or each.get("publishedAt") for each in fields],
            "CREATEDAT": [each.get("createdAt") for each in fields],
            "UPDATEDAT": [each.get("updatedAt") for each in fields],
            "ARCHIVED": [each.archived for each in emails],
            "STATISTICS": [json_text(each.statistics) for each in emails],
            **{name: [each.get(counter) for each in counters] for name, (counter, _) in COUNTERS.items()},
            "DEFINITION": [json_text(each) for each in rest],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def _counters(email: MarketingEmail) -> Mapping[str, Any]:
    counters = (email.statistics or {}).get("counters")
    return counters if isinstance(counters, Mapping) else {}
