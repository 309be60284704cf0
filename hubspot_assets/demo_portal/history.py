"""The history of property values: what each value was, since when, and who set it.

HubSpot keeps a bounded number of versions per property and forgets the oldest. What it served once is therefore more
than what it has now; the portal remembers all of it, since that is what a table of versions has to hold.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.store import Record, RecordStore
from hubspot_assets.demo_portal.versions import CALCULATION, IMPORT, Version

VERSIONS_KEPT: Mapping[str, int] = {"contacts": 45}
OTHER_VERSIONS_KEPT = 20


class History:
    """Answers versions, and remembers which it has answered."""

    def __init__(self) -> None:
        self._served: dict[str, defaultdict[int, set[Version]]] = {}

    def attach(
        self,
        objects: Sequence[dict[str, object]],
        records: Sequence[Record],
        store: RecordStore,
        names: Iterable[str],
        kept: int | None,
    ) -> None:
        """Add `propertiesWithHistory` to rendered records: per property its versions, newest first.

        Args:
            objects: The records as objects.
            records: The same records.
            store: Where they are from.
            names: The properties; those that are not defined are passed over, as HubSpot does.
            kept: How many versions of a property HubSpot has; by object type where None.
        """
        wanted = [name for name in names if name in store.layout.by_name and not store.layout.by_name[name].archived]
        most = kept or VERSIONS_KEPT.get(store.object_type.name, OTHER_VERSIONS_KEPT)
        served = self._served.setdefault(store.object_type.name, defaultdict(set))
        for body, record in zip(objects, records, strict=True):
            by_name = versions(store, record, wanted)
            latest = {name: by_name[name][-most:] for name in wanted}
            body["propertiesWithHistory"] = {name: [_json(each) for each in reversed(latest[name])] for name in wanted}
            served[record.id].update(*latest.values())

    def served(self, type_name: str) -> Iterator[tuple[object, ...]]:
        """Every version that was ever answered: id, property, milliseconds, value, and the four fields of its source.

        A value that was cleared is an empty text.
        """
        for record_id, versions_ in sorted(self._served.get(type_name, {}).items()):
            for each in sorted(versions_, key=lambda version: version[:2]):
                yield (record_id, each.name, each.at, each.value or "", *each.source)


def versions(store: RecordStore, record: Record, names: Iterable[str]) -> dict[str, list[Version]]:
    """The versions of some properties of one record, oldest first; none of a property that was never set.

    A value without recorded changes dates from the record's creation.
    """
    found: dict[str, list[Version]] = {name: [] for name in names}
    for version in record.history or ():
        if version.name in found:
            found[version.name].append(version)
    object_type = store.object_type
    for name, known in found.items():
        known.sort(key=lambda version: version.at)
        if not known and (value := store.layout.value(record.values, name)) is not None:
            if name in ("hs_lastmodifieddate", object_type.last_modified_property):
                known.append(Version(record.updated_at, name, value, CALCULATION))
            else:
                known.append(Version(record.created_at, name, value, IMPORT))
    return found


def _json(version: Version) -> dict[str, object]:
    source = version.source
    optional = {"sourceId": source.id, "sourceLabel": source.label, "updatedByUserId": source.user_id}
    return {
        "value": version.value or "",
        "timestamp": instant_text(version.at),
        "sourceType": source.type,
        **{name: value for name, value in optional.items() if value is not None},
    }
