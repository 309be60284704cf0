"""Orders of the control plane about what stands between records: associations (see `orders`)."""

from collections.abc import Callable, Iterable, Sequence

from hubspot_assets.demo_portal.account import Account


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


RELATION_ORDERS: tuple[Callable[..., object], ...] = (associate, associate_many, dissociate)
