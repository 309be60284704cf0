"""What the demo company's contacts did: pages they saw, and logins that its own app sent."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from hubspot_assets.demo_portal.clock import DAY, HOUR, instant_text
from hubspot_assets.demo_portal.definitions import PropertyDefinition
from hubspot_assets.demo_portal.events import Event, Events
from hubspot_assets.demo_portal.store import Record, RecordStore

VISITORS = 600
"""At most so many contacts are on the web site at all."""
DAYS = 40

PAGES = (
    ("https://www.demo-company.example/", "Welcome"),
    ("https://www.demo-company.example/pricing", "Pricing"),
    ("https://www.demo-company.example/blog/autumn", "News for autumn"),
    ("https://shop.demo-company.example/cart?coupon=50%25&x=1", "Your cart 🛒"),
)
LOGIN_PROPERTIES = (
    PropertyDefinition("plan", "enumeration", options=("free", "team", "enterprise")),
    PropertyDefinition("seats", "number"),
    PropertyDefinition("trial", "bool"),
    PropertyDefinition("session_started", "datetime"),
    PropertyDefinition("user_agent"),
)


def make_events(events: Events, stores: Mapping[str, RecordStore], now: int, random: Random) -> None:
    """Fill in the events that the account starts with."""
    visitors = sorted(stores["contacts"].live)[:VISITORS]
    events.define("login", LOGIN_PROPERTIES, now - 300 * DAY)
    events.add("e_visited_page", _visits(visitors, now, random))
    events.add(f"pe{events.portal_id}_login", _logins(visitors[::3], now, random))
    events.add("e_deal_closed", _closed_deals(stores["deals"], now))


def synthetic_events(
    records: Sequence[int], *, object_type: str, count: int, start: int, stop: int, random: Random
) -> Iterator[Event]:
    """Any number of events about some records, spread over a span of time."""
    for number in range(count):
        at = start + int(random.random() * (stop - start))
        record = records[number % len(records)]
        url, title = PAGES[number % len(PAGES)]
        yield Event(
            at, f"leviathan-{random.getrandbits(64):016x}-{at}", object_type, record,
            {"hs_url": url, "hs_title": title, "hs_visit_source": "DIRECT_TRAFFIC", "hs_country": ""},
        )  # fmt: skip


def _visits(visitors: Sequence[int], now: int, random: Random) -> Iterator[Event]:
    for visitor in visitors:
        for _ in range(int(random.random() * 4)):
            url, title = random.choice(PAGES)
            at = now - int(random.random() * DAYS * DAY)
            properties = {
                "hs_url": url,
                "hs_title": title,
                "hs_referrer": random.choice(("", "https://search.example/?q=cars")),
                "hs_country": random.choice(("us", "de", "")),
                "hs_device_type": random.choice(("DESKTOP", "MOBILE")),
            }
            yield Event(at, f"{random.randrange(10**8)}-{visitor}-{at}", "CONTACT", visitor, properties)


def _logins(users: Sequence[int], now: int, random: Random) -> Iterator[Event]:
    for user in users:
        for _ in range(int(random.random() * 6)):
            at = now - int(random.random() * DAYS * DAY)
            properties = {
                "plan": random.choice(("free", "team", "enterprise")),
                "seats": random.choice(("1", "25", "1E+3", "many")),
                "trial": random.choice(("true", "false", "")),
                "session_started": instant_text(at - HOUR),
                "user_agent": "DemoApp/3.1 (ok)",
            }
            yield Event(at, f"leviathan-{random.getrandbits(64):016x}-{at}", "CONTACT", user, properties)


def _closed_deals(deals: RecordStore, now: int) -> Iterator[Event]:
    def told(deal: Record, name: str) -> str:
        return (deals.layout.value(deal.values, name) or "") if name in deals.layout.positions else ""

    for deal in deals.live.values():
        stage = told(deal, "dealstage")
        closed = [each.at for each in deal.history or () if each.name == "dealstage" and each.value == stage]
        if stage.startswith("closed") and closed and closed[-1] < now:
            properties = {
                "hs_amount": told(deal, "amount"),
                "hs_closed_state": stage.removeprefix("closed"),
                "hs_pipeline": "default",
                "hs_deal_owner": told(deal, "hubspot_owner_id"),
            }
            yield Event(closed[-1], f"44623425-{deal.id}-{closed[-1]}", "DEAL", deal.id, properties)
