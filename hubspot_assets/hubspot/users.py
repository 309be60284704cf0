"""Who may use the account: its users with their roles, and its teams."""

from collections.abc import Mapping

import msgspec

from hubspot_assets.hubspot.listing import listed
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client

_PAGE_SIZE = "100"


class AccountUser(msgspec.Struct, frozen=True, rename="camel"):
    """A user of the account; one who was removed is in no answer.

    Attributes:
        id: User id, that of `Owner.user_id`.
        role_ids: Roles; a user may have none.
        primary_team_id: The main team.
        secondary_team_ids: Further teams.
        super_admin: Whether the user may do everything.
    """

    id: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role_id: str | None = None
    role_ids: tuple[str, ...] | None = None
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] | None = None
    super_admin: bool | None = None


class Team(msgspec.Struct, frozen=True, rename="camel"):
    """A team of the account.

    Attributes:
        parent_team_id: The team above it; None at the top.
    """

    id: str
    name: str | None = None
    parent_team_id: str | None = None


class _Role(msgspec.Struct):
    id: str
    name: str | None = None


def account_users(client: Client) -> list[AccountUser]:
    """Read all users of the account.

    Raises:
        MissingScopes: The token lacks `settings.users.read` and `crm.objects.users.read`.
        HubSpotError: What else the client could not get over.
    """
    return list(listed(client, paths.users(client.api_version), AccountUser, {"limit": _PAGE_SIZE}))


def role_names(client: Client) -> Mapping[str, str]:
    """Read the names of the roles that users can have, by role id.

    Raises:
        MissingScopes: As for `account_users`.
        HubSpotError: What else the client could not get over.
    """
    return {role.id: role.name or role.id for role in listed(client, paths.roles(client.api_version), _Role)}


def teams(client: Client) -> list[Team]:
    """Read all teams of the account.

    Raises:
        MissingScopes: The token lacks `settings.users.teams.read`.
        HubSpotError: What else the client could not get over.
    """
    return list(listed(client, paths.teams(client.api_version), Team, {"limit": _PAGE_SIZE}))
