"""What object types mean and how they may be associated: HubSpot's own types and the account's.

HubSpot has no list of all association types. The schema of an object type names those that lead from it, and the
labels of a pair tell how users read them, and their category.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from hubspot_assets.hubspot.associations import pair_not_allowed
from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.schemas import CustomObjectType
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import (
    BadRequest,
    Forbidden,
    HubSpotError,
    MissingScopes,
    NotFound,
    UnknownObjectType,
)

CUSTOM_OBJECTS = "custom objects"
"""Key of `ObjectTypeDefinitions.refused` for all custom objects together."""

_IN_FLIGHT = 4


class AssociationDefinition(msgspec.Struct, frozen=True, rename="camel"):
    """One way in which records of a type can be associated with those of another, as its schema names it.

    Attributes:
        id: Type id (a text here), unique for the pair and direction.
        name: HubSpot's internal name, which users cannot change.
        cardinality: `ONE_TO_ONE` or `ONE_TO_MANY`, seen from the first.
        max_to_object_ids: How many records one may be associated with.
    """

    id: str | int
    from_object_type_id: str
    to_object_type_id: str
    name: str | None = None
    cardinality: str | None = None
    inverse_cardinality: str | None = None
    max_to_object_ids: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ObjectTypeDefinition(CustomObjectType, frozen=True, rename="camel"):
    """An object type, of the account's own making or one of HubSpot's.

    Attributes:
        primary_display_property: The property that names a record.
        created_at: ISO 8601 text; None for HubSpot's own types.
        updated_at: Likewise.
        associations: Types of the associations that lead from it.
    """

    primary_display_property: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    associations: tuple[AssociationDefinition, ...] | None = None


class AssociationLabel(msgspec.Struct, frozen=True, rename="camel"):
    """One type of the associations from one object type to another, as users know it.

    Attributes:
        category: `HUBSPOT_DEFINED`, `USER_DEFINED`, `INTEGRATOR_DEFINED` or `WORK`.
        type_id: Unique within its category and direction.
        label: None for the plain type; users may change a label of theirs.
    """

    category: str
    type_id: int
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectTypeDefinitions:
    """The object types of an account.

    Attributes:
        types: One per object type that HubSpot told about.
        refused: What it refused, and why: type ids, or `CUSTOM_OBJECTS`. It says nothing about whether they exist.
    """

    types: Sequence[ObjectTypeDefinition]
    refused: Mapping[str, HubSpotError]


class _Schemas(msgspec.Struct):
    results: list[ObjectTypeDefinition]


class _Labels(msgspec.Struct):
    results: list[AssociationLabel]


def object_type_definitions(client: Client, standard_type_ids: Iterable[str]) -> ObjectTypeDefinitions:
    """Read the definitions of some of HubSpot's object types, and of all custom ones.

    Args:
        client: The HubSpot client.
        standard_type_ids: `0-1`, `0-2` …: each takes a request, all custom objects together take one.

    Raises:
        HubSpotError: What the client could not get over; refusals are no error.
    """
    refused: dict[str, HubSpotError] = {}
    found: list[ObjectTypeDefinition] = []
    asked = [CUSTOM_OBJECTS, *standard_type_ids]
    with ThreadPoolExecutor(_IN_FLIGHT) as threads:
        for name, answer in zip(asked, threads.map(lambda name: _definitions(client, name), asked), strict=True):
            if isinstance(answer, HubSpotError):
                refused[name] = answer
            else:
                found += answer
    return ObjectTypeDefinitions(found, refused)


def association_labels(client: Client, from_type: str, to_type: str) -> list[AssociationLabel]:
    """Read the types of the associations from one object type to another.

    Args:
        client: The HubSpot client.
        from_type: Type id or path.
        to_type: Type id or path.

    Raises:
        PairNotAllowed: The account does not associate these types.
        MissingScopes: The token may not read one of them.
        Forbidden: The same without a scope to name.
        HubSpotError: What else the client could not get over.
    """
    path = paths.association_labels(client.api_version, from_type, to_type)
    try:
        return client.get(path, budget=Budget.ASSOCIATIONS).decode(_Labels).results
    except BadRequest as error:
        if error.status == 400:
            raise pair_not_allowed(error, from_type, to_type) from error
        raise


def _definitions(client: Client, name: str) -> list[ObjectTypeDefinition] | HubSpotError:
    params = {"includePropertyDefinitions": "false", "includeAssociationDefinitions": "true"}
    try:
        if name != CUSTOM_OBJECTS:
            return [client.get(paths.schema(client.api_version, name), params).decode(ObjectTypeDefinition)]
        answer = client.get(paths.schemas(client.api_version), {"archived": "true", **params})
        return answer.decode(_Schemas).results
    except (MissingScopes, Forbidden, NotFound, BadRequest, UnknownObjectType) as error:
        return error
