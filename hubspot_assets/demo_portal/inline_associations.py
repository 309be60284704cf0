"""Associations inside list answers: short, capped, and with every labeled pair named twice."""

from base64 import b64encode
from collections.abc import Iterable, Sequence

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.association_types import Types
from hubspot_assets.demo_portal.errors import Refusal
from hubspot_assets.demo_portal.portal_types import PortalType
from hubspot_assets.demo_portal.store import Record, RecordStore


def attach_associations(
    objects: Sequence[dict[str, object]],
    records: Sequence[Record],
    store: RecordStore,
    names: Iterable[str],
    account: Account,
    version: str,
) -> None:
    """Add `associations` to rendered records; names of no object type are ignored, as HubSpot does."""
    targets = []
    for name in names:
        try:
            targets.append(account.types.resolve(name))
        except Refusal:
            continue
    for body, record in zip(objects, records, strict=True):
        found = {_key(target): _inline(account, store, record, target, version) for target in targets}
        attached = {key: value for key, value in found.items() if value is not None}
        if attached:
            body["associations"] = attached


def _key(target: PortalType) -> str:
    # "line items", with a space, is how HubSpot answers for line_items.
    return target.fully_qualified_name or target.name.replace("_", " ")


def _inline(
    account: Account, store: RecordStore, record: Record, target: PortalType, version: str
) -> dict[str, object] | None:
    here = store.object_type
    found = live_associations(account, here.name, record.id, target.name)
    if not found:
        return None
    labeled = len(account.associations.types(here.name, target.name)) > 1
    kind = f"{here.singular}_to_{target.singular}"
    most = account.behavior.inline_associations_page
    rows = []
    for to_id, _ in found[:most]:
        rows.append({"id": str(to_id), "type": kind})
        if labeled:
            rows.append({"id": str(to_id), "type": f"{kind}_unlabeled"})
    body: dict[str, object] = {"results": rows}
    if len(found) > most:
        after = cursor(target, found[most][0])
        path = f"/crm/{version}/objects/{here.object_type_id}/{record.id}/associations/{target.object_type_id}"
        body["paging"] = {"next": {"after": after, "link": f"https://api.hubapi.com{path}?after={after}"}}
    return body


def live_associations(account: Account, from_name: str, from_id: int, to_name: str) -> list[tuple[int, Types]]:
    """What a record is associated with, records that are not live left out."""
    live = account.stores[to_name].live
    return [pair for pair in account.associations.of(from_name, from_id, to_name) if pair[0] in live]


def cursor(target: PortalType, next_id: int) -> str:
    """The cursor of associations: HubSpot's is base64 of `0-<number in the type id>-<record id>`."""
    number = target.object_type_id.partition("-")[2]
    return b64encode(f"0-{number}-{next_id}".encode()).decode()
