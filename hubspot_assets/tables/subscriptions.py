"""The tables of the types of subscription, and of every change of one."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.subscriptions import SubscriptionChange, SubscriptionDefinition
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.satellite import column, instant, satellite, text, whole

WHOLE_ACCOUNT = 0
"""SUBSCRIPTIONID of a change that is about all subscriptions."""

SUBSCRIPTION_DEFINITIONS = satellite(
    "SUBSCRIPTION_DEFINITIONS",
    "The types of subscription.",
    [
        whole("SUBSCRIPTIONID", "HubSpot's id of the type."),
        text("NAME", "Its name."),
        text("DESCRIPTION", "What it is for."),
        text("PURPOSE", "Marketing, Sales …"),
        text("COMMUNICATIONMETHOD", "Email …"),
        column("ISACTIVE", pa.bool_(), "Whether it is in use."),
        column("ISDEFAULT", pa.bool_(), "Whether it came with HubSpot."),
        column("ISINTERNAL", pa.bool_(), "Whether recipients do not see it."),
        whole("BUSINESSUNITID", "The business unit; 0 for the account as such."),
        instant("CREATEDAT", "When it was made"),
        instant("UPDATEDAT", "When it was last edited"),
        instant("DELETEDAT", "When a sync first knew that the type is gone; NULL while it is there"),
    ],
    key=("SUBSCRIPTIONID",),
)
SUBSCRIPTION_CHANGES = satellite(
    "SUBSCRIPTION_CHANGES",
    "Every change of a subscription of an address.",
    [
        text("RECIPIENT", "The address."),
        instant("OCCURREDAT", "When it changed"),
        whole("SUBSCRIPTIONID", "The type of subscription; 0 for the whole account."),
        text("CHANGE", "SUBSCRIBED, UNSUBSCRIBED …"),
        text("CHANGETYPE", "SUBSCRIPTION_STATUS, PORTAL_STATUS …"),
        text("SOURCE", "Who changed it: SOURCE_RECIPIENT, SOURCE_MARKETING_EMAIL …"),
        text("CAUSEDBYEVENTID", "The e-mail event that led to it (EMAIL_EVENTS)."),
        instant("CAUSEDBYEVENTCREATED", "When that happened"),
    ],
    key=("RECIPIENT", "OCCURREDAT", "SUBSCRIPTIONID", "CHANGE"),
    immutable=True,
)


def definition_rows(definitions: Sequence[SubscriptionDefinition], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return types of subscription as rows of SUBSCRIPTION_DEFINITIONS.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    return filled(
        SUBSCRIPTION_DEFINITIONS,
        {
            "SUBSCRIPTIONID": [each.id for each in definitions],
            "NAME": [each.name for each in definitions],
            "DESCRIPTION": [each.description for each in definitions],
            "PURPOSE": [each.purpose for each in definitions],
            "COMMUNICATIONMETHOD": [each.communication_method for each in definitions],
            "ISACTIVE": [each.is_active for each in definitions],
            "ISDEFAULT": [each.is_default for each in definitions],
            "ISINTERNAL": [each.is_internal for each in definitions],
            "BUSINESSUNITID": [each.business_unit_id for each in definitions],
            "CREATEDAT": [each.created_at for each in definitions],
            "UPDATEDAT": [each.updated_at for each in definitions],
        },
        read_at=read_at,
        sync_id=sync_id,
    )


def change_rows(changes: Sequence[SubscriptionChange], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return changes as rows of SUBSCRIPTION_CHANGES.

    Raises:
        UnreadableAnswer: HubSpot sent a value that does not fit its column.
    """
    causes = [each.change.caused_by_event for each in changes]
    return filled(
        SUBSCRIPTION_CHANGES,
        {
            "RECIPIENT": [each.recipient for each in changes],
            "OCCURREDAT": [each.at for each in changes],
            "SUBSCRIPTIONID": [each.change.subscription_id or WHOLE_ACCOUNT for each in changes],
            "CHANGE": [each.change.change for each in changes],
            "CHANGETYPE": [each.change.change_type for each in changes],
            "SOURCE": [each.change.source for each in changes],
            "CAUSEDBYEVENTID": [each.id if each else None for each in causes],
            "CAUSEDBYEVENTCREATED": [each.created if each else None for each in causes],
        },
        read_at=read_at,
        sync_id=sync_id,
    )
