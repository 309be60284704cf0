"""The tables of the people of an account: OWNERS, OWNER_TEAMS, TEAMS and ACCOUNT_USERS."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.owners import Owner
from hubspot_assets.hubspot.users import AccountUser, Team
from hubspot_assets.tables.satellite import column, instant, json_text, moment, rows_of, satellite, text

OWNERS = satellite(
    "OWNERS",
    "Whom records belong to: the people that HUBSPOT_OWNER_ID names, those who left, and queues.",
    [
        text("OWNERID", "HubSpot's id of the owner; what PROPERTY_HUBSPOT_OWNER_ID holds."),
        text("EMAIL", "Address; NULL for queues."),
        text("FIRSTNAME", "First name, or the name of the queue."),
        text("LASTNAME", "Last name."),
        text("TYPE", "PERSON or QUEUE."),
        column("USERID", pa.int64(), "The user; NULL for queues and for owners who are archived."),
        column("USERIDINCLUDINGINACTIVE", pa.int64(), "The user, also where the owner is archived."),
        column("ARCHIVED", pa.bool_(), "Whether the user is no longer in the account."),
        instant("CREATEDAT", "When the owner was created"),
        instant("UPDATEDAT", "When the owner was last modified"),
        instant("DELETEDAT", "When a sync first knew that HubSpot has the owner in no list; NULL while it has"),
    ],
    key=("OWNERID",),
)
OWNER_TEAMS = satellite(
    "OWNER_TEAMS",
    "Which owners are in which teams.",
    [
        text("OWNERID", "The owner."),
        text("TEAMID", "The team."),
        text("TEAMNAME", "The team's name."),
        column("ISPRIMARY", pa.bool_(), "Whether it is the owner's main team."),
        instant("REMOVEDAT", "When a sync first knew that the owner is no longer in it; NULL while it is"),
    ],
    key=("OWNERID", "TEAMID"),
)
TEAMS = satellite(
    "TEAMS",
    "The teams of the account, with those above them.",
    [
        text("TEAMID", "HubSpot's id of the team."),
        text("NAME", "Name."),
        text("PARENTTEAMID", "The team above it; NULL at the top."),
        instant("DELETEDAT", "When a sync first knew that the team is gone; NULL while it is there"),
    ],
    key=("TEAMID",),
)
ACCOUNT_USERS = satellite(
    "ACCOUNT_USERS",
    "Who may use the HubSpot account, and as what.",
    [
        column("USERID", pa.int64(), "HubSpot's id of the user; OWNERS.USERID is the same."),
        text("EMAIL", "Address."),
        text("FIRSTNAME", "First name."),
        text("LASTNAME", "Last name."),
        text("ROLEIDS", "The user's roles: a JSON list of ids."),
        text("ROLENAMES", "Their names, in the same order: a JSON list."),
        text("PRIMARYTEAMID", "The main team."),
        text("SECONDARYTEAMIDS", "Further teams: a JSON list of ids."),
        column("SUPERADMIN", pa.bool_(), "Whether the user may do everything."),
        instant("DELETEDAT", "When a sync first knew that the user was removed; NULL while there"),
    ],
    key=("USERID",),
    json=("ROLEIDS", "ROLENAMES", "SECONDARYTEAMIDS"),
)


def owner_rows(owners: Iterable[Owner], read_at: datetime, sync_id: str) -> pa.Table:
    """Return the rows of OWNERS."""
    rows = (
        {
            "OWNERID": owner.id,
            "EMAIL": owner.email,
            "FIRSTNAME": owner.first_name,
            "LASTNAME": owner.last_name,
            "TYPE": owner.type,
            "USERID": owner.user_id,
            "USERIDINCLUDINGINACTIVE": owner.user_id_including_inactive,
            "ARCHIVED": owner.archived,
            "CREATEDAT": moment(owner.created_at),
            "UPDATEDAT": moment(owner.updated_at),
        }
        for owner in owners
    )
    return rows_of(OWNERS, rows, read_at, sync_id)


def owner_team_rows(owners: Iterable[Owner], read_at: datetime, sync_id: str) -> pa.Table:
    """Return the rows of OWNER_TEAMS, which HubSpot tells together with the owners."""
    rows = (
        {"OWNERID": owner.id, "TEAMID": team.id, "TEAMNAME": team.name, "ISPRIMARY": team.primary}
        for owner in owners
        for team in owner.teams or ()
    )
    return rows_of(OWNER_TEAMS, rows, read_at, sync_id)


def team_rows(teams: Iterable[Team], read_at: datetime, sync_id: str) -> pa.Table:
    """Return the rows of TEAMS."""
    rows = ({"TEAMID": team.id, "NAME": team.name, "PARENTTEAMID": team.parent_team_id} for team in teams)
    return rows_of(TEAMS, rows, read_at, sync_id)


def account_user_rows(
    users: Iterable[AccountUser], role_names: Mapping[str, str], read_at: datetime, sync_id: str
) -> pa.Table:
    """Return the rows of ACCOUNT_USERS.

    Args:
        users: The users.
        role_names: Names of the roles by id; a role without one goes by its id.
        read_at: When HubSpot's answer was read (aware).
        sync_id: The sync that writes them.
    """
    rows = (
        {
            "USERID": int(user.id),
            "EMAIL": user.email,
            "FIRSTNAME": user.first_name,
            "LASTNAME": user.last_name,
            "ROLEIDS": json_text(_roles(user)),
            "ROLENAMES": json_text([role_names.get(role, role) for role in _roles(user)]),
            "PRIMARYTEAMID": user.primary_team_id,
            "SECONDARYTEAMIDS": json_text(list(user.secondary_team_ids or ())),
            "SUPERADMIN": user.super_admin,
        }
        for user in users
    )
    return rows_of(ACCOUNT_USERS, rows, read_at, sync_id)


def _roles(user: AccountUser) -> list[str]:
    """The ids of all roles; answers have been seen with only the one or only the other field."""
    return list(dict.fromkeys(filter(None, (*(user.role_ids or ()), user.role_id))))
