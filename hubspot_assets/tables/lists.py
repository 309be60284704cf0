"""The tables of lists and of who is in them."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.list_members import Members
from hubspot_assets.hubspot.lists import RecordList
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import instant, satellite, text, whole

LISTS = satellite(
    "LISTS",
    "Lists (segments) of all object types.",
    (
        text("LISTID", "HubSpot's id of the list."),
        text("NAME", "Its name."),
        text("OBJECTTYPEID", "HubSpot's id of the object type of its members."),
        text("PROCESSINGTYPE", "MANUAL, DYNAMIC or SNAPSHOT."),
        text("PROCESSINGSTATUS", "COMPLETE, PROCESSING (members still come and go) or PAUSED."),
        whole("LISTSIZE", "How many members it has, as HubSpot counts."),
        whole("LISTVERSION", "Moves with the list's definition."),
        text("FOLDERNAME", "The folder that it is filed in."),
        instant("LASTRECORDADDEDAT", "When a record last joined, by HubSpot"),
        instant("LASTRECORDREMOVEDAT", "When a record last left, by HubSpot"),
        instant("FILTERSUPDATEDAT", "When its conditions were last changed"),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited (UTC); members who join or leave do not move it."),
        text("CREATEDBYID", "The user who made it."),
        text("UPDATEDBYID", "The user who last edited it."),
        instant("DELETEDAT", "When a sync first knew that the list is gone; NULL while it is there"),
    ),
    key=("LISTID",),
)

LIST_MEMBERSHIPS = satellite(
    "LIST_MEMBERSHIPS",
    "Which records are in which lists, and which were.",
    (
        text("LISTID", "The list."),
        whole("OBJECTID", "The record that is in it."),
        text("OBJECTTYPEID", "HubSpot's id of the object type of the record."),
        instant("MEMBERSHIPAT", "Since when it is in the list, for the last time"),
        instant("REMOVEDAT", "When a sync first knew that the record is no longer in it; NULL while it is"),
    ),
    key=("LISTID", "OBJECTID"),
)


def list_rows(lists: Sequence[RecordList], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return lists as rows of LISTS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    return filled(
        LISTS,
        {
            "LISTID": [each.list_id for each in lists],
            "NAME": [each.name for each in lists],
            "OBJECTTYPEID": [each.object_type_id for each in lists],
            "PROCESSINGTYPE": [each.processing_type for each in lists],
            "PROCESSINGSTATUS": [each.processing_status for each in lists],
            "LISTSIZE": [each.size for each in lists],
            "LISTVERSION": [each.list_version for each in lists],
            "FOLDERNAME": [each.folder_name for each in lists],
            "LASTRECORDADDEDAT": [each.last_record_added_at for each in lists],
            "LASTRECORDREMOVEDAT": [each.last_record_removed_at for each in lists],
            "FILTERSUPDATEDAT": [each.filters_updated_at for each in lists],
            "CREATEDAT": [each.created_at for each in lists],
            "UPDATEDAT": [each.updated_at for each in lists],
            "CREATEDBYID": [each.created_by_id for each in lists],
            "UPDATEDBYID": [each.updated_by_id for each in lists],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def membership_rows(members: Members, object_type_id: str | None, *, sync_id: str) -> pa.Table:
    """Return the members of one list as rows of LIST_MEMBERSHIPS.

    Args:
        members: Who is in the list.
        object_type_id: The list's.
        sync_id: The sync that writes them.

    Raises:
        UnreadableAnswer: HubSpot sent an unreadable instant.
    """
    return filled(
        LIST_MEMBERSHIPS,
        {
            "LISTID": [members.list_id] * len(members),
            "OBJECTID": pa.array(members.record_ids, pa.int64()),
            "OBJECTTYPEID": [object_type_id] * len(members),
            "MEMBERSHIPAT": members.joined_at,
        },
        read_at=members.read_at,
        sync_id=sync_id,
    )
