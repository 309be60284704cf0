"""Which records belong together, and how the pair is labeled."""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping
from functools import cache

import msgspec

from hubspot_assets.catalog.association_types import SILENT_PAIRS
from hubspot_assets.demo_portal.association_types import ASSOCIATION_TYPES, INVERSE_LABELS, Pair, Types

encode = msgspec.json.Encoder().encode
_NOTHING: Mapping[int, Types] = {}


class Associations:
    """All associations of the account, kept from both sides, also where HubSpot answers only from one."""

    def __init__(self) -> None:
        self._by_pair: dict[Pair, dict[int, dict[int, Types]]] = {}
        # Few combinations of types serve all associations: each is kept, hashed and encoded once.
        self._known: dict[Types, Types] = {}
        self._encoded: dict[int, bytes] = {}

    def types(self, from_type: str, to_type: str) -> Types:
        """The association types from one object type to another; none for pairs that cannot be associated."""
        return ASSOCIATION_TYPES.get((from_type, to_type), ())

    def add(self, from_type: str, from_id: int, to_type: str, to_id: int, label: str | None = None) -> None:
        """Associate two records; with a label (`Primary`) next to the plain association.

        Raises:
            KeyError: The types cannot be associated, or have no such label.
        """
        forward = _chosen(from_type, to_type, label)
        backward = _chosen(to_type, from_type, _inverse(label))
        if not forward:
            raise KeyError(f"{from_type} cannot be associated with {to_type}.")
        if label is not None and all(each.label != label for each in forward):
            raise KeyError(f"No association of {from_type} with {to_type} is labeled {label!r}.")
        self._join((from_type, to_type), from_id, to_id, forward)
        self._join((to_type, from_type), to_id, from_id, backward)

    def remove(self, from_type: str, from_id: int, to_type: str, to_id: int, label: str | None = None) -> None:
        """Dissociate two records, or take only a label off their association.

        Raises:
            KeyError: They are not associated, or not with this label.
        """
        here = self._by_pair.get((from_type, to_type), {}).get(from_id, {})
        there = self._by_pair.get((to_type, from_type), {}).get(to_id, {})
        if to_id not in here or (label is not None and all(each.label != label for each in here[to_id])):
            raise KeyError(f"{from_type} {from_id} is not associated with {to_type} {to_id} so.")
        if label is None:
            del here[to_id], there[from_id]
            return
        here[to_id] = self._kept(tuple(each for each in here[to_id] if each.label != label))
        there[from_id] = self._kept(tuple(each for each in there[from_id] if each.label != _inverse(label)))

    def move(self, record_type: str, old_id: int, new_id: int) -> None:
        """Give a record's associations, with all their labels, to another of its type, as a merge does."""
        for (here, there), by_id in list(self._by_pair.items()):
            if here != record_type:
                continue
            back = self._by_pair[(there, here)]
            for that_id, types in by_id.pop(old_id, {}).items():
                back_types = back.get(that_id, {}).pop(old_id, ())
                if here == there and that_id == new_id:
                    continue
                self._join((here, there), new_id, that_id, types)
                self._join((there, here), that_id, new_id, back_types)

    def forget(self, record_type: str, record_id: int) -> None:
        """End all associations of a record that is gone for good."""
        for (here, there), by_id in self._by_pair.items():
            if here == record_type:
                for that_id in by_id.pop(record_id, {}):
                    self._by_pair[(there, here)].get(that_id, {}).pop(record_id, None)

    def as_json(self, types: Types) -> bytes:
        """Types that an association here has, as HubSpot writes them."""
        return self._encoded[id(types)]

    def targets(self, from_type: str, from_id: int, to_type: str) -> Mapping[int, Types]:
        """What a record is associated with as HubSpot answers it, live or not, in no order. Not to be altered."""
        by_id = self._by_pair.get((from_type, to_type))
        if by_id is None or (from_type, to_type) in SILENT_PAIRS or (from_type, to_type) not in ASSOCIATION_TYPES:
            return _NOTHING
        return by_id.get(from_id, _NOTHING)

    def of(self, from_type: str, from_id: int, to_type: str) -> list[tuple[int, Types]]:
        """What a record is associated with, ascending by id, live or not."""
        return sorted(self.targets(from_type, from_id, to_type).items())

    def around(self, record_type: str, record_id: int) -> Iterator[tuple[str, int]]:
        """Every record that this one is associated with: its type and id."""
        for (here, there), by_id in self._by_pair.items():
            if here == record_type:
                yield from ((there, that_id) for that_id in by_id.get(record_id, ()))

    def pairs(self, from_type: str, to_type: str) -> Iterator[tuple[int, int, Types]]:
        """Every association from one type to another that HubSpot answers."""
        for from_id in sorted(self._by_pair.get((from_type, to_type), {})):
            for to_id, types in self.of(from_type, from_id, to_type):
                yield from_id, to_id, types

    def _join(self, pair: Pair, from_id: int, to_id: int, types: Types) -> None:
        # The side that is only kept is there too, with no types: a merge has to find it.
        targets = self._by_pair.setdefault(pair, {}).setdefault(from_id, {})
        self._by_pair.setdefault((pair[1], pair[0]), {})
        known = targets.get(to_id)
        targets[to_id] = self._kept(types if known is None else tuple(dict.fromkeys((*known, *types))))

    def _kept(self, types: Types) -> Types:
        """The same types, as the one object that stands for them."""
        if id(types) in self._encoded:
            return types
        types = self._known.setdefault(types, types)
        self._encoded.setdefault(id(types), encode([each.as_json() for each in types]))
        return types


def page_of(targets: Mapping[int, Types], live: Container[int], start: int, limit: int) -> tuple[list[int], int | None]:
    """A page of a record's associations: ids of live records from `start` on, and the id that the next begins with."""
    found = [to_id for to_id in targets if to_id in live]
    if len(found) > 1:
        found.sort()
    if start:
        found = found[bisect_left(found, start) :]
    return found[:limit], found[limit] if len(found) > limit else None


@cache
def _chosen(from_type: str, to_type: str, label: str | None) -> Types:
    return tuple(each for each in ASSOCIATION_TYPES.get((from_type, to_type), ()) if each.label in (None, label))


def _inverse(label: str | None) -> str | None:
    return None if label is None else INVERSE_LABELS.get(label, label)
