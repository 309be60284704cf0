"""The lists of the demo company: who is in them follows from its records."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from hubspot_assets.demo_portal.clock import DAY
from hubspot_assets.demo_portal.lists import ProcessingType, RecordList, Stamps
from hubspot_assets.demo_portal.store import Record, RecordStore

Condition = Callable[[Callable[[str], str | None]], bool]
"""Whether a record belongs in a list, by the values of its properties."""


@dataclass(frozen=True)
class Draft:
    """A list to be made.

    Attributes:
        condition: Who is in it; without it, a share of all.
    """

    name: str
    type: str
    processing_type: ProcessingType
    folder: str | None = None
    condition: Condition | None = None
    share: float = 0.1


DRAFTS: tuple[Draft, ...] = (
    Draft("Newsletter readers", "contacts", "DYNAMIC", "Marketing", lambda value: value("newsletter_opt_in") == "true"),
    Draft("Customers", "contacts", "DYNAMIC", None, lambda value: value("lifecyclestage") == "customer"),
    Draft("Fair 2026, booth visitors", "contacts", "SNAPSHOT", "Marketing", share=0.08),
    Draft("Board dinner", "contacts", "MANUAL", "Events", share=0.01),
    Draft("Companies with a tier", "companies", "DYNAMIC", None, lambda value: bool(value("customer_tier"))),
    Draft("Deals to review", "deals", "MANUAL", "Sales", share=0.05),
    Draft("Cars due for service", "cars", "SNAPSHOT", None, share=0.3),
    Draft("Nobody yet", "contacts", "DYNAMIC", None, lambda _value: False),
)
FIRST_ID = 41


def make_lists(stores: Mapping[str, RecordStore], now: int, random: Random) -> Iterator[RecordList]:
    """Make the lists of the object types that have records."""
    for number, draft in enumerate(DRAFTS):
        store = stores[draft.type]
        if not store.live:
            continue
        made_at = now - (400 - 30 * number) * DAY
        joined = {
            record.id: max(made_at, record.created_at) + int(random.random() * DAY) // 1_000 * 1_000
            for record in store.live.values()
            if (_meets(draft.condition, store, record) if draft.condition else random.random() < draft.share)
        }
        joined = {record_id: min(at, now - 1) for record_id, at in joined.items()}
        yield RecordList(
            id=FIRST_ID + 3 * number,
            name=draft.name,
            object_type_id=store.object_type.object_type_id,
            processing_type=draft.processing_type,
            folder=draft.folder,
            created_at=made_at,
            updated_at=made_at,
            filters_updated_at=made_at,
            joined=joined,
            added=Stamps([max(joined.values())] if joined else []),
            removed=Stamps([now - 2 * DAY] if number % 3 == 0 else []),
        )


def _meets(condition: Condition, store: RecordStore, record: Record) -> bool:
    positions = store.layout.positions
    return condition(lambda name: store.layout.value(record.values, name) if name in positions else None)
