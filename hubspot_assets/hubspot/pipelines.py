"""Pipelines and their stages: what records of an object type go through."""

import msgspec

from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, Forbidden, NotFound


class Stage(msgspec.Struct, frozen=True, rename="camel"):
    """One stage of a pipeline.

    Attributes:
        id: What `dealstage`, `hs_pipeline_stage` and their like hold; unique per object type.
        display_order: Its place; HubSpot sends stages in no order.
        metadata: Texts by name, which differ by object type: `isClosed`, `probability`, `ticketState`, `state`.
        created_at: ISO 8601 text.
        updated_at: Likewise.
    """

    id: str
    label: str | None = None
    display_order: int | None = None
    metadata: dict[str, object] | None = None
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None


class Pipeline(msgspec.Struct, frozen=True, rename="camel"):
    """One pipeline of an object type.

    Attributes:
        id: What `pipeline`, `hs_pipeline` and their like hold.
        display_order: Its place among the pipelines.
        created_at: ISO 8601 text; 1970 for HubSpot's own.
        updated_at: Likewise.
        stages: In HubSpot's order, which is none.
    """

    id: str
    label: str | None = None
    display_order: int | None = None
    archived: bool = False
    created_at: str | None = None
    updated_at: str | None = None
    stages: tuple[Stage, ...] = ()


class _Pipelines(msgspec.Struct):
    results: list[Pipeline]


def pipelines(client: Client, object_type: str) -> list[Pipeline] | None:
    """Read the pipelines of an object type; a deleted one is in no answer.

    Args:
        client: The HubSpot client.
        object_type: Type id or path.

    Returns:
        All of them; None where HubSpot refuses the question: the type has no pipelines (any more), or the
        subscription does not include it. That is no word on what pipelines it had.

    Raises:
        MissingScopes: The token may not read the object type.
        UnknownObjectType: The account has no such object type.
        HubSpotError: What else the client could not get over.
    """
    try:
        answer = client.get(paths.pipelines(client.api_version, object_type))
    except (NotFound, Forbidden):
        return None
    except BadRequest as error:
        if error.status == 400:
            return None
        raise
    return answer.decode(_Pipelines).results
