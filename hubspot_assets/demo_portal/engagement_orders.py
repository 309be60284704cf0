"""Orders of the control plane about lists and events (see `orders`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.clock import parse_instant
from hubspot_assets.demo_portal.company.events import synthetic_events
from hubspot_assets.demo_portal.definitions import PropertyDefinition
from hubspot_assets.demo_portal.events import Event


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


def add_events(account: Account, type: str, events: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Let events arrive, however long ago they occurred.

    Each has `object_id` and may have `object_type` (CONTACT), `occurred_at` (now), `id` and `properties`.
    """
    made = [
        Event(
            at,
            each.get("id", f"leviathan-{account.random.getrandbits(64):016x}-{at}"),
            each.get("object_type", "CONTACT"),
            each["object_id"],
            each.get("properties", {}),
        )
        for each in events
        for at in [instant(account, each.get("occurred_at"))]
    ]
    account.events.add(type, made)
    return {"ids": [each.id for each in made]}


def make_events(
    account: Account, type: str, count: int, since: str, until: str | None = None, record_type: str = "contacts"
) -> dict[str, object]:
    """Let many events arrive at once, of live records, spread over a span of time."""
    store = account.store(record_type)
    made = synthetic_events(
        store.ids(archived=False),
        object_type=store.object_type.singular.upper(),
        count=count,
        start=instant(account, since),
        stop=instant(account, until),
        random=account.random,
    )
    return {"total": account.events.add(type, made)}


def define_event(
    account: Account, name: str, properties: Mapping[str, str], primary_object: str = "CONTACT"
) -> dict[str, object]:
    """Define a type of events, or change its definition; properties are types by name."""
    definitions = [PropertyDefinition(each, type_) for each, type_ in properties.items()]
    made = account.events.define(name, definitions, account.clock.now(), primary_object)
    return {"name": made.fully_qualified_name}


def instant(account: Account, text: str | None) -> int:
    """The millisecond that an order names, or now.

    Raises:
        ValueError: It names none.
    """
    if text is None:
        return account.clock.now()
    at = parse_instant(text)
    if at is None:
        raise ValueError(f"An instant is ISO 8601 text, not {text!r}.")
    return at


ENGAGEMENT_ORDERS: tuple[Callable[..., Mapping[str, object]], ...] = (
    put_list, put_lists, remove_list, join_list, leave_list, add_events, make_events, define_event,
)  # fmt: skip
