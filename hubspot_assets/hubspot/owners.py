"""The owners that records belong to: people, people who left, and queues."""

import msgspec

from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client

_PAGE_SIZE = 500


class OwnerTeam(msgspec.Struct, frozen=True):
    """A team of an owner.

    Attributes:
        id: The team's.
        name: The team's.
        primary: Whether it is the owner's main team.
    """

    id: str
    name: str | None = None
    primary: bool | None = None


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """Whom `hubspot_owner_id` names.

    Attributes:
        id: Owner id; neither the user's id nor that of the user's record (object type 0-115).
        type: `PERSON` or `QUEUE`.
        email: None for queues.
        user_id: None for queues, and for owners that are archived.
        user_id_including_inactive: The same, also for archived ones.
        created_at: ISO 8601 text.
        updated_at: Likewise; changes of a user's rights do not move it.
        archived: Whether the user is no longer in the account. HubSpot does not say since when.
        teams: Those the owner is in.
    """

    id: str
    type: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: int | None = None
    user_id_including_inactive: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    archived: bool = False
    teams: tuple[OwnerTeam, ...] | None = None


def owners(client: Client) -> list[Owner]:
    """Read all owners, archived ones too, one per id.

    Raises:
        MissingScopes: The token lacks `crm.objects.owners.read`.
        HubSpotError: What else the client could not get over.
    """
    found: dict[str, Owner] = {}
    # Archived ones last: whoever leaves between the two requests is then met in both, not in neither.
    for archived in ("false", "true"):
        params = {"limit": str(_PAGE_SIZE), "archived": archived}
        for owner in listed(client, paths.owners(client.api_version), Owner, params):
            found[owner.id] = owner
    return list(found.values())
