"""Records by list, one by one, and by batch: they come from the store, so they are never behind."""

from bisect import bisect_left

from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, encode, results
from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.errors import invalid, object_not_found
from hubspot_assets.demo_portal.inline_associations import attach_associations
from hubspot_assets.demo_portal.store import Record, RecordStore

DEFAULT_LIMIT = 10
MAX_LIMIT = 100
MAX_LIMIT_WITH_HISTORY = 50
HISTORY_BATCH_MESSAGE = (
    "The maximum number of inputs supported in a batch request for property histories is 50. "
    "Please reduce the number of items and try again"
)


def list_records(call: Call) -> Answer:
    """A page of records in ascending order of id; `after` is the id to go on from."""
    store = call.records()
    history = call.names("propertiesWithHistory")
    limit = call.limit(DEFAULT_LIMIT, MAX_LIMIT_WITH_HISTORY if history else MAX_LIMIT)
    archived = call.flag("archived")
    ids = store.ids(archived=archived)
    start = bisect_left(ids, _cursor(call.parameter("after", "0")))
    page = ids[start : start + limit]
    records = store.archived if archived else store.live
    rows = _render(call, store, [records[each] for each in page], history, call.names("associations"))
    if start + limit >= len(ids):
        return results(rows)
    # The cursor is the id after the last one given, not the next existing id.
    after = str(page[-1] + 1)
    return results(rows, {"after": after, "link": call.link(after)})


def read_record(call: Call) -> Answer:
    """One record by id, or by another unique property (`idProperty`)."""
    store = call.records()
    text = call.parameters["id"]
    record = _find(call, store, text, call.parameter("idProperty"), archived=call.flag("archived"))
    if record is None:
        raise object_not_found(text)
    rows = _render(call, store, [record], call.names("propertiesWithHistory"), call.names("associations"))
    return Answer(rows[0], rows=1)


def batch_read(call: Call) -> Answer:
    """Up to 100 records by id, in no particular order; what is missing is reported, not refused."""
    store = call.records()
    body = call.json()
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) and "id" in each for each in inputs):
        raise invalid("Invalid input JSON: inputs is a list of objects with an id")
    history = [str(name) for name in body.get("propertiesWithHistory") or ()]
    if history and len(inputs) > MAX_LIMIT_WITH_HISTORY:
        raise invalid(HISTORY_BATCH_MESSAGE)
    if len(inputs) > MAX_LIMIT:
        raise invalid(f"The maximum number of inputs supported in a batch request is {MAX_LIMIT}")
    started_at = instant_text(call.account.clock.now())
    archived = call.flag("archived")
    id_property = str(body.get("idProperty") or "")
    found: dict[int, Record] = {}
    missing: list[str] = []
    for text in dict.fromkeys(str(each["id"]) for each in inputs):
        record = _find(call, store, text, id_property, archived=archived, resolve_merged=False)
        if record is None:
            missing.append(text)
        else:
            found[record.id] = record
    records = list(found.values())
    call.account.random.shuffle(records)
    call_names = [str(name) for name in body.get("properties") or ()]
    rows = _render(call, store, records, history, (), call_names)
    fields: dict[str, object] = {"status": "COMPLETE"}
    if missing:
        fields["numErrors"] = 1
        fields["errors"] = [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": f"Could not get some {store.object_type.singular.upper()} objects, they may be deleted "
                "or not exist. Check that ids are valid.",
                "context": {"ids": missing},
            }
        ]
    fields["startedAt"] = started_at
    fields["completedAt"] = instant_text(call.account.clock.now())
    page = results(rows, fields=fields)
    return page._replace(status=207) if missing and not _errors_in_200(call) else page


def _errors_in_200(call: Call) -> bool:
    chosen = call.account.behavior.batch_errors_in_200
    return call.version >= "2026-09" and call.version[0] == "2" if chosen is None else chosen


def _cursor(text: str) -> int:
    if not text.isdigit():
        raise invalid("Invalid paging cursor", after=[text])
    return int(text)


def _find(
    call: Call, store: RecordStore, text: str, id_property: str, *, archived: bool, resolve_merged: bool = True
) -> Record | None:
    records = store.archived if archived else store.live
    if id_property and id_property != "hs_object_id":
        definition = store.layout.by_name.get(id_property)
        if definition is None or not definition.has_unique_value:
            raise invalid(f"Property {id_property} is not a unique property", idProperty=[id_property])
        return next((each for each in records.values() if store.layout.value(each.values, id_property) == text), None)
    if not text.isdigit():
        return None
    record_id = int(text)
    if resolve_merged and call.account.behavior.merged_ids_resolve:
        record_id = store.merged.get(record_id, record_id)
    return records.get(record_id)


def _render(
    call: Call,
    store: RecordStore,
    records: list[Record],
    history: list[str],
    associations: list[str] | tuple[()],
    properties: list[str] | None = None,
) -> list[bytes]:
    asked_for = call.names("properties") if properties is None else properties
    renderer = call.renderer(store, asked_for)
    if not history and not associations:
        return list(map(renderer.render, records))
    objects = [renderer.as_object(record) for record in records]
    if history:
        seen = [name for name in history if name not in call.hidden(store)]
        call.account.history.attach(objects, records, store, seen, call.account.behavior.versions_kept)
    if associations:
        attach_associations(objects, records, store, associations, call.account, call.version)
    return list(map(encode, objects))


ENDPOINTS = (
    Endpoint("GET", "/crm/objects/{type}", list_records),
    Endpoint("GET", "/crm/objects/{type}/{id}", read_record),
    Endpoint("POST", "/crm/objects/{type}/batch/read", batch_read),
)
