"""Who works in the account: its teams, its users, and the owners that records belong to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_assets.demo_portal.clock import instant_text

HIRED = 1_672_531_200_000


@dataclass(frozen=True, slots=True)
class Team:
    """A team, perhaps below another."""

    id: int
    name: str
    parent_id: int | None = None

    def as_json(self) -> dict[str, object]:
        """The team as the settings API writes it; a team at the top has no parent at all."""
        parent = {} if self.parent_id is None else {"parentTeamId": str(self.parent_id)}
        return {"id": str(self.id), "name": self.name, **parent}


@dataclass(frozen=True, slots=True)
class Owner:
    """A user, or a queue, that records can belong to.

    Attributes:
        user_id: None for a queue.
        teams: Ids; the first is the primary one.
        archived: The user left; HubSpot then gives no `userId`, only `userIdIncludingInactive`.
    """

    id: int
    user_id: int | None
    first_name: str
    last_name: str = ""
    teams: tuple[int, ...] = ()
    archived: bool = False
    created_at: int = HIRED
    updated_at: int = HIRED

    @property
    def email(self) -> str | None:
        """The owner's address; a queue has none."""
        if self.user_id is None:
            return None
        return f"{self.first_name}.{self.last_name}@demo-portal.example".lower()

    def as_json(self, teams: Mapping[int, Team]) -> dict[str, object]:
        """The owner as the owners API writes it."""
        return {
            "id": str(self.id),
            "email": self.email,
            "type": "QUEUE" if self.user_id is None else "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": instant_text(self.created_at),
            "updatedAt": instant_text(self.updated_at),
            "archived": self.archived,
            "teams": [
                {"id": str(each), "name": teams[each].name, "primary": number == 0}
                for number, each in enumerate(self.teams)
                if each in teams
            ],
        }


@dataclass(frozen=True, slots=True)
class User:
    """A user of the account, who need not be an owner."""

    id: int
    email: str
    first_name: str
    last_name: str
    role_ids: tuple[int, ...] = ()
    primary_team_id: int | None = None
    secondary_team_ids: tuple[int, ...] = ()
    super_admin: bool = False

    def as_json(self) -> dict[str, object]:
        """The user as the settings API writes it."""
        body: dict[str, object] = {
            "id": str(self.id),
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "roleIds": list(map(str, self.role_ids)),
            "secondaryTeamIds": list(map(str, self.secondary_team_ids)),
            "seatNames": ["core"],
            "superAdmin": self.super_admin,
        }
        if self.role_ids:
            body["roleId"] = str(self.role_ids[0])
        if self.primary_team_id is not None:
            body["primaryTeamId"] = str(self.primary_team_id)
        return body


REVENUE, SALES, SUPPORT, KEY_ACCOUNTS = 368_388, 368_389, 368_390, 368_391
TEAMS = (
    Team(REVENUE, "Revenue"),
    Team(SALES, "Sales Team", REVENUE),
    Team(SUPPORT, "Support Team"),
    Team(KEY_ACCOUNTS, "Key accounts", SALES),
)
OWNERS = (
    Owner(41629779, 9586504, "Ada", "Okafor", (SALES,)),
    Owner(41629780, 9586505, "Björn", "Lindqvist", (SALES,)),
    Owner(41629795, 9586611, "Camila", "Torres", (SALES, KEY_ACCOUNTS)),
    Owner(41630001, 9587002, "Dmitri", "Petrov", (SALES,)),
    Owner(50912233, 12000451, "Emma", "Walker", (KEY_ACCOUNTS,)),
    Owner(50912234, 12000452, "Farah", "Haddad", (SALES,)),
    Owner(77001200, 30045612, "Jonas", "Weber", (SUPPORT,)),
    Owner(77001201, 30045613, "Mei", "Chen", (SUPPORT,)),
    Owner(77001333, 30049999, "Niamh", "Murphy", (SUPPORT, REVENUE)),
    Owner(41629781, 9586506, "Pedro", "Almeida", (SALES,), archived=True),
    Owner(41629999, 9586999, "Yara", "Silva", (SUPPORT,), archived=True),
    Owner(90110022, None, "Support queue"),
)
ROLES = ((77, "Sales manager"), (78, "Sales representative"), (79, "Support agent"))
USERS = (
    *(
        User(
            owner.user_id,
            str(owner.email),
            owner.first_name,
            owner.last_name,
            role_ids=(79,) if SUPPORT in owner.teams else (77, 78) if number == 0 else (78,),
            primary_team_id=owner.teams[0],
            secondary_team_ids=owner.teams[1:],
            super_admin=number == 0,
        )
        for number, owner in enumerate(OWNERS)
        if owner.user_id is not None and not owner.archived
    ),
    User(30050001, "audit@partner.example", "Otto", "Prüfer"),
)


@dataclass
class People:
    """The people of one account, by id; a control call may change all of them."""

    teams: dict[int, Team] = field(default_factory=lambda: {each.id: each for each in TEAMS})
    owners: dict[int, Owner] = field(default_factory=lambda: {each.id: each for each in OWNERS})
    users: dict[int, User] = field(default_factory=lambda: {each.id: each for each in USERS})

    def owners_as_json(self) -> list[dict[str, object]]:
        """All owners, archived ones too, ascending by id."""
        return [self.owners[each].as_json(self.teams) for each in sorted(self.owners)]

    def members(self, team_id: int) -> list[dict[str, object]]:
        """The users of a team: those whose primary team it is, and the extra ones."""
        return [
            {"userId": str(user.id), "type": "DEFAULT" if user.primary_team_id == team_id else "EXTRA"}
            for user in self.users.values()
            if team_id == user.primary_team_id or team_id in user.secondary_team_ids
        ]

    def put_owner(self, owner_id: int, now: int, fields: Mapping[str, Any]) -> None:
        """Change an owner, or hire one (with `first_name` at least)."""
        known = self.owners.get(owner_id)
        given = _with_tuples(fields)
        self.owners[owner_id] = (
            Owner(**{"id": owner_id, "user_id": None, "created_at": now, "updated_at": now, **given})
            if known is None
            else replace(known, updated_at=now, **given)
        )

    def put_user(self, user_id: int, fields: Mapping[str, Any]) -> None:
        """Change a user, or add one (with `email`, `first_name` and `last_name`)."""
        known, given = self.users.get(user_id), _with_tuples(fields)
        self.users[user_id] = User(**{"id": user_id, **given}) if known is None else replace(known, **given)


def active(owners: Iterable[Owner], team_id: int | None = None) -> list[Owner]:
    """People who work here now, perhaps only those of a team."""
    return [
        each
        for each in owners
        if each.user_id is not None and not each.archived and (team_id is None or team_id in each.teams)
    ]


def _with_tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        for name, value in fields.items()
    }
