"""The tables of marketing events and of who took part."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.marketing_events import MarketingEvent, Participations
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import column, instant, json_text, satellite, text, whole
from hubspot_assets.tables.schema import ColumnType

MARKETING_EVENTS = satellite(
    "MARKETING_EVENTS",
    "Marketing events: webinars, fairs and their like.",
    [
        whole("MARKETINGEVENTID", "HubSpot's id of the event."),
        text("NAME", "Its name."),
        text("TYPE", "WEBINAR, CONFERENCE …"),
        text("ORGANIZER", "Who holds it."),
        text("DESCRIPTION", "What it is about."),
        text("URL", "Its page."),
        text("EXTERNALEVENTID", "Its id in the app that told HubSpot of it."),
        instant("STARTAT", "When it begins"),
        instant("ENDAT", "When it ends"),
        column("CANCELLED", pa.bool_(), "Whether it was called off."),
        column("COMPLETED", pa.bool_(), "Whether it is over."),
        whole("REGISTRANTS", "How many registered."),
        whole("ATTENDEES", "How many came."),
        whole("CANCELLATIONS", "How many cancelled."),
        whole("NOSHOWS", "How many did not come; -1 where HubSpot does not know."),
        text("DEFINITION", "All else that HubSpot says, as JSON."),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited"),
        instant("DELETEDAT", "When a sync first knew that the event is gone; NULL while it is there"),
    ],
    key=("MARKETINGEVENTID",),
    json=("DEFINITION",),
)
PARTICIPATIONS = satellite(
    "MARKETING_EVENT_PARTICIPATIONS",
    "Who took part in marketing events, and how.",
    [
        text("PARTICIPATIONID", "HubSpot's id of the participation."),
        whole("MARKETINGEVENTID", "The event."),
        whole("CONTACTID", "The contact."),
        text("EMAIL", "The contact's address."),
        text("ATTENDANCESTATE", "REGISTERED, ATTENDED, CANCELLED, NO_SHOW or EMPTY."),
        column("ATTENDANCEPERCENTAGE", ColumnType.NUMBER.arrow, "Which part of the event the contact was there for."),
        whole("ATTENDANCEDURATIONSECONDS", "For how long."),
        instant("OCCURREDAT", "Since when it is in this state"),
        instant("CREATEDAT", "When it was made"),
        instant("REMOVEDAT", "When a sync first knew that the participation is gone; NULL while it is there"),
    ],
    key=("PARTICIPATIONID",),
)

_BY_COLUMN = {
    "NAME": "eventName", "TYPE": "eventType", "ORGANIZER": "eventOrganizer", "DESCRIPTION": "eventDescription",
    "URL": "eventUrl", "EXTERNALEVENTID": "externalEventId", "STARTAT": "startDateTime", "ENDAT": "endDateTime",
    "CANCELLED": "eventCancelled", "COMPLETED": "eventCompleted", "REGISTRANTS": "registrants",
    "ATTENDEES": "attendees", "CANCELLATIONS": "cancellations", "NOSHOWS": "noShows", "CREATEDAT": "createdAt",
    "UPDATEDAT": "updatedAt",
}  # fmt: skip
_OF_COLUMNS = frozenset({*_BY_COLUMN.values(), "objectId"})


def marketing_event_rows(events: Sequence[MarketingEvent], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return marketing events as rows of MARKETING_EVENTS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    rest = [{name: value for name, value in each.fields.items() if name not in _OF_COLUMNS} for each in events]
    return filled(
        MARKETING_EVENTS,
        {
            "MARKETINGEVENTID": [each.id for each in events],
            **{name: [each.fields.get(field) for each in events] for name, field in _BY_COLUMN.items()},
            "DEFINITION": [json_text(each or None) for each in rest],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def participation_rows(read: Participations, *, sync_id: str) -> pa.Table:
    """Return the participations in one marketing event as rows of MARKETING_EVENT_PARTICIPATIONS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    participations = read.participations
    properties = [each.properties for each in participations]
    contacts = [each.associations.contact for each in participations]
    return filled(
        PARTICIPATIONS,
        {
            "PARTICIPATIONID": [each.id for each in participations],
            "MARKETINGEVENTID": [read.event_id] * len(participations),
            "CONTACTID": [each.contact_id for each in contacts],
            "EMAIL": [each.email for each in contacts],
            "ATTENDANCESTATE": [each.attendance_state for each in properties],
            "ATTENDANCEPERCENTAGE": [each.attendance_percentage for each in properties],
            "ATTENDANCEDURATIONSECONDS": [each.attendance_duration_seconds for each in properties],
            "OCCURREDAT": [each.occurred_at for each in properties],
            "CREATEDAT": [each.created_at for each in participations],
        },
        read_at=read.read_at,
        sync_id=sync_id,
    )
