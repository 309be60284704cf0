"""Lists (HubSpot also says segments) and their members."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hubspot_assets.demo_portal.clock import Clock, instant_text

ProcessingType = Literal["MANUAL", "DYNAMIC", "SNAPSHOT"]
PROCESSING_TYPES: tuple[ProcessingType, ...] = ("MANUAL", "DYNAMIC", "SNAPSHOT")

Member = tuple[int, int]
"""Record id and the millisecond at which it joined (last)."""


@dataclass(slots=True)
class Stamps:
    """Instants at which records joined a list, or left it; HubSpot shows the last of them."""

    instants: list[int] = field(default_factory=list)

    def add(self, at: int) -> None:
        """Remember that something happened at `at`."""
        self.instants.insert(bisect_right(self.instants, at), at)

    def latest(self, until: int) -> int | None:
        """The last instant up to `until`."""
        position = bisect_right(self.instants, until)
        return self.instants[position - 1] if position else None


@dataclass
class RecordList:
    """One list.

    Attributes:
        object_type_id: Of its members.
        status: `COMPLETE`, `PROCESSING` or `PAUSED`.
        joined: Since when each member is in it.
    """

    id: int
    name: str
    object_type_id: str
    processing_type: ProcessingType = "MANUAL"
    status: str = "COMPLETE"
    version: int = 1
    folder: str | None = None
    created_at: int = 0
    updated_at: int = 0
    filters_updated_at: int = 0
    created_by_id: int | None = 9586504
    updated_by_id: int | None = 9586504
    joined: dict[int, int] = field(default_factory=dict)
    added: Stamps = field(default_factory=Stamps)
    removed: Stamps = field(default_factory=Stamps)
    _sorted: dict[bool, list[Member]] = field(default_factory=dict)

    def members(self, *, by_join: bool) -> list[Member]:
        """Members by record id, or in the order in which they joined; ascending. Not to be altered."""
        if by_join not in self._sorted:
            key = (lambda member: (member[1], member[0])) if by_join else None
            self._sorted[by_join] = sorted(self.joined.items(), key=key)
        return self._sorted[by_join]

    def join(self, records: Iterable[int], at: int) -> int:
        """Take records in that are not in yet; how many."""
        new = dict.fromkeys((each for each in records if each not in self.joined), at)
        if new:
            self.joined.update(new)
            self.added.add(at)
            self._sorted.clear()
        return len(new)

    def leave(self, records: Iterable[int], at: int) -> int:
        """Let records go; how many were in."""
        gone = [each for each in records if self.joined.pop(each, None) is not None]
        if gone:
            self.removed.add(at)
            self._sorted.clear()
        return len(gone)

    def as_json(self, names: Iterable[str], stamped_until: int) -> dict[str, object]:
        """The list as HubSpot writes it.

        Args:
            names: Additional properties asked for; one without a value is left out.
            stamped_until: The stamps tell of nothing later.
        """
        additional = self._additional(stamped_until)
        people = {"createdById": self.created_by_id, "updatedById": self.updated_by_id}
        return {
            "listId": str(self.id),
            "listVersion": self.version,
            "name": self.name,
            "objectTypeId": self.object_type_id,
            "processingType": self.processing_type,
            "processingStatus": self.status,
            "createdAt": instant_text(self.created_at),
            "updatedAt": instant_text(self.updated_at),
            "filtersUpdatedAt": instant_text(self.filters_updated_at),
            **{name: str(value) for name, value in people.items() if value is not None},
            "additionalProperties": {name: additional[name] for name in names if additional.get(name)},
        }

    def _additional(self, stamped_until: int) -> Mapping[str, str | None]:
        added, removed = self.added.latest(stamped_until), self.removed.latest(stamped_until)
        return {
            "hs_list_size": str(len(self.joined)),
            "hs_list_reference_count": "0",
            "hs_folder_name": self.folder,
            "hs_last_record_added_at": None if added is None else str(added),
            "hs_last_record_removed_at": None if removed is None else str(removed),
        }


class Lists:
    """All lists of the account; a deleted one is in no answer.

    Attributes:
        started_at: When the account began to be watched; frozen stamps tell of nothing later.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.by_id: dict[int, RecordList] = {}
        self.started_at = clock.now()

    def put(self, id: int | None, fields: Mapping[str, Any]) -> RecordList:
        """Change a list, or make one: fields of `RecordList`; its `updatedAt` moves, its members stay.

        Raises:
            KeyError: A new list has no `object_type_id`.
            TypeError: A list has no such field.
        """
        now = self._clock.now()
        id = max(self.by_id, default=0) + 1 if id is None else id
        old = self.by_id.get(id)
        if old is None:
            new = {"name": f"List {id}", "created_at": now, "filters_updated_at": now, "updated_at": now, **fields}
            if "object_type_id" not in new:
                raise KeyError("A new list needs an object_type_id.")
            made = RecordList(id=id, **new)
        else:
            made = replace(old, **{"updated_at": now, **fields})
        self.by_id[id] = made
        return made

    def add_many(self, lists: Iterable[RecordList]) -> None:
        """Take lists in as they are."""
        self.by_id.update({each.id: each for each in lists})

    def ascending(self, types: Iterable[str], object_type_id: str | None = None) -> list[RecordList]:
        """Lists of some processing types and of an object type, by id; all where none is named."""
        wanted = set(types) or set(PROCESSING_TYPES)
        return [
            self.by_id[id_]
            for id_ in sorted(self.by_id)
            if self.by_id[id_].processing_type in wanted and object_type_id in (None, self.by_id[id_].object_type_id)
        ]

    def record_left(self, object_type_id: str, records: Sequence[int]) -> None:
        """Records that are no longer live are in no list."""
        for each in self.by_id.values():
            if each.object_type_id == object_type_id:
                each.leave(records, self._clock.now())

    def record_replaced(self, object_type_id: str, absorbed: Iterable[int], into: int) -> None:
        """The lists of records that were merged away are those of the record that remains."""
        absorbed = list(absorbed)
        for each in self.by_id.values():
            if each.object_type_id == object_type_id and each.leave(absorbed, self._clock.now()):
                each.join([into], self._clock.now())
