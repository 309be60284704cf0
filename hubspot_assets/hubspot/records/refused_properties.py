"""Properties whose values a credential may not read, though it sees that they exist.

HubSpot refuses a whole request that names one of them (403, with the scope that is missing), so they must be known
before anything is read. They belong to classes that share a scope (sensitive, highly sensitive); a class is refused or
granted as one.
"""

from collections.abc import Sequence
from itertools import accumulate

from hubspot_assets.hubspot.records.scan import LONGEST_PROPERTY_LIST
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes


def refused_properties(
    client: Client, object_type_path: str, classes: Sequence[Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Find out which properties may not be read.

    Costs no request where there is nothing to find out, and one where all may be read.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        classes: Names of properties, those together that share a scope.

    Returns:
        The refused ones: Name to the scopes of which one is missing (empty where HubSpot names none).

    Raises:
        MissingScopes: The object type may not be read at all.
        Forbidden: Likewise, without a scope to name.
        HubSpotError: What else the client could not get over.
    """
    doubtful = [names for names in classes if names]
    if not doubtful:
        return {}
    refusal = _refusal(client, object_type_path, doubtful)
    if refusal is None:
        return {}
    _read(client, object_type_path, [["hs_object_id"]])
    refusals = [refusal] if len(doubtful) == 1 else [_refusal(client, object_type_path, [names]) for names in doubtful]
    return {
        name: scopes for names, scopes in zip(doubtful, refusals, strict=True) if scopes is not None for name in names
    }


def _refusal(client: Client, object_type_path: str, classes: Sequence[Sequence[str]]) -> tuple[str, ...] | None:
    """Return the scopes that HubSpot misses where it refuses the properties, None where it gives them."""
    try:
        _read(client, object_type_path, classes)
    except MissingScopes as error:
        return error.scopes
    except Forbidden:
        return ()
    return None


def _read(client: Client, object_type_path: str, classes: Sequence[Sequence[str]]) -> None:
    """Read one record, with as many properties of each class as fit into a URL; one would do."""
    names = [name for names in classes for name in _fitting(names, LONGEST_PROPERTY_LIST // len(classes))]
    client.get(paths.objects(client.api_version, object_type_path), {"limit": "1", "properties": ",".join(names)})


def _fitting(names: Sequence[str], most_bytes: int) -> Sequence[str]:
    ends = accumulate(len(name) + len(",") for name in names)
    return names[: sum(end <= most_bytes for end in ends)]
