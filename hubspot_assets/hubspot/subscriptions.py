"""Who wants which e-mails: the types of subscription, and every change of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import msgspec

from hubspot_assets.hubspot.email_events import instant, window
from hubspot_assets.hubspot.span_read import MOST_IN_FLIGHT, Question, Reply, Span, SpanRead
from hubspot_assets.hubspot.transport import legacy, paths
from hubspot_assets.hubspot.transport.client import Client

PAGE_SIZE = 1_000


class SubscriptionDefinition(msgspec.Struct, frozen=True, rename="camel"):
    """A type of subscription.

    Attributes:
        purpose: `Marketing`, `Sales`, …
        communication_method: `Email`, …
        created_at: ISO 8601 text.
        updated_at: Likewise.
    """

    id: str | int
    name: str | None = None
    description: str | None = None
    purpose: str | None = None
    communication_method: str | None = None
    is_active: bool | None = None
    is_default: bool | None = None
    is_internal: bool | None = None
    business_unit_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class CausedBy(msgspec.Struct, frozen=True):
    """The e-mail event that led to a change, by both parts of its key."""

    id: str | None = None
    created: int | None = None


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One change of one subscription.

    Attributes:
        change: `SUBSCRIBED`, `UNSUBSCRIBED`, `BOUNCED`, …
        change_type: `SUBSCRIPTION_STATUS`, `PORTAL_STATUS`, …
        subscription_id: None where it is about the whole account.
    """

    change: str
    change_type: str | None = None
    source: str | None = None
    subscription_id: int | None = None
    caused_by_event: CausedBy | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """A change, of whom and when.

    Attributes:
        recipient: Address.
        at: Epoch milliseconds.
        change: What changed.
    """

    recipient: str
    at: int
    change: Change


class _Definitions(msgspec.Struct):
    results: list[SubscriptionDefinition]


class _Entry(msgspec.Struct):
    timestamp: int
    recipient: str
    changes: list[Change] = []


class _Timeline(msgspec.Struct, rename="camel"):
    timeline: list[_Entry]
    has_more: bool = False
    offset: str | None = None


def subscription_definitions(client: Client) -> list[SubscriptionDefinition]:
    """Read the types of subscription.

    Raises:
        MissingScopes: The token lacks `communication_preferences.read`.
        HubSpotError: What else the client could not get over.
    """
    return client.get(paths.subscription_definitions(client.api_version)).decode(_Definitions).results


def read_subscription_changes(
    client: Client, spans: Iterable[Span], *, in_flight: int = MOST_IN_FLIGHT
) -> SpanRead[SubscriptionChange]:
    """Return a read of the changes of several spans of time.

    Args:
        client: The HubSpot client.
        spans: What to read, each once.
        in_flight: The most requests at once.

    Iterating raises:
        MissingScopes: The token lacks `content`.
    """
    return SpanRead(partial(_page, client), spans, in_flight=in_flight)


def _page(client: Client, question: Question) -> Reply[SubscriptionChange]:
    answer = client.get(legacy.SUBSCRIPTION_TIMELINE.path, window(question, PAGE_SIZE))
    page = answer.decode(_Timeline)
    changes = [
        SubscriptionChange(entry.recipient, entry.timestamp, change)
        for entry in page.timeline
        for change in entry.changes
    ]
    after = page.offset if page.has_more else None
    return Reply(changes, [instant(each.at) for each in changes], after, answer.received_at)
