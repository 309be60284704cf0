"""Reading records by id: fresh from the primary store, with any number of properties.

Ids that no longer exist are left out of the answer. Which those are is for HubSpot to say: what it failed to read is
asked for again, and an id of which it says nothing is asked for alone, by an endpoint that has to say either.
"""

from collections.abc import Sequence

from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.pages import Page, RecordId, Results
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Answer, Client
from hubspot_assets.hubspot.transport.errors import NotFound, PartialAnswer
from hubspot_assets.hubspot.transport.partial import Absences

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
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        ids: At most 100 distinct record ids.
        properties: Names of the properties wanted.
        archived: Look in the recycle bin instead of among the live records.
        covers: The id range that the caller knows to be complete with these ids.

    Returns:
        The records found, in any order. Those left out do not exist: HubSpot said so of each.

    Raises:
        PartialAnswer: HubSpot went on failing to read some of them.
        HubSpotError: What else the client could not get over.
    """
    answer = read(client, object_type_path, ids, properties, archived=archived)
    return Page(answer.body, len(answer.decode(Results).results), answer.received_at, covers)


def read(
    client: Client,
    object_type_path: str,
    ids: Sequence[int],
    properties: Sequence[str],
    *,
    with_history: Sequence[str] = (),
    archived: bool = False,
) -> Answer:
    """Read some records by id, with the versions of some of their values.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        ids: At most 100 distinct record ids, 50 with history.
        properties: Names of the properties wanted.
        with_history: Names of the properties whose versions are wanted.
        archived: Look in the recycle bin instead of among the live records.

    Returns:
        An answer in which every record is that exists.

    Raises:
        PartialAnswer: HubSpot went on failing to read some of them.
        HubSpotError: What else the client could not get over.
    """
    asked = [str(id_) for id_ in ids]
    unaccounted: list[str] = []

    def check(answer: Answer) -> None:
        given = [record.id for record in answer.decode(Results).results]
        unaccounted[:] = Absences(answer).unaccounted(asked, given)

    answer = client.post(
        paths.batch_read(client.api_version, object_type_path),
        {
            "inputs": [{"id": id_} for id_ in asked],
            "properties": list(properties),
            "propertiesWithHistory": list(with_history),
        },
        {"archived": "true" if archived else "false"},
        check=check,
    )
    for id_ in unaccounted:
        if _exists(client, object_type_path, id_, archived=archived):
            raise PartialAnswer(
                f"HubSpot has the record {id_} of {object_type_path}, but a batch that asked for it neither gave "
                "it nor said why not. Run the sync again."
            )
    return answer


def _exists(client: Client, object_type_path: str, id_: str, *, archived: bool) -> bool:
    """Whether there is a record of this very id. One that was merged away may lead to the one it became part of."""
    params = {"properties": "hs_object_id", "archived": "true" if archived else "false"}
    try:
        answer = client.get(paths.record(client.api_version, object_type_path, id_), params)
    except NotFound as error:
        if error.is_about_a_thing:
            return False
        raise
    return answer.decode(RecordId).id == id_
