from datetime import UTC, datetime

import pytest

from hubspot_assets.hubspot.records.newest import newest
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets_tests.hubspot.scripted_server import Reply


def test_one_request_tells_the_total_and_the_records_modified_last(portal, portal_client):
    portal.clear_requests()
    found = newest(portal_client, "contacts", "lastmodifieddate", limit=10)
    assert len(portal.requests()) == 1
    assert found.total == len(portal.ids("contacts"))
    instants = [record.modified_at for record in found.records]
    assert instants == sorted(instants, reverse=True)
    assert len(instants) == 10
    truth = portal.truth("contacts").live
    assert set(truth) >= {record.id for record in found.records}
    assert all(record.created_at <= record.modified_at <= datetime.now(UTC) for record in found.records)


def test_a_record_that_the_index_does_not_have_in_place_yet_is_left_out(portal, portal_client):
    low = newest(portal_client, "contacts", "lastmodifieddate", limit=10).records[5].id
    portal.index_lag({"median": 600_000, "percentile_99": 600_000, "tail": 0})
    portal.change("contacts", {"firstname": "Ada"}, ids=[low])
    assert low not in [record.id for record in newest(portal_client, "contacts", "lastmodifieddate").records]
    portal.index_catch_up()
    assert newest(portal_client, "contacts", "lastmodifieddate").records[0].id == low


def test_an_answer_without_a_total_does_not_say_that_everything_is_gone(serve, connect):
    with pytest.raises(UnreadableAnswer, match="total"):
        newest(connect(serve(Reply(body={"results": []}))), "contacts", "lastmodifieddate")
