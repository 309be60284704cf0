"""Records of one object type: live ones, the recycle bin, and what became of those that are gone.

A record's values are an immutable tuple (by `Layout` position) that every change replaces; the search index
can therefore hold an older version of a record for the price of a reference.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from hubspot_assets.demo_portal.clock import DAY, Clock, instant_text
from hubspot_assets.demo_portal.definitions import Layout
from hubspot_assets.demo_portal.portal_types import PortalType
from hubspot_assets.demo_portal.versions import CALCULATION, IMPORT, MERGE, USER, ChangeSource, Version

RECYCLE_BIN_DAYS = 90

Values = tuple[str | None, ...]
Rendering = tuple[object, Values, int | None, bytes]
"""Who rendered, what values, archived since when, and the bytes that came of it."""


class Record:
    """One record. `rendering` is the renderer's note of the last bytes it made of this record."""

    __slots__ = ("archived_at", "created_at", "history", "id", "rendering", "updated_at", "values")

    def __init__(
        self,
        record_id: int,
        values: Values,
        created_at: int,
        updated_at: int,
        archived_at: int | None = None,
        history: list[Version] | None = None,
    ) -> None:
        self.id = record_id
        self.values = values
        self.created_at = created_at
        self.updated_at = updated_at
        self.archived_at = archived_at
        self.history = history
        self.rendering: Rendering | None = None


class NoSuchRecord(KeyError):
    """A control-plane order names a record that is not there (or not on that side of the recycle bin)."""


class RecordStore:
    """All records of one object type.

    `changed` is called with every record whose searchable state changed (the index listens); a record that
    is not live any more is passed with its id and None. `forgotten` is called with every id that is purged.
    """

    def __init__(self, object_type: PortalType, layout: Layout, clock: Clock) -> None:
        self.object_type = object_type
        self.layout = layout
        self.live: dict[int, Record] = {}
        self.archived: dict[int, Record] = {}
        self.merged: dict[int, int] = {}
        self.purged: set[int] = set()
        self.changed: Callable[[int, Record | None], None] = lambda _id, _record: None
        self.forgotten: Callable[[int], None] = lambda _id: None
        self._clock = clock
        self._next_id = 1
        self._sorted: dict[bool, list[int] | None] = {False: [], True: []}

    def ids(self, *, archived: bool) -> list[int]:
        """Ids of the live or of the archived records, ascending. Not to be altered."""
        ids = self._sorted[archived]
        if ids is None:
            ids = self._sorted[archived] = sorted(self.archived if archived else self.live)
        return ids

    def load(self, records: Iterable[Record]) -> None:
        """Take records in as they are; the index hears nothing (it is filled from the store at start)."""
        for record in records:
            (self.live if record.archived_at is None else self.archived)[record.id] = record
            self._next_id = max(self._next_id, record.id + 1)
        self._membership_changed()

    def create(self, properties: Mapping[str, str | None], record_id: int | None = None) -> Record:
        """Add a record now; without `record_id` its id is greater than every other.

        Raises:
            KeyError: A property is not defined, or the id is taken.
        """
        if record_id is None:
            # Ids of new records leave gaps: HubSpot shares one sequence among many accounts.
            record_id = self._next_id + 7 + self._next_id % 13
        elif record_id in self.live or record_id in self.archived:
            raise KeyError(f"There is a record {record_id} already.")
        now = self._clock.now()
        text = instant_text(now)
        values = self.layout.values(
            {
                **properties,
                "hs_object_id": str(record_id),
                self.object_type.created_property: text,
                **self._last_modified(text),
            }
        )
        record = Record(record_id, values, now, now)
        self.purged.discard(record_id)
        self.live[record_id] = record
        self._next_id = max(self._next_id, record_id + 1)
        self._membership_changed()
        self.changed(record_id, record)
        return record

    def change(
        self,
        ids: Iterable[int],
        properties: Mapping[str, str | None],
        *,
        touch: bool = True,
        at: int | None = None,
        source: ChangeSource | None = None,
    ) -> int:
        """Set properties of live records, all in one millisecond; how many.

        Args:
            ids: Records to change.
            properties: New values; None unsets, "" clears.
            touch: False leaves last-modified alone, as when HubSpot recomputes a calculated property.
            at: The millisecond; now without it.
            source: Who does it; a user without it, or HubSpot itself where `touch` is false.

        Raises:
            NoSuchRecord: An id is not live.
            KeyError: A property is not defined, or HubSpot sets it itself.
        """
        for name in properties:
            if name in (*self.object_type.always, "hs_lastmodifieddate"):
                raise KeyError(f"HubSpot sets the property {name!r} itself.")
        now = self._clock.now() if at is None else at
        changes = {**properties, **(self._last_modified(instant_text(now)) if touch else {})}
        source = source or (USER if touch else CALCULATION)
        records = [self._live(record_id) for record_id in ids]
        for record in records:
            self._remember(record, [Version(now, name, value, source) for name, value in properties.items()])
            record.values = self.layout.changed(record.values, changes)
            if touch:
                record.updated_at = now
            self.changed(record.id, record)
        return len(records)

    def archive(self, ids: Iterable[int], at: int | None = None) -> int:
        """Move live records to the recycle bin; how many. Their last-modified stays as it is."""
        archived_at = self._clock.now() if at is None else at
        records = [self._live(record_id) for record_id in ids]
        for record in records:
            del self.live[record.id]
            record.archived_at = archived_at
            self.archived[record.id] = record
            self.changed(record.id, None)
        self._membership_changed()
        return len(records)

    def restore(self, ids: Iterable[int], *, touch: bool = False) -> int:
        """Bring records back from the recycle bin under their old ids; how many.

        Whether HubSpot moves last-modified is not known; `touch` says what this portal does.
        """
        records = [self._archived(record_id) for record_id in ids]
        for record in records:
            del self.archived[record.id]
            record.archived_at = None
            self.live[record.id] = record
        self._membership_changed()
        if touch:
            return self.change([record.id for record in records], {})
        for record in records:
            self.changed(record.id, record)
        return len(records)

    def purge(self, ids: Iterable[int]) -> int:
        """Delete records for good, live or archived; how many. No list shows them ever again."""
        ids = list(ids)
        for record_id in ids:
            if record_id not in self.live and record_id not in self.archived:
                raise NoSuchRecord(f"There is no record {record_id} to purge.")
        for record_id in ids:
            self._remove(record_id)
            self.purged.add(record_id)
            self.forgotten(record_id)
        self._membership_changed()
        return len(ids)

    def merge(self, survivor_id: int, absorbed_ids: Sequence[int], *, mint: bool = False) -> Record:
        """Merge live records into one; the record that remains.

        The absorbed ids leave all lists, the recycle bin included, and are named in the remaining record's
        `hs_merged_object_ids` with those they had absorbed before. With `mint` the remaining record gets a
        new id, and the survivor's old id is absorbed too.

        Raises:
            NoSuchRecord: An id is not live.
            ValueError: The survivor is among the absorbed.
        """
        if survivor_id in absorbed_ids or len(set(absorbed_ids)) != len(absorbed_ids) or not absorbed_ids:
            raise ValueError("A merge needs a survivor and other records, each named once.")
        survivor = self._live(survivor_id)
        absorbed = [*([survivor] if mint else []), *(self._live(each) for each in absorbed_ids)]
        remaining = survivor
        if mint:
            properties = self.layout.properties(survivor.values)
            remaining = self.create(properties)
        merged = dict.fromkeys(self._merged_ids(remaining))
        for record in absorbed:
            merged.update(dict.fromkeys((*self._merged_ids(record), str(record.id))))
            self._remove(record.id)
            self.merged[record.id] = remaining.id
        for gone, into in self.merged.items():
            if into in self.merged:
                self.merged[gone] = self.merged[into]
        self._membership_changed()
        # A new id has no history of its own: its values are those of the survivor.
        self._merge_histories(remaining, absorbed if mint else [remaining, *absorbed])
        self.change([remaining.id], {"hs_merged_object_ids": ";".join(merged)})
        return remaining

    def require(self, ids: Iterable[int]) -> None:
        """Insist that records are live.

        Raises:
            NoSuchRecord: One is not.
        """
        for record_id in ids:
            self._live(record_id)

    def empty_recycle_bin(self) -> int:
        """Purge what has been archived for longer than HubSpot keeps it; how many."""
        oldest = self._clock.now() - RECYCLE_BIN_DAYS * DAY
        return self.purge(
            [each.id for each in self.archived.values() if each.archived_at and each.archived_at < oldest]
        )

    def _remember(self, record: Record, versions: Iterable[Version]) -> None:
        """Add versions to a record's history, those that change nothing left out.

        The value that a property had before its first recorded change dates from the record's creation.
        """
        history = record.history = record.history or []
        recorded = {version.name for version in history}
        for version in versions:
            if version.name not in self.layout.positions:
                continue  # refused by whoever changes the values
            before = self.layout.value(record.values, version.name)
            if (before or "") == (version.value or ""):
                continue
            if before is not None and version.name not in recorded:
                history.append(Version(record.created_at, version.name, before, IMPORT))
            history.append(version)

    def _merge_histories(self, remaining: Record, merged: Iterable[Record]) -> None:
        """Give the remaining record the versions of those merged into it; its own values stay the newest."""
        now = self._clock.now()
        versions = (version for record in merged for version in self._whole_history(record))
        history = sorted(dict.fromkeys(versions), key=lambda version: version.at)
        newest = {version.name: version for version in history}
        for name, version in newest.items():
            value = self.layout.value(remaining.values, name)
            if (value or "") != (version.value or ""):
                history.append(Version(now, name, value, MERGE))
        remaining.history = history

    def _whole_history(self, record: Record) -> Iterator[Version]:
        """The versions of all properties that people set, those of values without recorded changes among them."""
        recorded = {version.name for version in record.history or ()}
        own = {*self.object_type.always, "hs_lastmodifieddate", *recorded}
        for name, value in self.layout.properties(record.values).items():
            if name not in own:
                yield Version(record.created_at, name, value, IMPORT)
        yield from record.history or ()

    def _last_modified(self, text: str) -> dict[str, str | None]:
        return dict.fromkeys(("hs_lastmodifieddate", self.object_type.last_modified_property), text)

    def _merged_ids(self, record: Record) -> list[str]:
        text = self.layout.value(record.values, "hs_merged_object_ids")
        return text.split(";") if text else []

    def _remove(self, record_id: int) -> None:
        self.archived.pop(record_id, None)
        if self.live.pop(record_id, None) is not None:
            self.changed(record_id, None)

    def _live(self, record_id: int) -> Record:
        try:
            return self.live[record_id]
        except KeyError:
            raise NoSuchRecord(f"There is no live record {record_id} among {self.object_type.name}.") from None

    def _archived(self, record_id: int) -> Record:
        try:
            return self.archived[record_id]
        except KeyError:
            raise NoSuchRecord(f"There is no archived record {record_id} among {self.object_type.name}.") from None

    def _membership_changed(self) -> None:
        self._sorted = {False: None, True: None}
