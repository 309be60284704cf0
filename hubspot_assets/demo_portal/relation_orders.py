"""Orders of the control plane about associations, people and pipelines (see `orders`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.people import Team


def associate(
    account: Account,
    type: str,
    id: int,
    to: str,
    to_id: int,
    label: str | None = None,
) -> dict[str, object]:
    """Associate two records, with a label or without; an association that is there gets the label too."""
    return associate_many(account, type, id, to, [to_id], label)


def associate_many(
    account: Account,
    type: str,
    id: int,
    to: str,
    to_ids: Sequence[int],
    label: str | None = None,
) -> dict[str, object]:
    """Associate one record with many of another type."""
    here, there = account.types.named(type).name, account.types.named(to).name
    account.stores[here].require([id])
    account.stores[there].require(to_ids)
    for to_id in to_ids:
        account.associations.add(here, id, there, to_id, label)
    counted(account, [(here, id), *((there, to_id) for to_id in to_ids)])
    return {}


def dissociate(
    account: Account,
    type: str,
    id: int,
    to: str,
    to_id: int,
    label: str | None = None,
) -> dict[str, object]:
    """Take two records apart, or take only a label off their association."""
    here, there = account.types.named(type).name, account.types.named(to).name
    account.associations.remove(here, id, there, to_id, label)
    counted(account, [(here, id), (there, to_id)])
    return {}


def counted(account: Account, records: Iterable[tuple[str, int]]) -> None:
    """Bring the roll-ups of records into line with their associations."""
    account.roll_ups.refresh(records, touch=account.behavior.association_edits_touch)


def put_owner(account: Account, id: int, **fields: object) -> dict[str, object]:
    """Change an owner, or hire one: fields of `people.Owner`; `archived: true` lets one go."""
    account.people.put_owner(id, account.clock.now(), fields)
    return {}


def remove_owner(account: Account, id: int) -> dict[str, object]:
    """Let an owner vanish from all lists."""
    del account.people.owners[id]
    return {}


def put_user(account: Account, id: int, **fields: object) -> dict[str, object]:
    """Change a user, or add one: fields of `people.User`."""
    account.people.put_user(id, fields)
    return {}


def remove_user(account: Account, id: int) -> dict[str, object]:
    """Remove a user: no list has one that is gone."""
    del account.people.users[id]
    return {}


def put_team(account: Account, id: int, name: str, parent_id: int | None = None) -> dict[str, object]:
    """Change a team, or found one."""
    account.people.teams[id] = Team(id, name, parent_id)
    return {}


def remove_team(account: Account, id: int) -> dict[str, object]:
    """Dissolve a team; owners and users are in it no longer."""
    del account.people.teams[id]
    return {}


def put_pipeline(
    account: Account,
    type: str,
    id: str,
    label: str | None = None,
    stages: Sequence[Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """Change a pipeline, or make one; `stages` (fields of `pipelines.Stage`) replaces all of its stages."""
    account.pipelines.put(account.types.named(type).name, id, account.clock.now(), label, stages)
    return {}


def remove_pipeline(account: Account, type: str, id: str) -> dict[str, object]:
    """Delete a pipeline with its stages, whatever records are in it."""
    account.pipelines.remove(account.types.named(type).name, id)
    return {}


RELATION_ORDERS: tuple[Callable[..., object], ...] = (
    associate, associate_many, dissociate, put_owner, remove_owner, put_user, remove_user, put_team, remove_team,
    put_pipeline, remove_pipeline,
)  # fmt: skip
