"""Which records belong together, and how the pair is labeled."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One kind of association, seen from one side."""

    category: str
    type_id: int
    label: str | None = None

    def as_json(self) -> dict[str, object]:
        """The type as HubSpot writes it."""
        return {"category": self.category, "typeId": self.type_id, "label": self.label}


def _hubspot(type_id: int, label: str | None = None) -> AssociationType:
    return AssociationType("HUBSPOT_DEFINED", type_id, label)


def _custom(type_id: int, label: str) -> AssociationType:
    return AssociationType("USER_DEFINED", type_id, label)


ASSOCIATION_TYPES: Mapping[tuple[str, str], tuple[AssociationType, ...]] = {
    ("contacts", "companies"): (_hubspot(279), _hubspot(1, "Primary"), _custom(28, "Billing contact")),
    ("companies", "contacts"): (_hubspot(280), _hubspot(2, "Primary"), _custom(29, "Billing contact")),
    ("deals", "contacts"): (_hubspot(3),),
    ("contacts", "deals"): (_hubspot(4),),
    ("deals", "companies"): (_hubspot(341), _hubspot(5, "Primary")),
    ("companies", "deals"): (_hubspot(342), _hubspot(6, "Primary")),
    ("deals", "line_items"): (_hubspot(19),),
    ("line_items", "deals"): (_hubspot(20),),
    ("tickets", "contacts"): (_hubspot(16),),
    ("contacts", "tickets"): (_hubspot(15),),
    ("tickets", "companies"): (_hubspot(339), _hubspot(26, "Primary")),
    ("companies", "tickets"): (_hubspot(340), _hubspot(25, "Primary")),
    ("leads", "contacts"): (_hubspot(608), _hubspot(578, "Primary")),
    ("contacts", "leads"): (_hubspot(609),),
    ("feedback_submissions", "contacts"): (_hubspot(98),),
    ("contacts", "feedback_submissions"): (_hubspot(97),),
    ("notes", "contacts"): (_hubspot(202),),
    ("contacts", "notes"): (_hubspot(201),),
    ("cars", "contacts"): (_custom(41, "Driver"),),
    ("contacts", "cars"): (_custom(42, "Driver"),),
}
"""Association types by (from, to); ids of HubSpot's own as in its documentation."""


class Associations:
    """All associations of the account, kept from both sides."""

    def __init__(self) -> None:
        self._by_pair: dict[tuple[str, str], dict[int, dict[int, tuple[AssociationType, ...]]]] = {}

    def types(self, from_type: str, to_type: str) -> tuple[AssociationType, ...]:
        """The association types from one object type to another; none for pairs that are never associated."""
        return ASSOCIATION_TYPES.get((from_type, to_type), ())

    def add(self, from_type: str, from_id: int, to_type: str, to_id: int, label: str | None = None) -> None:
        """Associate two records; with a label (`Primary`) next to the plain association.

        Raises:
            KeyError: the types cannot be associated, or have no such label.
        """
        for here, this_id, there, that_id in (
            (from_type, from_id, to_type, to_id),
            (to_type, to_id, from_type, from_id),
        ):
            available = self.types(here, there)
            if not available:
                raise KeyError(f"{here} cannot be associated with {there}.")
            chosen = tuple(each for each in available if each.label in (None, label))
            if label is not None and all(each.label != label for each in chosen) and here == from_type:
                raise KeyError(f"No association of {here} with {there} is labeled {label!r}.")
            targets = self._by_pair.setdefault((here, there), {}).setdefault(this_id, {})
            targets[that_id] = tuple(dict.fromkeys((*targets.get(that_id, ()), *(chosen or available[:1]))))

    def remove(self, from_type: str, from_id: int, to_type: str, to_id: int) -> None:
        """Dissociate two records.

        Raises:
            KeyError: they are not associated.
        """
        del self._by_pair[(from_type, to_type)][from_id][to_id]
        del self._by_pair[(to_type, from_type)][to_id][from_id]

    def move(self, record_type: str, old_id: int, new_id: int) -> None:
        """Give a record's associations to another of its type, as a merge does."""
        for (here, there), by_id in list(self._by_pair.items()):
            if here != record_type or old_id not in by_id:
                continue
            for that_id, types in by_id[old_id].items():
                self.add(here, new_id, there, that_id, next((each.label for each in types if each.label), None))
            for that_id in by_id.pop(old_id):
                self._by_pair[(there, here)][that_id].pop(old_id, None)

    def of(self, from_type: str, from_id: int, to_type: str) -> list[tuple[int, tuple[AssociationType, ...]]]:
        """What a record is associated with, ascending by id."""
        return sorted(self._by_pair.get((from_type, to_type), {}).get(from_id, {}).items())

    def pairs(self, from_type: str, to_type: str) -> Iterator[tuple[int, int, Iterable[AssociationType]]]:
        """Every association from one type to another."""
        for from_id, targets in sorted(self._by_pair.get((from_type, to_type), {}).items()):
            for to_id, types in sorted(targets.items()):
                yield from_id, to_id, types
