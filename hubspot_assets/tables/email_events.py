"""The table of e-mail events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.email_events import EmailEvent
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import instant, json_text, satellite, text, whole

EMAIL_EVENTS = satellite(
    "EMAIL_EVENTS",
    "What became of marketing e-mails: one row per event.",
    [
        text("ID", "HubSpot's id of the event; unique together with CREATED."),
        instant("CREATED", "When it happened"),
        text("TYPE", "SENT, DELIVERED, OPEN, CLICK, BOUNCE, DROPPED, STATUSCHANGE …; NULL when a bounce is undone."),
        text("RECIPIENT", "The address that the e-mail went to."),
        whole("EMAILCAMPAIGNID", "The sending (MARKETING_EMAILS.EMAILCAMPAIGNIDS)."),
        whole("APPID", "The part of HubSpot that sent it."),
        text("SENTBYID", "The event of the sending."),
        instant("SENTBYCREATED", "When that was"),
        text("DETAILS", "All else that HubSpot says, as JSON."),
    ],
    key=("ID", "CREATED"),
    json=("DETAILS",),
    immutable=True,
)

_OF_COLUMNS = frozenset({"id", "created", "type", "recipient", "emailCampaignId", "appId", "sentBy", "portalId"})


def email_event_rows(events: Sequence[EmailEvent], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return e-mail events as rows of EMAIL_EVENTS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    fields = [each.fields for each in events]
    sent_by = [_sent_by(each) for each in fields]
    rest = [{name: value for name, value in each.items() if name not in _OF_COLUMNS} for each in fields]
    return filled(
        EMAIL_EVENTS,
        {
            "ID": [each.id for each in events],
            "CREATED": [each.created for each in events],
            "TYPE": [each.get("type") for each in fields],
            "RECIPIENT": [each.get("recipient") for each in fields],
            "EMAILCAMPAIGNID": [each.get("emailCampaignId") for each in fields],
            "APPID": [each.get("appId") for each in fields],
            "SENTBYID": [each.get("id") for each in sent_by],
            "SENTBYCREATED": [each.get("created") for each in sent_by],
            "DETAILS": [json_text(each or None) for each in rest],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def _sent_by(event: Mapping[str, Any]) -> Mapping[str, Any]:
    sent_by = event.get("sentBy")
    return sent_by if isinstance(sent_by, Mapping) else {}
