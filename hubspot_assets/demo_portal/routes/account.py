"""The account itself: who it is, how much it holds, and what a token may do."""

from datetime import UTC, datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import SECOND
from hubspot_assets.demo_portal.errors import credentials_missing, invalid
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.people import OWNERS
from hubspot_assets.demo_portal.portal_types import PortalType

RECORDS_LIMIT = 15_000_000
LIBRARY_TYPES = ("services", "courses", "listings", "appointments", "projects")


def details(call: Call) -> Answer:
    """The account's id, time zone, currencies and home; any token may ask."""
    account = call.account
    now = datetime.fromtimestamp(account.clock.now() / 1000, UTC).astimezone(ZoneInfo(account.time_zone))
    offset = now.utcoffset()
    seconds = round(offset.total_seconds()) if offset is not None else 0
    sign, (hours, rest) = "-" if seconds < 0 else "+", divmod(abs(seconds), 3600)
    return answer(
        {
            "portalId": account.portal_id,
            "accountType": "STANDARD",
            "timeZone": account.time_zone,
            "companyCurrency": "USD",
            "additionalCurrencies": ["EUR", "GBP"],
            "utcOffset": f"{sign}{hours:02}:{rest // 60:02}",
            "utcOffsetMilliseconds": seconds * SECOND,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
    )


def token_information(call: Call) -> Answer:
    """What a private-app token or service key may do."""
    token = call.account.tokens.find(str(call.json().get("tokenKey", "")))
    if token is None or not token.private:
        raise credentials_missing()
    return answer(
        {
            "userId": OWNERS[0].user_id,
            "hubId": call.account.portal_id,
            "appId": 1_234_567,
            "scopes": sorted(token.scopes),
        }
    )


def refresh_token(call: Call) -> Answer:
    """OAuth: a new access token for a refresh token, which stays the same."""
    form = {name: values[-1] for name, values in parse_qs(call.body.decode(errors="replace")).items()}
    if form.get("grant_type") != "refresh_token":
        raise invalid("grant_type must be refresh_token", grant_type=[form.get("grant_type", "")])
    token = call.account.tokens.refresh(
        form.get("client_id", ""), form.get("client_secret", ""), form.get("refresh_token", "")
    )
    seconds = (token.expires_at or 0) - call.account.clock.now()
    return answer(
        {
            "token_type": "bearer",
            "access_token": token.value,
            "refresh_token": form["refresh_token"],
            "hub_id": call.account.portal_id,
            "scopes": sorted(token.scopes),
            "expires_in": round(seconds / SECOND),
        }
    )


def record_limits(call: Call) -> Answer:
    """How many live records the account has of each type."""
    may_read = [each for each in call.account.types if call.token.may(*each.scopes)]
    if not may_read:
        call.token.require("crm.objects.contacts.read")
    custom = [_usage(call, each) for each in may_read if each.custom]
    used = sum(len(call.account.stores[each.name].live) for each in may_read if each.custom)
    return answer(
        {
            "hubspotDefinedObjectTypes": [_usage(call, each) for each in may_read if not each.custom],
            "customObjectTypes": {"overallLimit": RECORDS_LIMIT, "overallUsage": used, "byObjectType": custom},
        }
    )


def _usage(call: Call, object_type: PortalType) -> dict[str, object]:
    usage = len(call.account.stores[object_type.name].live)
    return {
        "objectTypeId": object_type.object_type_id,
        "singularLabel": object_type.singular_label,
        "pluralLabel": object_type.label,
        "limit": RECORDS_LIMIT,
        "usage": usage,
        "percentage": round(100 * usage / RECORDS_LIMIT, 2),
    }


def library(call: Call) -> Answer:
    """Which object types of the library are enabled: here all are."""
    return answer(
        {"enablementByObjectTypeId": {call.account.types.named(each).object_type_id: True for each in LIBRARY_TYPES}}
    )


ENDPOINTS = (
    Endpoint("GET", "/account-info/details", details),
    Endpoint("GET", "/crm/limits/records", record_limits),
    Endpoint("GET", "/crm/object-library/enablement", library),
    Endpoint("POST", "/oauth/private-apps/get/access-token-info", token_information, Bucket.NONE),
    Endpoint("POST", "/oauth/token", refresh_token, Bucket.NONE),
)
OPEN_ENDPOINTS = frozenset({"/oauth/private-apps/get/access-token-info", "/oauth/token"})
"""Endpoints that need no `Authorization` header."""
