"""The marketing of the demo company, all of a piece.

Campaigns have e-mails, e-mails go to contacts who open and click them or leave, forms are filled in by contacts, and
marketing events are attended by them.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID

from hubspot_assets.demo_portal.clock import DAY, HOUR, MINUTE, instant_text
from hubspot_assets.demo_portal.store import Record, RecordStore
from hubspot_assets.demo_portal.things import Things

AUDIENCE = 400
"""At most so many contacts are written to."""

CAMPAIGNS = ("Autumn launch", "Customer stories", "Partner programme 🤝")
EMAILS = (
    ("Autumn news", "News for autumn 🍂", "AUTOMATED", "PUBLISHED"),
    ("Price list 2026", "Our new prices", "BATCH_EMAIL", "PUBLISHED"),
    ("Invitation to the open day", "You are invited", "BATCH_EMAIL", "PUBLISHED"),
    ("Webinar follow-up", "Thank you for coming", "BATCH_EMAIL", "PUBLISHED"),
    ("Draft, do not send", "tbd", "BATCH_EMAIL", "DRAFT"),
    ("Old newsletter", "Spring", "BATCH_EMAIL", "PUBLISHED"),
)
ARCHIVED_EMAILS = ("Old newsletter",)
FORMS = (
    ("Contact us", "hubspot"),
    ("Newsletter sign-up", "hubspot"),
    ("Pop-up: 10 % off", "flow"),
    ("Legacy web shop form", "captured"),
    ("Blog comments", "blog_comment"),
    ("Old brochure request", "hubspot"),
)
ARCHIVED_FORMS = ("Old brochure request",)
SUBSCRIPTIONS = (("Marketing Information", "Marketing"), ("Product news", "Marketing"), ("One to One", "Sales"))
WORKFLOWS = (("Welcome series", "0-1", True), ("Deal handover", "0-3", True), ("Ticket escalation", "0-5", False))
MARKETING_EVENTS = (("Open day", "CONFERENCE", -30), ("Webinar: fleet care", "WEBINAR", -12), ("Fair 2027", "EXPO", 90))

COUNTERS = ("sent", "delivered", "open", "click", "bounce", "unsubscribed")
APP_ID = 113


def make_marketing(things: Things, stores: Mapping[str, RecordStore], now: int, random: Random) -> None:
    """Fill in what the account's marketing starts with."""
    store = stores["contacts"]
    audience = [(record, store.layout.value(record.values, "email") or "") for record in _live(store)[:AUDIENCE]]
    people = [(record, email) for record, email in audience if "@" in email]
    _campaigns(things, now)
    _emails(things, people, now, random)
    _forms(things, people, now, random)
    _subscriptions(things, people, now, random)
    for number, (name, type_id, enabled) in enumerate(WORKFLOWS):
        made = now - (200 - number) * DAY
        flow = {
            "id": str(44_000_000 + number), "name": name, "isEnabled": enabled, "objectTypeId": type_id,
            "flowType": "WORKFLOW", "revisionId": str(3 + number), "createdAt": instant_text(made),
        }  # fmt: skip
        things.put("workflows", flow["id"], flow, made + 9 * DAY)
    _marketing_events(things, people, now, random)


def email_event(random: Random, at: int, kind: str, recipient: str, campaign_id: int, **more: object) -> dict[str, Any]:
    """One e-mail event as the legacy API writes it."""
    return {
        "id": str(UUID(int=random.getrandbits(128), version=4)),
        "created": at,
        "type": kind,
        "recipient": recipient,
        "portalId": 7654321,
        "appId": APP_ID,
        "appName": "Batch",
        "emailCampaignId": campaign_id,
        **more,
    }


def synthetic_email_events(
    recipients: Sequence[str], campaigns: Sequence[int], count: int, start: int, stop: int, random: Random
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Any number of e-mail events, spread over a span of time."""
    for number in range(count):
        at = start + int(random.random() * (stop - start))
        kind = ("SENT", "DELIVERED", "OPEN", "CLICK")[number % 4]
        recipient, campaign = recipients[number % len(recipients)], campaigns[number % len(campaigns)]
        yield at, email_event(random, at, kind, recipient, campaign)


def campaign_id(number: int) -> str:
    """The GUID of a campaign."""
    return str(UUID(int=0xC0FFEE00 + number, version=4))


def _live(store: RecordStore) -> list[Record]:
    return [store.live[each] for each in store.ids(archived=False)]


def _campaigns(things: Things, now: int) -> None:
    for number, name in enumerate(CAMPAIGNS):
        made = now - (120 - 30 * number) * DAY
        properties = {
            "hs_name": name,
            "hs_start_date": instant_text(made)[:10],
            "hs_campaign_status": "active" if number else "completed",
            "hs_owner": "41629779",
            "hs_currency_code": "USD",
            "hs_budget_items_sum_amount": f"{5_000 * (number + 1)}.00",
            "hs_notes": "" if number else "All channels",
            "launch_region": ("EMEA", "AMER", "")[number],
        }
        id_ = campaign_id(number)
        things.put("campaigns", id_, {"id": id_, "properties": properties, "businessUnits": [{"id": 0}]}, made)
        metrics = {"influencedContacts": 40 * number, "newContactsFirstTouch": 3, "newContactsLastTouch": 5}
        things.put("campaign_metrics", id_, {**metrics, "sessions": 900 + number}, made)


def _emails(things: Things, people: Sequence[tuple[Record, str]], now: int, random: Random) -> None:
    for number, (name, subject, type_, state) in enumerate(EMAILS):
        sent = state == "PUBLISHED"
        made, id_, send_id = now - (75 - 12 * number) * DAY, str(90_000_000_000 + number), 371_000 + number
        published = made + DAY
        recipients = [email for _, email in people if random.random() < 0.5] if sent else []
        counters: dict[str, int] = dict.fromkeys(COUNTERS, 0)
        events = [
            event
            for recipient in recipients
            for event in _journey(recipient, send_id, published + int(random.random() * HOUR), random)
        ]
        things.happened("email_events", "", events)
        for _, event in events:
            kind = str(event["type"])
            counters["unsubscribed" if kind == "STATUSCHANGE" else kind.lower()] += 1
        email = {
            "id": id_,
            "name": name,
            "subject": subject,
            "state": state,
            "type": type_,
            "campaign": campaign_id(number % len(CAMPAIGNS)),
            "campaignName": CAMPAIGNS[number % len(CAMPAIGNS)],
            "allEmailCampaignIds": [str(send_id)] if sent else [],
            "primaryEmailCampaignId": str(send_id) if sent else None,
            "publishDate": instant_text(published) if sent else None,
            "createdAt": instant_text(made),
            "archived": name in ARCHIVED_EMAILS,
            "content": {"templatePath": "@hubspot/email/dnd/welcome.html", "widgets": {}},
            "stats": {"counters": counters, "ratios": {"openratio": 41.5}, "deviceBreakdown": {}} if sent else None,
        }
        things.put("marketing_emails", id_, email, published)


def _journey(recipient: str, send_id: int, at: int, random: Random) -> Iterator[tuple[int, dict[str, Any]]]:
    """What becomes of one e-mail to one person; later events name the one that sent it."""
    sent = email_event(random, at, "SENT", recipient, send_id, subject="…", **{"from": "Demo <hi@demo-portal.example>"})
    yield at, sent
    sent_by = {"sentBy": {"id": sent["id"], "created": at}}
    at += MINUTE
    if random.random() < 0.03:
        yield at, email_event(random, at, "BOUNCE", recipient, send_id, category="UNKNOWN_USER", **sent_by)
        return
    yield at, email_event(random, at, "DELIVERED", recipient, send_id, **sent_by)
    if random.random() < 0.4:
        at += int(random.random() * 20 * HOUR)
        yield at, email_event(random, at, "OPEN", recipient, send_id, deviceType="COMPUTER", duration=4_000, **sent_by)
        if random.random() < 0.3:
            at += MINUTE
            link = {"url": "https://www.demo-company.example/?a=1&b=ü"}
            yield at, email_event(random, at, "CLICK", recipient, send_id, **link, **sent_by)
        elif random.random() < 0.05:
            at += MINUTE
            yield at, email_event(random, at, "STATUSCHANGE", recipient, send_id, source="SOURCE_RECIPIENT", **sent_by)


def _forms(things: Things, people: Sequence[tuple[Record, str]], now: int, random: Random) -> None:
    for number, (name, kind) in enumerate(FORMS):
        id_, made = str(UUID(int=0xF0F0 + number, version=4)), now - (300 - number) * DAY
        form = {
            "id": id_,
            "name": name,
            "formType": kind,
            "archived": name in ARCHIVED_FORMS,
            "createdAt": instant_text(made),
            "fieldGroups": [{"fields": [{"name": "email", "objectTypeId": "0-1", "required": True}]}],
            "configuration": {"language": "en"},
        }
        if form["archived"]:
            form["archivedAt"] = instant_text(made + 50 * DAY)
        things.put("forms", id_, form, made + 50 * DAY)
        if kind != "blog_comment":
            senders = [email for _, email in people if random.random() < 0.2]
            things.happened("submissions", id_, (_submission(each, now, random) for each in senders))


def _submission(email: str, now: int, random: Random) -> tuple[int, dict[str, Any]]:
    at = now - int(random.random() * 200 * DAY) - 1
    return at, submission(random, at, email, identified=random.random() < 0.9)


def submission(random: Random, at: int, email: str, *, identified: bool = True) -> dict[str, Any]:
    """One submission of a form; not every one has an id."""
    body: dict[str, Any] = {
        "submittedAt": at,
        "values": [
            {"name": "email", "value": email, "objectTypeId": "0-1"},
            {
                "name": "message",
                "value": random.choice(("Please call me", "", "Größe L, bitte 🙏")),
                "objectTypeId": "0-1",
            },
        ],
        "pageUrl": "https://www.demo-company.example/contact?utm_source=x",
    }
    return {"conversionId": str(UUID(int=random.getrandbits(128), version=4)), **body} if identified else body


def _subscriptions(things: Things, people: Sequence[tuple[Record, str]], now: int, random: Random) -> None:
    ids = []
    for number, (name, purpose) in enumerate(SUBSCRIPTIONS):
        made = now - 500 * DAY
        definition = {
            "id": str(7_001 + number), "name": name, "description": f"{name} by e-mail", "purpose": purpose,
            "communicationMethod": "Email", "isActive": True, "isDefault": number == 0, "isInternal": number == 2,
            "businessUnitId": 0, "createdAt": instant_text(made),
        }  # fmt: skip
        things.put("subscriptions", definition["id"], definition, made)
        ids.append(7_001 + number)
    for _, email in people:
        if random.random() < 0.15:
            at = now - int(random.random() * 60 * DAY) - 1
            whole = random.random() < 0.2
            changes = [subscription_change(None if whole else random.choice(ids), "UNSUBSCRIBED", random)]
            things.happened("subscription_changes", "", [(at, _timeline(email, at, changes))])


def subscription_change(subscription_id: int | None, change: str, random: Random) -> dict[str, Any]:
    """One change of a subscription, or of all of them."""
    caused = {"causedByEvent": {"id": str(UUID(int=random.getrandbits(128), version=4)), "created": 1_790_841_603_000}}
    return {
        "change": change,
        "source": "SOURCE_RECIPIENT",
        "changeType": "PORTAL_STATUS" if subscription_id is None else "SUBSCRIPTION_STATUS",
        **({} if subscription_id is None else {"subscriptionId": subscription_id}),
        **(caused if random.random() < 0.5 else {}),
    }


def _timeline(email: str, at: int, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"timestamp": at, "portalId": 7654321, "recipient": email, "changes": list(changes)}


def _marketing_events(things: Things, people: Sequence[tuple[Record, str]], now: int, random: Random) -> None:
    for number, (name, kind, days) in enumerate(MARKETING_EVENTS):
        id_, start = str(55_500_000 + number), now + days * DAY
        guests = [person for person in people if random.random() < 0.15]
        counts = dict.fromkeys(("REGISTERED", "ATTENDED", "CANCELLED", "NO_SHOW"), 0)
        for record, email in guests:
            state = random.choice(tuple(counts)) if days < 0 else "REGISTERED"
            counts[state] += 1
            at = min(start, now) - int(random.random() * 5 * DAY)
            body = participation(random, at, state, id_, name, record.id, email)
            things.happened("participations", id_, [(at, body)])
        event = {
            "objectId": id_, "eventName": name, "eventType": kind, "eventOrganizer": "Demo company",
            "eventDescription": f"{name}, with coffee", "eventUrl": "https://www.demo-company.example/events",
            "startDateTime": instant_text(start), "endDateTime": instant_text(start + 6 * HOUR),
            "eventCancelled": False, "eventCompleted": days < 0, "externalEventId": f"ext-{number}",
            "registrants": len(guests), "attendees": counts["ATTENDED"], "cancellations": counts["CANCELLED"],
            "noShows": counts["NO_SHOW"] if days < 0 else -1, "customProperties": [],
            "createdAt": instant_text(now - 100 * DAY),
        }  # fmt: skip
        things.put("marketing_events", id_, event, now - 100 * DAY)


def participation(
    random: Random, at: int, state: str, event_id: str, event_name: str, contact_id: int, email: str
) -> dict[str, Any]:
    """One contact's part in a marketing event."""
    properties: dict[str, Any] = {"occurredAt": at, "attendanceState": state}
    if state == "ATTENDED":
        properties |= {"attendancePercentage": "0.8", "attendanceDurationSeconds": 1_800}
    return {
        "id": str(random.getrandbits(48)),
        "createdAt": instant_text(at),
        "properties": properties,
        "associations": {
            "contact": {"contactId": str(contact_id), "email": email},
            "marketingEvent": {"marketingEventId": event_id, "name": event_name},
        },
    }
