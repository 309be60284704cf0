"""Marketing e-mails, campaigns, workflows, subscription types and marketing events."""

from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import instant_text, parse_instant
from hubspot_assets.demo_portal.cursors import packed, unpacked
from hubspot_assets.demo_portal.errors import invalid, resource_not_found
from hubspot_assets.demo_portal.things import Thing

CAMPAIGN_SCOPE = "marketing.campaigns.read"
MARKETING_EVENT_SCOPE = "crm.objects.marketing_events.read"
READABLE_CAMPAIGN_PROPERTIES = (
    "hs_name", "hs_start_date", "hs_end_date", "hs_notes", "hs_audience", "hs_goal", "hs_owner", "hs_currency_code",
    "hs_campaign_status", "hs_color_hex", "hs_utm", "hs_created_by_user_id", "hs_object_id",
    "hs_budget_items_sum_amount", "hs_spend_items_sum_amount",
)  # fmt: skip
UNREADABLE_CAMPAIGN_PROPERTIES = ("hs_createdate", "hs_lastmodifieddate", "hs_all_owner_ids", "hs_origin_asset_id")
"""The property API lists these too, and the campaigns API refuses them."""
CUSTOM_CAMPAIGN_PROPERTIES = ("launch_region",)
AMOUNTS = ("hs_budget_items_sum_amount", "hs_spend_items_sum_amount")


def list_emails(call: Call) -> Answer:
    """Marketing e-mails, archived or not; with statistics, those that have none are left out."""
    call.token.require("content")
    limit, stats = call.limit(10, 300), call.flag("includeStats")
    after, before = _bound(call, "updatedAfter"), _bound(call, "updatedBefore")
    emails = []
    for each in call.account.things.of("marketing_emails").values():
        updated = parse_instant(each["updatedAt"]) or 0
        wanted = each.get("archived", False) == call.flag("archived") and (not stats or each.get("stats"))
        if wanted and (after is None or updated > after) and (before is None or updated < before):
            emails.append(each)
    if call.parameter("sort") in ("updatedAt", "-updatedAt"):
        emails.sort(key=lambda each: (each["updatedAt"], each["id"]), reverse=call.parameter("sort")[0] == "-")
    return _page(call, [_email(each, stats=stats) for each in emails], limit, total=True)


def read_email(call: Call) -> Answer:
    """One marketing e-mail."""
    call.token.require("content")
    email = call.account.things.of("marketing_emails").get(call.parameters["id"])
    if email is None or email.get("archived", False) != call.flag("archived"):
        raise resource_not_found()
    return answer(_email(email, stats=call.flag("includeStats")))


def _email(email: Thing, *, stats: bool) -> Thing:
    return {name: value for name, value in email.items() if value is not None and (stats or name != "stats")}


def list_campaigns(call: Call) -> Answer:
    """Campaigns with the properties asked for: a single one that may not be read fails them all."""
    call.token.require(CAMPAIGN_SCOPE)
    limit, names = call.limit(50, 100), call.names("properties")
    for name in names:
        if name not in (*READABLE_CAMPAIGN_PROPERTIES, *CUSTOM_CAMPAIGN_PROPERTIES):
            raise invalid("The request asks for a property that campaigns do not have")
    campaigns = sorted(
        call.account.things.of("campaigns").values(),
        key=lambda each: each["updatedAt"],
        reverse=call.parameter("sort").startswith("-"),
    )
    rows = [
        {**each, "properties": {name: each["properties"].get(name) for name in names if name in each["properties"]}}
        for each in campaigns
    ]
    return _page(call, rows, limit, total=True)


def read_metrics(call: Call) -> Answer:
    """What a campaign has brought."""
    call.token.require(CAMPAIGN_SCOPE)
    metrics = call.account.things.of("campaign_metrics").get(call.parameters["id"])
    if metrics is None:
        raise resource_not_found()
    return answer({name: value for name, value in metrics.items() if name not in ("createdAt", "updatedAt")})


def list_campaign_properties(call: Call) -> Answer:
    """The definitions of campaigns' properties, also of those that may not be read."""
    call.token.require(CAMPAIGN_SCOPE)
    if call.parameter("dataSensitivity", "non_sensitive") != "non_sensitive":
        return answer({"results": []})
    own, others = CUSTOM_CAMPAIGN_PROPERTIES, (*READABLE_CAMPAIGN_PROPERTIES, *UNREADABLE_CAMPAIGN_PROPERTIES)
    results = [
        {
            "name": name,
            "label": name.removeprefix("hs_").replace("_", " ").capitalize(),
            "type": "number" if name in AMOUNTS else "date" if name.endswith("_date") else "string",
            "fieldType": "text",
            "groupName": "campaign",
            "hubspotDefined": name not in own,
        }
        for name in (*others, *own)
    ]
    return answer({"results": results})


def list_workflows(call: Call) -> Answer:
    """Workflows, without what they do."""
    call.token.require("automation")
    return _page(call, list(call.account.things.of("workflows").values()), call.limit(100, 100))


def list_subscriptions(call: Call) -> Answer:
    """The types of subscription: all in one answer, under another name in v3."""
    call.token.require("communication_preferences.read")
    definitions = list(call.account.things.of("subscriptions").values())
    if call.version == "v3":
        return answer({"subscriptionDefinitions": definitions})
    now = instant_text(call.account.clock.now())
    return answer({"status": "COMPLETE", "results": definitions, "startedAt": now, "completedAt": now})


def list_marketing_events(call: Call) -> Answer:
    """Marketing events."""
    call.token.require(MARKETING_EVENT_SCOPE)
    return _page(call, list(call.account.things.of("marketing_events").values()), call.limit(10, 100))


def list_participations(call: Call) -> Answer:
    """Who takes part in one marketing event, and how."""
    call.token.require(MARKETING_EVENT_SCOPE)
    id_, state = call.parameters["id"], call.parameter("state")
    if id_ not in call.account.things.of("marketing_events"):
        raise resource_not_found()
    bodies = [each.body for each in call.account.things.moments("participations", id_)]
    if state:
        bodies = [each for each in bodies if each["properties"]["attendanceState"] == state]
    return _page(call, bodies, call.limit(10, 100), total=True)


def _bound(call: Call, name: str) -> int | None:
    text = call.parameter(name)
    at = parse_instant(text) if text else None
    if text and at is None:
        raise invalid(f"{name} is an ISO 8601 instant, not {text}")
    return at


def _page(call: Call, rows: Sequence[Mapping[str, Any]], limit: int, *, total: bool = False) -> Answer:
    """A page of rows in a fixed order, by a cursor that nobody is meant to read."""
    cursor, start = call.parameter("after"), 0
    if cursor:
        place = unpacked(cursor)
        if not isinstance(place, dict) or not isinstance(place.get("position"), int):
            raise invalid("Invalid paging cursor", after=[cursor])
        start = place["position"]
    body: dict[str, object] = {"results": rows[start : start + limit]}
    if total:
        body["total"] = len(rows)
    if start + limit < len(rows):
        after = packed({"position": start + limit})
        body["paging"] = {"next": {"after": after, "link": call.link(after)}}
    return answer(body)._replace(rows=len(rows[start : start + limit]))


ENDPOINTS = (
    Endpoint("GET", "/marketing/emails", list_emails),
    Endpoint("GET", "/marketing/emails/{id}", read_email),
    Endpoint("GET", "/marketing/campaigns", list_campaigns),
    Endpoint("GET", "/marketing/campaigns/{id}/reports/metrics", read_metrics),
    Endpoint("GET", "/crm/properties/0-35", list_campaign_properties),
    Endpoint("GET", "/automation/flows", list_workflows),
    Endpoint("GET", "/communication-preferences/definitions", list_subscriptions),
    Endpoint("GET", "/marketing/marketing-events", list_marketing_events),
    Endpoint("GET", "/marketing/marketing-events/participations/{id}/breakdown", list_participations),
)
