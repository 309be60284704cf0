"""Owners, users and teams: who works in the account."""

from collections.abc import Mapping, Sequence

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.errors import invalid, resource_not_found
from hubspot_assets.demo_portal.people import ROLES

MAX_OWNERS = 500
MAX_PAGE = 100
OWNER_SCOPES = ("crm.objects.owners.read",)
USER_SCOPES = ("settings.users.read", "crm.objects.users.read")
TEAM_SCOPES = ("settings.users.teams.read",)


def list_owners(call: Call) -> Answer:
    """Owners, active or archived, in ascending order of id."""
    call.token.require(*OWNER_SCOPES)
    archived, email = call.flag("archived"), call.parameter("email")
    owners = [
        each
        for each in call.account.people.owners_as_json()
        if each["archived"] == archived and (not email or each["email"] == email)
    ]
    return _page(call, owners, MAX_OWNERS)


def read_owner(call: Call) -> Answer:
    """One owner, by owner id or user id."""
    call.token.require(*OWNER_SCOPES)
    key = "userIdIncludingInactive" if call.parameter("idProperty", "id") == "userId" else "id"
    for owner in call.account.people.owners_as_json():
        if str(owner[key]) == call.parameters["id"] and owner["archived"] == call.flag("archived"):
            return answer(owner)
    raise resource_not_found()


def list_users(call: Call) -> Answer:
    """Users of the account; one who was removed is in no list."""
    call.token.require(*USER_SCOPES)
    users = call.account.people.users
    return _page(call, [users[each].as_json() for each in sorted(users)], MAX_PAGE)


def read_user(call: Call) -> Answer:
    """One user."""
    call.token.require(*USER_SCOPES)
    user = call.account.people.users.get(int(call.parameters["id"])) if call.parameters["id"].isdecimal() else None
    if user is None:
        raise resource_not_found()
    return answer(user.as_json())


def list_roles(call: Call) -> Answer:
    """The roles that users can have."""
    call.token.require(*USER_SCOPES)
    roles = [{"id": str(number), "name": name, "requiresBillingWrite": False} for number, name in ROLES]
    return answer({"results": roles})


def list_teams(call: Call) -> Answer:
    """Teams, with those above them."""
    call.token.require(*TEAM_SCOPES)
    teams = call.account.people.teams
    return _page(call, [teams[each].as_json() for each in sorted(teams)], MAX_PAGE)


def list_teams_with_users(call: Call) -> Answer:
    """Teams with the ids of their users, without pages."""
    call.token.require(*TEAM_SCOPES)
    results = []
    for team in call.account.people.teams.values():
        members = call.account.people.members(team.id)
        users: Mapping[str, list[object]] = {
            kind: [each["userId"] for each in members if each["type"] == kind] for kind in ("DEFAULT", "EXTRA")
        }
        results.append(
            {"id": str(team.id), "name": team.name, "userIds": users["DEFAULT"], "secondaryUserIds": users["EXTRA"]}
        )
    return answer({"results": results})


def list_members(call: Call) -> Answer:
    """The users of one team."""
    call.token.require(*TEAM_SCOPES)
    text = call.parameters["id"]
    if not text.isdecimal() or int(text) not in call.account.people.teams:
        raise resource_not_found()
    return _page(call, call.account.people.members(int(text)), MAX_PAGE, "userId")


def _page(call: Call, rows: Sequence[Mapping[str, object]], most: int, key: str = "id") -> Answer:
    """A page of rows that ascend by id; the cursor is the id to go on from."""
    limit, after = call.limit(100, most), call.parameter("after", "0")
    if not after.isdigit():
        raise invalid("Invalid paging cursor", after=[after])
    left = [each for each in rows if int(str(each[key])) >= int(after)]
    body: dict[str, object] = {"results": left[:limit]}
    if len(left) > limit:
        cursor = str(left[limit][key])
        body["paging"] = {"next": {"after": cursor, "link": call.link(cursor)}}
    return answer(body)


ENDPOINTS = (
    Endpoint("GET", "/crm/owners", list_owners),
    Endpoint("GET", "/crm/owners/{id}", read_owner),
    Endpoint("GET", "/settings/users", list_users),
    Endpoint("GET", "/settings/users/roles", list_roles),
    Endpoint("GET", "/settings/users/teams", list_teams_with_users),
    Endpoint("GET", "/settings/users/{id}", read_user),
    Endpoint("GET", "/settings/teams", list_teams),
    Endpoint("GET", "/settings/teams/{id}/members", list_members),
)
