"""Properties that count a record's associations: an association edit changes them, and nothing else of a record."""

from collections.abc import Iterable, Mapping

from hubspot_assets.demo_portal.associations import Associations
from hubspot_assets.demo_portal.store import RecordStore

ROLL_UPS: Mapping[tuple[str, str], str] = {
    ("contacts", "deals"): "num_associated_deals",
    ("companies", "contacts"): "num_associated_contacts",
    ("companies", "deals"): "num_associated_deals",
    ("deals", "contacts"): "num_associated_contacts",
}
"""The property that counts, by type of the record and type of what is counted."""


class RollUps:
    """The counts of one account's records, kept in line with their associations."""

    def __init__(self, stores: Mapping[str, RecordStore], associations: Associations) -> None:
        self._stores = stores
        self._associations = associations

    def count_at_start(self) -> None:
        """Give every live record its counts; a record without associations has none."""
        for (here, there), name in ROLL_UPS.items():
            store = self._stores[here]
            position = store.layout.positions.get(name)
            if position is None:
                continue
            for record in store.live.values():
                count = self._count(here, record.id, there)
                values = record.values
                record.values = (*values[:position], str(count) if count else None, *values[position + 1 :])

    def refresh(self, records: Iterable[tuple[str, int]], *, touch: bool = False) -> None:
        """Count anew what records are associated with, after an edit.

        Args:
            records: Types and ids; those that are not live are left alone.
            touch: Whether a changed count moves last-modified.
        """
        for here, record_id in records:
            store = self._stores[here]
            record = store.live.get(record_id)
            if record is None:
                continue
            changes = {}
            for (counting, there), name in ROLL_UPS.items():
                if counting == here and name in store.layout.positions:
                    count = str(self._count(here, record_id, there))
                    if count != (store.layout.value(record.values, name) or "0"):
                        changes[name] = count
            if changes:
                store.change([record_id], changes, touch=touch)

    def _count(self, here: str, record_id: int, there: str) -> int:
        live = self._stores[there].live
        return sum(to_id in live for to_id in self._associations.targets(here, record_id, there))
