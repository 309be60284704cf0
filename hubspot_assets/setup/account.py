"""What a token can read of a HubSpot account, looked at one object type after the other."""

import difflib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from hubspot_assets.catalog.datasets import DATASETS
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.hubspot.account import account, granted_scopes
from hubspot_assets.hubspot.event_definitions import event_types
from hubspot_assets.hubspot.properties import property_definitions
from hubspot_assets.hubspot.schemas import custom_object_types
from hubspot_assets.hubspot.transport import legacy, paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import (
    BudgetsUnavailable,
    ConnectionLost,
    DailyLimitReached,
    ExpiredToken,
    Forbidden,
    HubSpotError,
    InvalidToken,
    MissingScopes,
    RateLimited,
    ServerError,
    UnusableCertificates,
)
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.prerequisite import Prerequisite
from hubspot_assets.sync.object_types import NamedTwice, object_type_called

_PATIENCE = 15.0
"""Seconds; somebody waits for the answer."""
_AT_ONCE = 8
_OF_THE_TOKEN = (InvalidToken, ExpiredToken, MissingScopes, Forbidden)
_OF_THE_LIMITS = (BudgetsUnavailable, DailyLimitReached, RateLimited)
_OF_ALL_TYPES = (InvalidToken, ExpiredToken, *_OF_THE_LIMITS, ConnectionLost, ServerError, UnusableCertificates)
"""What would only be said again of the next object type."""


def account_prerequisites(settings: Settings) -> Iterator[Prerequisite]:
    """Look at the token, each object type, the datasets and the limits, in this order."""
    try:
        with client_of(settings, patience=_PATIENCE) as client:
            yield from _of_account(client, settings)
    except SettingsError as error:
        yield Prerequisite("token", False, str(error))
    except HubSpotError as error:
        yield Prerequisite(_subject(error), False, str(error))


def _of_account(client: Client, settings: Settings) -> Iterator[Prerequisite]:
    details = account(client)
    granted = granted_scopes(client)
    yield Prerequisite("token", True, f"valid for account {details.portal_id} ({details.account_type})")
    not_sold: list[str] = []
    for name in settings.objects:
        found = _object_type(client, name, settings.objects, granted)
        if found is None:
            not_sold.append(name)
        else:
            yield found
    if not_sold:
        yield Prerequisite(
            "subscription",
            True,
            f"the account's subscription does not include {', '.join(not_sold)}: leave them out of HUBSPOT_OBJECTS",
            doubtful=True,
        )
    yield Prerequisite("readable", True, f"HUBSPOT_OBJECTS={','.join(_readable(client, granted))}")
    yield _datasets(settings.datasets, granted)
    yield from _legacy(settings.datasets, client.now().date())
    if settings.events:
        yield _events(client, settings.events)
    yield Prerequisite("limits", True, client.budgets.describe())


def _subject(error: HubSpotError) -> str:
    if isinstance(error, _OF_THE_TOKEN):
        return "token"
    return "limits" if isinstance(error, _OF_THE_LIMITS) else "connection"


def _object_type(
    client: Client, name: str, names: Sequence[str], granted: frozenset[str] | None
) -> Prerequisite | None:
    """Look at one object type; None where the subscription leaves it out, which the scopes do not tell.

    Raises:
        HubSpotError: What the next object type would meet too.
    """
    scopes: tuple[str, ...] = STANDARD_OBJECT_TYPES[name].scopes if name in STANDARD_OBJECT_TYPES else ()
    try:
        object_type = object_type_called(client, name, names)
        properties = property_definitions(client, object_type.path)
        _ask_for_a_record(client, object_type.path)
    except _OF_ALL_TYPES:
        raise
    except (MissingScopes, Forbidden) as error:
        # HubSpot names a scope that the token has where an edition is lacking.
        if granted is not None and not granted.isdisjoint(scopes):
            return None
        return Prerequisite(name, False, str(error))
    except (HubSpotError, NamedTwice) as error:
        return Prerequisite(name, False, str(error))
    held = next((scope for scope in object_type.scopes if granted and scope in granted), None)
    said = f"readable, {len(properties):,} properties" + (f", by the scope {held}" if held else "")
    if properties.refused:
        lacking = sorted({scope for scopes in properties.refused.values() for scope in scopes})
        said += f"; left out for lack of {' or '.join(lacking)}: {', '.join(sorted(properties.refused))}"
    return Prerequisite(name, True, said, doubtful=bool(properties.refused))


def _ask_for_a_record(client: Client, path: str) -> None:
    client.get(paths.objects(client.api_version, path), {"limit": "1", "archived": "false"})


def _readable(client: Client, granted: frozenset[str] | None) -> list[str]:
    """Names of all object types that the token can read, as `HUBSPOT_OBJECTS` takes them."""
    candidates = {
        name: object_type.path
        for name, object_type in STANDARD_OBJECT_TYPES.items()
        if granted is None or not granted.isdisjoint(object_type.scopes)
    }
    try:
        for custom in custom_object_types(client):
            name = custom.name.lower()
            candidates[custom.object_type_id if name in candidates else name] = custom.object_type_id
    except (MissingScopes, Forbidden):
        pass
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = threads.map(lambda path: _can_read(client, path), candidates.values())
        return [name for name, can_read in zip(candidates, answers, strict=True) if can_read]


def _can_read(client: Client, path: str) -> bool:
    try:
        _ask_for_a_record(client, path)
    except _OF_ALL_TYPES:
        raise
    except HubSpotError:
        return False
    return True


def _datasets(names: Sequence[str], granted: frozenset[str] | None) -> Prerequisite:
    lacking = {
        name: missing
        for name in names
        if (missing := [scope for scope in DATASETS[name].scopes if granted is not None and scope not in granted])
    }
    if not lacking:
        return Prerequisite("datasets", True, ", ".join(names) or "none besides the records")
    each = "; ".join(f"{name} needs {', '.join(scopes)}" for name, scopes in lacking.items())
    return Prerequisite(
        "datasets",
        False,
        f"the access token lacks scopes: {each}. Add them to the service key or app in HubSpot's settings, or leave "
        "these datasets out of HUBSPOT_DATASETS",
    )


def _legacy(names: Sequence[str], today: date) -> Iterator[Prerequisite]:
    """Warn of datasets whose only source HubSpot has ended the support of."""
    ended = {each for each in legacy.ended(today) if set(each.datasets) & set(names)}
    for each in sorted(ended, key=lambda endpoint: endpoint.path):
        yield Prerequisite(
            "legacy",
            True,
            f"HubSpot has ended the support of {each.path}, the source of {each.gives}, on {each.supported_until}: "
            "it may stop to answer any day. Look for a newer version of hubspot_assets",
            doubtful=True,
        )


def _events(client: Client, names: Sequence[str]) -> Prerequisite:
    try:
        known = {each.lower() for each in event_types(client)}
    except Forbidden as error:
        return Prerequisite("events", False, f"{error} Unset HUBSPOT_EVENTS")
    if strangers := [name for name in names if name not in known]:
        near = [each for name in strangers for each in difflib.get_close_matches(name, known, n=1)]
        meant = f" (did you mean {', '.join(near)}?)" if near else ""
        return Prerequisite(
            "events", False, f"HUBSPOT_EVENTS names {', '.join(strangers)}{meant}, which the account does not have"
        )
    return Prerequisite("events", True, ", ".join(names))
