"""Orders of the control plane: everything a test can do to the account while it is being read.

Each order is a function of the account and JSON-like arguments; its docstring is its documentation. The
control plane exposes them as `POST /__portal/{order}`, the handle (`control.Portal`) as methods, and faults
of kind `run` carry them out between two requests.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubspot_assets.demo_portal.account import Account, Behavior
from hubspot_assets.demo_portal.clock import instant_text, parse_instant
from hubspot_assets.demo_portal.definitions import PropertyDefinition, Sensitivity
from hubspot_assets.demo_portal.engagement_orders import ENGAGEMENT_ORDERS
from hubspot_assets.demo_portal.marketing_orders import MARKETING_ORDERS
from hubspot_assets.demo_portal.relation_orders import RELATION_ORDERS, counted
from hubspot_assets.demo_portal.versions import ChangeSource

Order = Callable[..., object]


class BadOrder(ValueError):
    """An order that cannot be carried out; the message says why."""


def carry_out(account: Account, name: str, arguments: Mapping[str, Any]) -> object:
    """Carry out an order by name; what it returns.

    Raises:
        BadOrder: There is no such order, its arguments are wrong, or it asks for the impossible.
    """
    order = ORDERS.get(name)
    if order is None:
        raise BadOrder(f"There is no order {name!r}; there are {', '.join(ORDERS)}.")
    try:
        return order(account, **arguments)
    except (KeyError, TypeError, ValueError) as problem:
        reason = problem.args[0] if problem.args else problem
        raise BadOrder(f"{name}: {reason}") from problem


def create(
    account: Account,
    type: str,
    properties: Mapping[str, str | None] | None = None,
    id: int | None = None,
) -> dict[str, object]:
    """Create one record, last in the order of ids unless `id` says otherwise."""
    record = account.store(type).create(properties or {}, id)
    return {"id": record.id}


def create_many(account: Account, type: str, records: Sequence[Mapping[str, str | None]]) -> dict[str, object]:
    """Create records from a list of properties; their ids in the same order."""
    store = account.store(type)
    for properties in records:
        store.layout.require(properties)
    return {"ids": [store.create(properties).id for properties in records]}


def change(
    account: Account,
    type: str,
    properties: Mapping[str, str | None],
    ids: Sequence[int] | None = None,
    count: int | None = None,
    touch: bool = True,
    at: str | None = None,
    source: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Set properties of live records, all in one millisecond (`at`, or now).

    Without `ids` the first `count` records are changed, or all. `touch: false` leaves last-modified alone, as
    when HubSpot recomputes a calculated property. `source` (fields of `versions.ChangeSource`) says who did it.
    """
    store = account.store(type)
    chosen = list(ids) if ids is not None else list(store.ids(archived=False))[:count]
    instant = None if at is None else _instant(at)
    changed = store.change(chosen, properties, touch=touch, at=instant, source=ChangeSource.of(source))
    return {"changed": changed}


def archive(account: Account, type: str, ids: Sequence[int]) -> dict[str, object]:
    """Move live records to the recycle bin."""
    archived = account.store(type).archive(ids)
    account.lists.record_left(account.store(type).object_type.object_type_id, ids)
    counted(account, _around(account, type, ids))
    return {"archived": archived}


def restore(account: Account, type: str, ids: Sequence[int], touch: bool = False) -> dict[str, object]:
    """Bring records back from the recycle bin; `touch` moves their last-modified."""
    restored = account.store(type).restore(ids, touch=touch)
    counted(account, _around(account, type, ids))
    return {"restored": restored}


def purge(account: Account, type: str, ids: Sequence[int]) -> dict[str, object]:
    """Delete records for good (GDPR), live or archived, and with them their associations."""
    around = _around(account, type, ids)
    purged = account.store(type).purge(ids)
    account.lists.record_left(account.store(type).object_type.object_type_id, ids)
    counted(account, around)
    return {"purged": purged}


def merge(
    account: Account,
    type: str,
    survivor: int,
    absorbed: Sequence[int],
    mint: bool = False,
) -> dict[str, object]:
    """Merge records, and their associations, into a survivor, under a new id when `mint`; the id that remains."""
    store = account.store(type)
    remaining = store.merge(survivor, absorbed, mint=mint).id
    for gone in (survivor, *absorbed):
        if gone != remaining:
            account.associations.move(store.object_type.name, gone, remaining)
            account.lists.record_replaced(store.object_type.object_type_id, [gone], remaining)
    counted(account, _around(account, type, [remaining]))
    return {"id": remaining}


def _around(account: Account, type_name: str, ids: Sequence[int]) -> list[tuple[str, int]]:
    """Records, and everything they are associated with."""
    name = account.store(type_name).object_type.name
    around = {(name, each): None for each in ids}
    for each in ids:
        around.update(dict.fromkeys(account.associations.around(name, each)))
    return list(around)


def create_property(
    account: Account,
    type: str,
    name: str,
    data_type: str = "string",
    options: Sequence[str] = (),
    sensitivity: Sensitivity = "non_sensitive",
    calculated: bool = False,
    values: Mapping[str, str] | None = None,
    touch: bool = False,
) -> dict[str, object]:
    """Create a property, with values by record id.

    An archived property of the same name comes back with its old values, perhaps with another type.
    """
    store = account.store(type)
    old = store.layout.by_name.get(name)
    if old is not None and not old.archived:
        raise BadOrder(f"{store.object_type.name} have a property {name} already.")
    store.require(map(int, values or ()))
    now = account.clock.now()
    store.layout.put(
        PropertyDefinition(
            name=name,
            type=data_type,
            options=tuple(options),
            sensitivity=sensitivity,
            calculated=calculated,
            created_at=now if old is None else old.created_at,
            updated_at=now,
        )
    )
    account.definitions_changed()
    return {"changed": _set_values(account, type, name, values, touch=touch)}


def archive_property(account: Account, type: str, name: str) -> dict[str, object]:
    """Archive a property: its definition and values vanish from answers."""
    account.store(type).layout.alter(name, archived=True, updated_at=account.clock.now())
    account.definitions_changed()
    return {}


def retype_property(
    account: Account,
    type: str,
    name: str,
    data_type: str,
    values: Mapping[str, str] | None = None,
    touch: bool = False,
) -> dict[str, object]:
    """Change a property's type in place, with new values by record id; other values stay as they are."""
    store = account.store(type)
    store.require(map(int, values or ()))
    store.layout.alter(name, type=data_type, field_type="", updated_at=account.clock.now())
    account.definitions_changed()
    return {"changed": _set_values(account, type, name, values, touch=touch)}


def _set_values(account: Account, type_name: str, name: str, values: Mapping[str, str] | None, *, touch: bool) -> int:
    store = account.store(type_name)
    for record_id, value in (values or {}).items():
        store.change([int(record_id)], {name: value}, touch=touch)
    return len(values or {})


def render_ahead(account: Account, type: str, properties: Sequence[str] | None = None) -> dict[str, object]:
    """Render all records with these properties (or all) now, so that a benchmark does not wait for it later."""
    store = account.store(type)
    names = [each.name for each in store.layout.active()] if properties is None else properties
    renderer = account.renderer(store, sorted({*names, *store.object_type.always}))
    for record in (*store.live.values(), *store.archived.values()):
        renderer.render(record)
    return {}


def limits(account: Account, **settings: object) -> dict[str, object]:
    """Change limits: `enabled`, `burst`, `search`, `daily`, … (fields of `limits.LimitSettings`)."""
    account.limits.set(**settings)
    return {}


def latency(account: Account, fixed: float = 0.0, jitter: float = 0.0) -> dict[str, object]:
    """Delay every answer by `fixed` seconds plus up to `jitter`."""
    account.latency.fixed, account.latency.jitter = fixed, jitter
    return {}


def index_lag(account: Account, lag: Mapping[str, float] | bool = True) -> dict[str, object]:
    """How long writes take to reach the search index: true as on HubSpot, false not at all, or figures."""
    account.set_index_lag(lag)
    return {}


def index_catch_up(account: Account) -> dict[str, object]:
    """Let the search index know everything at once."""
    for index in account.indexes.values():
        index.catch_up(entirely=True)
    return {}


def behavior(account: Account, **switches: object) -> dict[str, object]:
    """Set switches of `account.Behavior`: `short_pages`, `max_target`, `unstable_ties`, …."""
    for name, value in switches.items():
        if name not in Behavior.__slots__:
            raise BadOrder(f"There is no switch {name!r}; there are {', '.join(Behavior.__slots__)}.")
        setattr(account.behavior, name, value)
    return {}


def faults(account: Account, rules: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Replace the fault rules (see `faults.Rule`)."""
    account.faults.set(rules)
    return {}


def clock(
    account: Account, advance: float | None = None, now: str | None = None, frozen: bool | None = None
) -> dict[str, object]:
    """Move the clock by `advance` seconds or to `now`, stop it or let it run; the time it shows."""
    if now is not None:
        account.clock.set(_instant(now))
    if advance is not None:
        account.clock.advance(round(advance * 1000))
    if frozen is not None:
        (account.clock.freeze if frozen else account.clock.unfreeze)()
    account.time_passed()
    return {"now": instant_text(account.clock.now())}


def token(
    account: Account,
    value: str | None = None,
    scopes: Sequence[str] | None = None,
    without: Sequence[str] = (),
    expires_in: float | None = None,
    private: bool = True,
) -> dict[str, object]:
    """Issue a token (see `tokens.Tokens.issue`)."""
    issued = account.tokens.issue(value=value, scopes=scopes, without=without, expires_in=expires_in, private=private)
    return {"token": issued.value, "scopes": sorted(issued.scopes)}


def revoke(account: Account, value: str) -> dict[str, object]:
    """Make a token unknown."""
    account.tokens.revoke(value)
    return {}


def reset(account: Account) -> dict[str, object]:
    """Begin again: data, definitions, clock and switches as at the start, no request remembered."""
    vars(account).update(vars(Account(account.options)))
    return {}


def clear_requests(account: Account) -> dict[str, object]:
    """Forget the requests so far."""
    account.requests.clear()
    return {}


def _instant(text: str) -> int:
    instant = parse_instant(text)
    if instant is None:
        raise BadOrder(f"An instant is ISO 8601 text, not {text!r}.")
    return instant


ORDERS: Mapping[str, Order] = {
    order.__name__: order
    for order in (
        create, create_many, change, archive, restore, purge, merge, create_property, archive_property,
        retype_property, render_ahead, limits, latency, index_lag, index_catch_up, behavior,
        faults, clock, token, revoke, clear_requests, reset, *RELATION_ORDERS, *ENGAGEMENT_ORDERS, *MARKETING_ORDERS,
    )
}  # fmt: skip
