"""What one search tells of an object type: how many live records it has, and which were modified last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client


@dataclass(frozen=True, slots=True)
class Modified:
    """A record as search knows it.

    Attributes:
        id: Its id.
        created_at: When it was created (aware, UTC).
        modified_at: When it was last modified (aware, UTC).
    """

    id: int
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Newest:
    """The live records of an object type.

    Attributes:
        total: How many there are, by the search index.
        records: Those modified last, the latest first. A record modified again since the index learned of it is left
            out where it stands too low: a search for what changed would not find it yet.
    """

    total: int
    records: Sequence[Modified]


class _Record(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime
    updated_at: datetime


class _Results(msgspec.Struct):
    results: list[_Record]
    total: int


def newest(client: Client, object_type_path: str, last_modified_property: str, *, limit: int = 100) -> Newest:
    """Ask, in one request, for the newest records and the number of all.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        last_modified_property: The property that tells when a record was last modified.
        limit: How many records, at most 200.

    Raises:
        HubSpotError: HubSpot refused (a type that cannot be searched: BadRequest or NotFound), kept failing, or did
            not tell how many there are.
    """
    body = {
        "filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]}],
        "sorts": [{"propertyName": last_modified_property, "direction": "DESCENDING"}],
        "properties": [last_modified_property],
        "limit": limit,
    }
    found = client.post(paths.search(client.api_version, object_type_path), body, budget=Budget.SEARCH).decode(_Results)
    records: list[Modified] = []
    for each in found.results:
        record = Modified(int(each.id), each.created_at.astimezone(UTC), each.updated_at.astimezone(UTC))
        if not records or record.modified_at <= records[-1].modified_at:
            records.append(record)
    return Newest(found.total, records)
