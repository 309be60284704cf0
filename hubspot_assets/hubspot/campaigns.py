"""Marketing campaigns, with the properties that may be read of them.

HubSpot's property API lists more of them than the campaigns API gives out, and a single one too many fails a request as
a whole. Which may be read is found out, and worth remembering.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.properties import PropertyDefinition, property_definitions
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, Forbidden, MissingScopes, NotFound, UnknownObjectType

OBJECT_TYPE_ID = "0-35"
PAGE_SIZE = 100
MOST_IN_FLIGHT = 16

USUAL_PROPERTIES = (
    "hs_name", "hs_start_date", "hs_end_date", "hs_notes", "hs_audience", "hs_goal", "hs_owner", "hs_currency_code",
    "hs_campaign_status", "hs_color_hex", "hs_utm", "hs_created_by_user_id", "hs_object_id",
    "hs_budget_items_sum_amount", "hs_spend_items_sum_amount",
)  # fmt: skip
"""What every account can read, for those whose token may not see the definitions."""


class Campaign(msgspec.Struct, frozen=True, rename="camel"):
    """A campaign.

    Attributes:
        id: GUID.
        properties: Texts by name.
        business_units: Those it belongs to.
        created_at: ISO 8601 text.
        updated_at: Likewise.
    """

    id: str
    properties: dict[str, str | None] = {}
    business_units: list[dict[str, Any]] = []
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Campaigns:
    """What was read.

    Attributes:
        campaigns: All of them.
        properties: The definitions of what was asked for.
        refused: Names of the properties that HubSpot lists and refuses; to be remembered.
    """

    campaigns: Sequence[Campaign]
    properties: Sequence[PropertyDefinition]
    refused: frozenset[str]


def campaigns(client: Client, *, refused: Iterable[str] = ()) -> Campaigns:
    """Read all campaigns, with all properties that may be read.

    Args:
        client: The HubSpot client.
        refused: What an earlier read found refused; without it, finding out takes some requests.

    Raises:
        MissingScopes: The token lacks `marketing.campaigns.read`.
        Forbidden: The same without a scope to name: mostly the subscription lacks campaigns.
        HubSpotError: What else the client could not get over.
    """
    known = frozenset(refused)
    definitions = [each for each in _definitions(client) if each.name not in known]
    names = [each.name for each in definitions]
    try:
        found = _read(client, names)
    except BadRequest:
        newly = frozenset(_refused(names, partial(_is_refused, client)))
        known |= newly
        definitions = [each for each in definitions if each.name not in newly]
        found = _read(client, [each.name for each in definitions])
    return Campaigns(found, definitions, known)


def campaign_metrics(client: Client, ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Read what campaigns have brought, several at once; None for one that is gone.

    Raises:
        MissingScopes: The token lacks `marketing.campaigns.read`.
        HubSpotError: What else the client could not get over.
    """

    def read(id_: str) -> dict[str, Any] | None:
        try:
            return client.get(paths.campaign_metrics(client.api_version, id_)).decode(dict[str, Any])
        except NotFound as error:
            if error.is_about_a_thing:
                return None
            raise

    return iter(InFlight(read, ids, most=MOST_IN_FLIGHT))


def _definitions(client: Client) -> Sequence[PropertyDefinition]:
    try:
        return property_definitions(client, OBJECT_TYPE_ID)
    except (MissingScopes, Forbidden, NotFound, UnknownObjectType):
        return [PropertyDefinition(name) for name in USUAL_PROPERTIES]


def _read(client: Client, names: Sequence[str]) -> list[Campaign]:
    params = {"limit": str(PAGE_SIZE), "sort": "updatedAt", "properties": ",".join(names)}
    return list({each.id: each for each in listed(client, _path(client), Campaign, params)}.values())


def _is_refused(client: Client, names: Sequence[str]) -> bool:
    try:
        client.get(_path(client), {"limit": "1", "properties": ",".join(names)})
    except BadRequest:
        return True
    return False


def _refused(names: Sequence[str], is_refused: Callable[[Sequence[str]], bool]) -> Iterator[str]:
    """Which of some properties are refused, where at least one is: found by halves, since HubSpot need not name it."""
    if len(names) == 1:
        yield names[0]
        return
    middle = len(names) // 2
    for half in (names[:middle], names[middle:]):
        if half and is_refused(half):
            yield from _refused(half, is_refused)


def _path(client: Client) -> str:
    return paths.campaigns(client.api_version)
