"""Workflows: which there are, not what they do."""

import msgspec

from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.transport import legacy
from hubspot_assets.hubspot.transport.client import Client

_PAGE_SIZE = "100"


class Workflow(msgspec.Struct, frozen=True, rename="camel"):
    """A workflow.

    Attributes:
        object_type_id: HubSpot's id of the type of the records that go through it.
        revision_id: Moves with every edit.
        created_at: ISO 8601 text.
        updated_at: Likewise.
    """

    id: str
    name: str | None = None
    is_enabled: bool | None = None
    object_type_id: str | None = None
    flow_type: str | None = None
    revision_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


def workflows(client: Client) -> list[Workflow]:
    """Read all workflows, one per id.

    Raises:
        MissingScopes: The token lacks `automation`.
        Forbidden: The same without a scope to name: mostly the subscription lacks workflows.
        HubSpotError: What else the client could not get over.
    """
    found = listed(client, legacy.FLOWS.path, Workflow, {"limit": _PAGE_SIZE})
    return list({each.id: each for each in found}.values())
