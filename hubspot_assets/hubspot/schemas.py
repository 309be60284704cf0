"""Object types that an account has defined for itself, and finding the one a user means."""

import difflib
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot import lenient
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes, UnknownObjectType

_log = logging.getLogger(__name__)


class Labels(msgspec.Struct, frozen=True):
    """How people call records of the type."""

    singular: str | None = None
    plural: str | None = None


class CustomObjectType(msgspec.Struct, frozen=True, rename="camel"):
    """An object type of an account's own making.

    Attributes:
        object_type_id: `2-…`; every endpoint takes it.
        name: Internal name (`cars`); endpoints do not take it.
        fully_qualified_name: Name with the account's id (`p7654321_cars`); endpoints take it.
        labels: How people call it.
        description: What it is for.
        archived: Whether it was deleted.
    """

    object_type_id: str
    name: str
    fully_qualified_name: str = ""
    labels: Labels = Labels()
    description: str | None = None
    archived: bool | None = None

    @property
    def label(self) -> str:
        """Plural, for people."""
        return self.labels.plural or self.labels.singular or self.name

    @property
    def singular_label(self) -> str:
        """Singular, for people."""
        return self.labels.singular or self.name

    def is_called(self, name: str) -> bool:
        """Return whether a user may mean this type by `name`; case does not matter."""
        return name.casefold() in {
            self.object_type_id.casefold(),
            self.name.casefold(),
            self.fully_qualified_name.casefold(),
        }


def custom_object_types(client: Client) -> list[CustomObjectType]:
    """Read the account's custom object types, those in use.

    Raises:
        MissingScopes: The credential may not read them, or the subscription has none.
        HubSpotError: What else the client could not get over.
    """
    answer = client.get(
        paths.schemas(client.api_version),
        {
            "archived": "false",
            "includePropertyDefinitions": "false",
            "includeAssociationDefinitions": "false",
        },
    )
    types = map(_custom_object_type, lenient.results(answer))
    return [type_ for type_ in types if type_ is not None and not type_.archived]


def _custom_object_type(received: Mapping[str, Any]) -> CustomObjectType | None:
    """Return a schema as people typed it; None without an id, by which alone it could be asked for."""
    object_type_id = lenient.text(received.get("objectTypeId"))
    if not object_type_id:
        _log.warning("A custom object of the account has no type id, so HubSpot cannot be asked for it.")
        return None
    labels = received.get("labels")
    labels = labels if isinstance(labels, dict) else {}
    return CustomObjectType(
        object_type_id=object_type_id,
        name=lenient.text(received.get("name")) or object_type_id,
        fully_qualified_name=lenient.text(received.get("fullyQualifiedName")),
        labels=Labels(lenient.text(labels.get("singular")) or None, lenient.text(labels.get("plural")) or None),
        description=lenient.text(received.get("description")) or None,
        archived=lenient.flag(received.get("archived")),
    )


def resolve_object_type(client: Client, name: str) -> CustomObjectType:
    """Find the custom object type that a user means.

    Args:
        client: The HubSpot client.
        name: Its name (`cars`), fully qualified name (`p7654321_cars`) or type id (`2-1234567`).

    Raises:
        UnknownObjectType: There is none, more than one, or custom objects may not be read at all; the message
            names what comes near.
        HubSpotError: What else the client could not get over.
    """
    return find_object_type(candidates(client, name), name)


def candidates(client: Client, name: str) -> list[CustomObjectType]:
    """Read the custom object types among which the one must be that a user means.

    Raises:
        UnknownObjectType: Custom objects may not be read at all; the message names standard types that come near.
        HubSpotError: What else the client could not get over.
    """
    try:
        return custom_object_types(client)
    except (MissingScopes, Forbidden) as error:
        lacking = f": it lacks {' or '.join(error.scopes)}" if isinstance(error, MissingScopes) else ""
        raise UnknownObjectType(
            f"{name!r} is not a standard object type, and the access token may not read the account's custom "
            f"objects{lacking}. {_advice((), name)}".rstrip()
        ) from error


def find_object_type(types: Sequence[CustomObjectType], name: str) -> CustomObjectType:
    """Find the custom object type that a user means, among those already read.

    Raises:
        UnknownObjectType: There is none, or more than one; the message names what comes near.
    """
    found = [type_ for type_ in types if type_.is_called(name.strip())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = " or ".join(type_.object_type_id for type_ in found)
        raise UnknownObjectType(f"Several custom objects are called {name!r}; say which by type id: {ids}.")
    own = ", ".join(f"{type_.name} ({type_.object_type_id})" for type_ in types)
    listed = f"The account's custom objects are: {own}." if own else "The account has no custom objects."
    raise UnknownObjectType(f"HubSpot has no object type called {name!r}. {_advice(types, name) or listed}")


def _advice(types: Sequence[CustomObjectType], name: str) -> str:
    """Return names that a user may have meant; empty where none comes near."""
    spelt: dict[str, str] = {}
    for object_type in STANDARD_OBJECT_TYPES.values():
        for spelling in (object_type.name, object_type.path, object_type.label):
            spelt[_plain(spelling)] = object_type.name
    for type_ in types:
        for spelling in (type_.name, type_.fully_qualified_name, type_.labels.singular, type_.labels.plural):
            if spelling:
                spelt[_plain(spelling)] = type_.name
    meant = _plain(name)
    near = [meant] if meant in spelt else difflib.get_close_matches(meant, spelt, n=3, cutoff=0.6)
    names = dict.fromkeys(spelt[spelling] for spelling in near)
    return f"Did you mean {' or '.join(names)}?" if names else ""


def _plain(spelling: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", spelling.strip().casefold())
