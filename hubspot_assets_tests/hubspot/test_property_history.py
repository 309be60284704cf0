"""Histories: every version that HubSpot has, of every record, once."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.demo_portal.truth import TrueVersion
from hubspot_assets.hubspot.property_history import BATCH_SIZE, HistoryBatch, HistoryRead
from hubspot_assets.hubspot.transport import errors
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets_tests.hubspot.scripted_server import Reply

NAMES = ["firstname", "email", "custom_field_0001"]


def versions(batches: list[HistoryBatch]) -> Counter[TrueVersion]:
    found = Counter[TrueVersion]()
    for batch in batches:
        rows = batch.rows
        at = [round(datetime.fromisoformat(each).timestamp() * 1000) for each in rows.instants]
        columns = (
            rows.object_ids, rows.names, at, rows.values,
            rows.source_types, rows.source_ids, rows.source_labels, rows.user_ids,
        )  # fmt: skip
        found.update(TrueVersion(*row) for row in zip(*columns, strict=True))
    return found


def done(batches: list[HistoryBatch]) -> Counter[int]:
    return Counter(id_ for batch in batches for id_ in batch.done)


def edit(portal: Portal) -> list[int]:
    ids = portal.ids("contacts")
    for number in range(5):
        portal.change(
            "contacts", {"firstname": f"Ada{number}", "email": None if number == 3 else f"{number}"}, ids[:300]
        )
    return ids


def test_every_version_of_every_record_is_read_once(portal: Portal, portal_client: Client):
    ids = edit(portal)
    batches = list(HistoryRead(portal_client, "contacts", ids, ["firstname", "email", "no_such"]))
    assert versions(batches) == Counter(portal.history_served("contacts"))
    assert done(batches) == Counter(ids)
    assert len(portal.requests("batch/read")) == -(-len(ids) // BATCH_SIZE)
    assert sum(batch.found for batch in batches) == len(ids)


def test_a_read_in_trouble_is_as_complete_as_one_without(portal: Portal, portal_client: Client):
    ids = edit(portal)
    kinds = ("server_error", "truncated", "reset", "empty")
    portal.faults([{"kind": kind, "probability": 0.02, "seed": number} for number, kind in enumerate(kinds)])
    batches = list(HistoryRead(portal_client, "contacts", ids, ["firstname", "email"]))
    assert versions(batches) == Counter(portal.history_served("contacts"))
    assert done(batches) == Counter(ids)


def test_archived_records_are_read_where_they_are(portal: Portal, portal_client: Client):
    archived = sorted(portal.truth("contacts").archived)
    (batch,) = HistoryRead(portal_client, "contacts", archived, ["firstname"], archived=True)
    assert (batch.found, len(set(batch.rows.object_ids))) == (len(archived), len(archived))


def test_records_that_are_gone_are_done_without_rows(portal: Portal, portal_client: Client):
    ids = portal.ids("contacts")[:3]
    portal.purge("contacts", ids[1:2])
    (batch,) = HistoryRead(portal_client, "contacts", ids, ["firstname"])
    assert (sorted(batch.done), batch.found) == (ids, 2)
    assert ids[1] not in batch.rows.object_ids


def test_without_records_nothing_is_asked(portal: Portal, portal_client: Client):
    assert list(HistoryRead(portal_client, "contacts", [], ["firstname"])) == []
    assert portal.summary()["total"] == 0


def test_records_are_taken_no_faster_than_they_are_read(portal: Portal, portal_client: Client):
    taken = []
    ids = (taken.append(each) or each for each in portal.ids("contacts"))
    next(iter(HistoryRead(portal_client, "contacts", ids, ["firstname"], in_flight=2)))
    assert len(taken) <= 3 * BATCH_SIZE


def test_only_not_found_means_absent(serve, connect):
    failed = {"status": "error", "category": "INTERNAL_ERROR", "message": "…", "context": {"ids": ["2"]}}
    whole = {"id": "2", "propertiesWithHistory": {"a": [{"value": None, "timestamp": "2026-01-01T00:00:00Z"}]}}
    one = {"id": "1", "propertiesWithHistory": None}
    server = serve(
        Reply(207, {"results": [one], "errors": [failed]}), Reply(207, {"results": [one, whole], "errors": []})
    )
    (batch,) = HistoryRead(connect(server), "deals", [1, 2], ["a"])
    assert (batch.rows.object_ids, batch.rows.values, batch.rows.source_types) == ([2], [""], [None])
    body = server.asked[0].json
    assert (body["propertiesWithHistory"], body["properties"]) == (["a"], ["hs_object_id"])
    assert batch.read_at.tzinfo is UTC


def test_what_was_read_before_an_error_is_handed_over(portal: Portal, portal_client: Client):
    portal.faults([{"kind": "forbidden", "path": "batch/read", "nth": [3]}])
    ids, seen = portal.ids("contacts"), []
    with pytest.raises(errors.Forbidden):
        seen.extend(batch.done for batch in HistoryRead(portal_client, "contacts", ids, NAMES, in_flight=1))
    assert [list(each) for each in seen] == [ids[:50], ids[50:100]]
