"""The history of property values: what each value was, since when, and who set it."""

from collections.abc import Iterable, Sequence

from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.store import Record, RecordStore

VERSIONS_KEPT = 20


def attach_history(
    objects: Sequence[dict[str, object]], records: Sequence[Record], store: RecordStore, names: Iterable[str]
) -> None:
    """Add `propertiesWithHistory` to rendered records: per property its versions, newest first."""
    wanted = [name for name in names if name in store.layout.by_name and not store.layout.by_name[name].archived]
    for body, record in zip(objects, records, strict=True):
        body["propertiesWithHistory"] = {name: versions(store, record, name) for name in wanted}


def versions(store: RecordStore, record: Record, name: str) -> list[dict[str, object]]:
    """The versions of one property of one record, newest first.

    A cleared value is an empty text here. A value without recorded changes dates from the record's creation.
    """
    changes = [(at, value) for at, changed, value in record.history or () if changed == name]
    if not changes:
        value = store.layout.value(record.values, name)
        changes = [] if value is None else [(record.created_at, value)]
    return [
        {
            "value": value or "",
            "timestamp": instant_text(at),
            "sourceType": "CRM_UI" if number else "IMPORT",
            "sourceId": "userId:9586504",
            "updatedByUserId": 9586504,
        }
        for number, (at, value) in reversed(list(enumerate(changes)))
    ][:VERSIONS_KEPT]
