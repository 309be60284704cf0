"""Orders of the control plane about lists and events (see `orders`)."""

from collections.abc import Callable, Mapping, Sequence

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.clock import parse_instant


def put_list(account: Account, id: int | None = None, type: str | None = None, **fields: object) -> dict[str, object]:
    """Change a list, or make one for an object type: fields of `lists.RecordList`; its id."""
    if type is not None:
        fields["object_type_id"] = account.types.named(type).object_type_id
    return {"id": account.lists.put(id, fields).id}


def put_lists(account: Account, type: str, count: int, **fields: object) -> dict[str, object]:
    """Make many lists at once; their ids."""
    first = max(account.lists.by_id, default=0) + 1
    return {"ids": [put_list(account, first + number, type, **fields)["id"] for number in range(count)]}


def remove_list(account: Account, id: int) -> dict[str, object]:
    """Delete a list: no answer has it any more."""
    del account.lists.by_id[id]
    return {}


def join_list(account: Account, id: int, records: Sequence[int], at: str | None = None) -> dict[str, object]:
    """Let records join a list, all in one millisecond (`at`, or now); how many were not in yet."""
    return {"joined": account.lists.by_id[id].join(records, instant(account, at))}


def leave_list(account: Account, id: int, records: Sequence[int], at: str | None = None) -> dict[str, object]:
    """Let records leave a list; how many were in."""
    return {"left": account.lists.by_id[id].leave(records, instant(account, at))}


def instant(account: Account, text: str | None) -> int:
    """The millisecond that an order names, or now.

    Raises:
        ValueError: it names none.
    """
    if text is None:
        return account.clock.now()
    at = parse_instant(text)
    if at is None:
        raise ValueError(f"An instant is ISO 8601 text, not {text!r}.")
    return at


ENGAGEMENT_ORDERS: tuple[Callable[..., Mapping[str, object]], ...] = (
    put_list, put_lists, remove_list, join_list, leave_list,
)  # fmt: skip
