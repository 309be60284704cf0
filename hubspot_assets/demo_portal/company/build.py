"""Fills an account's stores with the demo company."""

from collections.abc import Mapping
from itertools import repeat
from random import Random
from typing import Literal

from hubspot_assets.demo_portal.clock import DAY, instant_text
from hubspot_assets.demo_portal.company.oddities import add_oddities
from hubspot_assets.demo_portal.company.rows import SPARSE_FROM, Rows, made_up, make_rows
from hubspot_assets.demo_portal.company.stories import STORIES
from hubspot_assets.demo_portal.company.world import World
from hubspot_assets.demo_portal.store import Record, RecordStore

DEFAULT_SIZES: Mapping[str, int] = {
    "contacts": 3_000, "companies": 800, "deals": 1_200, "tickets": 900, "products": 60, "line_items": 2_500,
    "leads": 300, "goals": 80, "feedback_submissions": 400,
    "calls": 40, "communications": 15, "emails": 40, "meetings": 30, "notes": 60, "postal_mail": 5, "tasks": 40,
    "carts": 10, "commerce_payments": 20, "discounts": 8, "fees": 5, "invoices": 25, "orders": 20, "quotes": 25,
    "subscriptions": 15, "taxes": 5,
    "appointments": 12, "courses": 6, "listings": 10, "projects": 8, "services": 8, "users": 11,
    "cars": 30,
}  # fmt: skip
"""Records per object type of the demo company, archived ones included."""

ARCHIVED_SHARE = 0.025
MERGED_SHARE = 0.004
MERGEABLE = ("contacts", "companies", "deals", "tickets")
NEVER_ARCHIVED = ("users",)

Ids = Literal["mixed", "dense"]


def build(
    stores: Mapping[str, RecordStore],
    world: World,
    *,
    seed: int,
    sizes: Mapping[str, int],
    ids: Ids = "mixed",
    archived_share: float = ARCHIVED_SHARE,
    merged_share: float = MERGED_SHARE,
    odd_values: bool = True,
) -> None:
    """Make the records, the same for the same arguments.

    Args:
        stores: The stores to fill, by object type; their definitions say which values are made.
        world: The day the data ends at, the owners, and where associations go.
        seed: Of all randomness.
        sizes: Records per object type; types not named stay empty.
        ids: `mixed` magnitudes with gaps, or `dense` 1, 2, 3, ….
        archived_share: Part of the records that are in the recycle bin.
        merged_share: Part of the mergeable records that were merged into another.
        odd_values: Whether some values are as odd as in real accounts.
    """
    order = [*STORIES, *(name for name in stores if name not in STORIES)]
    for name in order:
        count = sizes.get(name, 0)
        if count:
            dense = range(1, count + 1) if ids == "dense" else None
            world.rows[name] = make_rows(name, count, world.now, Random(f"{seed}/{name}"), dense)
            if name in STORIES:
                STORIES[name](world.rows[name], world)
    for name, rows in world.rows.items():
        store = stores[name]
        _complete(rows, store, world)
        if odd_values:
            add_oddities(rows, list(store.layout.active()))
        merged = _merge_some(rows, merged_share) if name in MERGEABLE else {}
        archived = _archive_some(rows, world.now, 0 if name in NEVER_ARCHIVED else archived_share, set(merged))
        for gone, into in merged.items():
            store.merged[rows.ids[gone]] = rows.ids[into]
            world.associations.move(name, rows.ids[gone], rows.ids[into])
        _load(store, rows, archived, set(merged), world)


def _complete(rows: Rows, store: RecordStore, world: World) -> None:
    """Give every property without a story plausible values, and every record its id and dates."""
    definitions = list(store.layout.active())
    share = 0.15 if len(definitions) > SPARSE_FROM else 0.7
    unset = [None] * len(rows)
    people = [owner for owner in world.owners if owner.user_id is not None]
    owner_ids = [str(owner.id) for owner in people]
    owners = rows.columns.get("hubspot_owner_id") or rows.pick((*owner_ids, *owner_ids, None))
    teams: dict[str | None, str] = {str(owner.id): str(owner.teams[0]) for owner in world.owners if owner.teams}
    updated = list(map(instant_text, rows.updated))
    rows.columns.update(
        {
            "hs_object_id": list(map(str, rows.ids)),
            store.object_type.created_property: list(map(instant_text, rows.created)),
            "hs_lastmodifieddate": updated,
            store.object_type.last_modified_property: updated,
            "hubspot_owner_id": owners,
            "hubspot_team_id": [teams.get(owner) for owner in owners],
            "hs_created_by_user_id": rows.pick([str(owner.user_id) for owner in people]),
            "hs_updated_by_user_id": unset,
            "hs_object_source_label": rows.pick(("CRM_UI", "IMPORT", "INTEGRATION", None)),
            "hs_merged_object_ids": unset,
            "hs_calculated_merged_vids": unset,
        }
    )
    rows.columns["hs_all_owner_ids"] = owners
    for definition in definitions:
        if definition.name not in rows.columns:
            rows.columns[definition.name] = made_up(definition, rows, world.now, share)


def _merge_some(rows: Rows, share: float) -> dict[int, int]:
    """Positions merged away, and into which; the survivors' `hs_merged_object_ids` say so."""
    count = min(max(round(len(rows) * share), 2 if share and len(rows) >= 50 else 0), len(rows) // 3)
    positions = rows.random.sample(range(len(rows)), 2 * count)
    merged = dict(zip(positions[:count], positions[count:], strict=True))
    names: list[str | None] = list(rows.columns["hs_merged_object_ids"])
    for gone, into in merged.items():
        names[into] = str(rows.ids[gone])
    rows.columns["hs_merged_object_ids"] = names
    return merged


def _archive_some(rows: Rows, now: int, share: float, without: set[int]) -> dict[int, int]:
    """Positions in the recycle bin, and since when: since less than the 90 days HubSpot keeps them."""
    count = max(round(len(rows) * share), 1 if share and len(rows) >= 10 else 0)
    archived = {}
    for position in rows.random.sample(range(len(rows)), count):
        if position not in without:
            since = now - int(rows.random.random() * 80 * DAY)
            archived[position] = max(since, rows.updated[position])
    return archived


def _load(store: RecordStore, rows: Rows, archived: Mapping[int, int], gone: set[int], world: World) -> None:
    unset = repeat(None, len(rows))
    columns = [rows.columns.get(name, unset) for name in store.layout.positions]
    by_record = zip(*columns, strict=True)
    name = store.object_type.name
    store.load(
        Record(record_id, values, created, updated, archived.get(position), world.history.get((name, record_id)))
        for position, (record_id, values, created, updated) in enumerate(
            zip(rows.ids, by_record, rows.created, rows.updated, strict=True)
        )
        if position not in gone
    )
