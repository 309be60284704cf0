"""Reading records by id: fresh from the primary store, with any number of properties.

Ids that no longer exist are left out of the answer (HubSpot answers 207, or 200 with `errors` since 2026-09).
"""

from collections.abc import Sequence

from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.pages import Page, Results
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client

BATCH_SIZE = 100


def page(
    client: Client,
    object_type_path: str,
    ids: Sequence[int],
    properties: Sequence[str],
    *,
    archived: bool = False,
    covers: IdRange | None = None,
) -> Page:
    """Read up to 100 records by id, in one request.

    Args:
        client: the HubSpot client.
        object_type_path: how object endpoints spell the type.
        ids: at most 100 distinct record ids.
        properties: names of the properties wanted.
        archived: look in the recycle bin instead of among the live records.
        covers: the id range that the caller knows to be complete with these ids.

    Returns:
        The records found, in any order.
    """
    answer = client.post(
        paths.batch_read(client.api_version, object_type_path),
        {"inputs": [{"id": str(id_)} for id_ in ids], "properties": list(properties), "propertiesWithHistory": []},
        {"archived": "true" if archived else "false"},
    )
    return Page(answer.body, len(answer.decode(Results).results), answer.received_at, covers)
