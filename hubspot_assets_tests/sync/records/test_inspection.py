import json
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.records.search import Search
from hubspot_assets.hubspot.transport.errors import NotFound
from hubspot_assets.sync.records import inspection
from hubspot_assets.sync.records.inspection import Inspection
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.state import covered_until
from hubspot_assets.warehouse.base import Patch, Table

TABLE = "OBJECTS_TICKETS"


def inspect(tickets, *allow: str, deny: tuple[str, ...] = ()) -> Inspection:
    return Inspection(
        tickets.client,
        tickets.warehouse,
        STANDARD_OBJECT_TYPES["tickets"],
        PropertyFilter(allow, deny),
        tickets.updated_after,
    )


def records(tickets):
    covered = covered_until(tickets.warehouse, [TABLE], Slice.LATEST)
    return inspect(tickets).records(covered.get(TABLE))


def patch(tickets, ids, **columns: list) -> None:
    """Write past the sync."""
    rows = pa.table({"OBJECTID": pa.array(ids, pa.int64()), **columns})
    tickets.warehouse.commit(Patch(Table(TABLE, rows.schema, key=("OBJECTID",)), rows))


@pytest.fixture
def synced(tickets):
    # The company's last day ends at midnight, which may have been within the hour.
    tickets.portal.advance(7_200)
    tickets.both()
    return tickets


def test_a_table_just_synced_holds_what_hubspot_counts(synced):
    live = len(synced.portal.ids("tickets"))
    found = records(synced)
    assert found.holds
    assert found.facts == {"hubspot": live, "warehouse": live, "difference": 0, "changed_meanwhile": 0}


def test_a_table_never_synced_says_what_to_do(tickets):
    found = records(tickets)
    assert not found.holds
    assert found.sentence == "OBJECTS_TICKETS was never synced to its end: materialize latest."
    assert inspect(tickets).unparsed().holds
    assert inspect(tickets).duplicates().holds
    assert inspect(tickets).future().holds


def test_records_that_change_meanwhile_are_tolerated(synced):
    synced.portal.create("tickets", {"subject": "Ada"})
    found = records(synced)
    assert found.holds
    assert (found.facts["difference"], found.facts["changed_meanwhile"]) == (-1, 1)


def test_records_that_are_missing_are_severe(synced):
    lost = list(synced.rows([]))[:2]
    assert not set(lost) & set(synced.reasons())
    patch(synced, lost, DELETIONREASON=["lost", "lost"])
    found = records(synced)
    live = len(synced.portal.ids("tickets"))
    assert not found.holds
    assert found.severe
    assert f"HubSpot counts {live} live records, OBJECTS_TICKETS holds {live - 2}" in found.sentence
    assert "with full: true" in found.sentence


def test_records_deleted_meanwhile_are_told_until_the_recycle_bin_is_read(synced):
    synced.portal.archive("tickets", synced.portal.ids("tickets")[:2])
    found = records(synced)
    assert not found.holds
    assert not found.severe
    assert found.facts["difference"] == 2
    assert "materialize archived" in found.sentence
    synced.archived()
    assert records(synced).holds


def test_where_only_records_since_an_instant_are_read_only_those_are_counted(tickets):
    modified = sorted(row["updated_at"] for row in tickets.portal.records("tickets") if row["state"] == "live")
    tickets.updated_after = datetime.fromisoformat(modified[len(modified) // 2]).astimezone(UTC)
    tickets.latest()
    found = records(tickets)
    assert found.holds
    assert 0 < found.facts["hubspot"] < len(modified)


def test_an_id_in_two_rows_is_severe(synced, tmp_path):
    with duckdb.connect(tmp_path / "hubspot.duckdb") as connection:
        connection.execute(f"INSERT INTO {TABLE} FROM {TABLE} LIMIT 1")
    found = inspect(synced).duplicates()
    assert not found.holds
    assert found.severe
    assert found.facts == {"duplicate_rows": 1}
    assert "drop it, and materialize both partitions" in found.sentence


def test_a_row_from_the_future_is_severe(synced):
    assert inspect(synced).future().holds
    future = datetime.now() + timedelta(days=1)
    patch(synced, list(synced.rows([]))[:1], UPDATEDAT=pa.array([future], pa.timestamp("us")))
    found = inspect(synced).future()
    assert not found.holds
    assert found.severe
    assert found.facts["rows_modified_in_the_future"] == 1
    assert "delete them from OBJECTS_TICKETS" in found.sentence


def test_values_that_do_not_fit_are_counted_by_property(synced, monkeypatch):
    ids = list(synced.rows([]))
    misfits = [json.dumps({"birthday": "soon", "amount": "much"}), *[json.dumps({"amount": "much"})] * (len(ids) - 1)]
    rows = pa.table({"OBJECTID": ids, "UNPARSED": misfits})
    table = Table(TABLE, rows.schema, key=("OBJECTID",), json=("UNPARSED",))
    synced.warehouse.commit(Patch(table, rows))
    found = inspect(synced).unparsed()
    assert not found.holds
    assert found.facts == {
        "rows": len(ids), "rows_unparsed": len(ids), "share_unparsed": 1.0,
        "by_property": {"amount": len(ids), "birthday": 1},
    }  # fmt: skip
    assert "(amount, birthday); UNPARSED keeps them." in found.sentence
    monkeypatch.setattr(inspection, "MOST_UNPARSED", 1.0)
    assert inspect(synced).unparsed().holds


def test_properties_are_compared_with_those_of_the_last_inspection(tickets):
    def compare(before):
        found = inspect(tickets).properties(before)
        return found, found.facts["properties"]

    first, types = compare(None)
    assert first.holds
    tickets.portal.create_property("tickets", "moon_phase")
    added, types = compare(types)
    assert added.holds
    assert "New, and columns with the next sync that finds a change: moon_phase." in added.sentence
    tickets.portal.retype_property("tickets", "moon_phase", "number")
    retyped, types = compare(types)
    assert not retyped.holds
    assert not retyped.severe
    assert "Of another type now: moon_phase (string to number)" in retyped.sentence
    tickets.portal.archive_property("tickets", "moon_phase")
    gone, types = compare(types)
    assert not gone.holds
    assert "Gone from HubSpot (archived, or hidden from the token): moon_phase" in gone.sentence
    assert [gone.facts[f"properties_{what}"] for what in ("added", "gone", "retyped")] == [0, 1, 0]
    assert compare(types)[0].holds


def test_a_property_of_the_allow_list_that_vanished_is_severe_until_somebody_acts(tickets):
    tickets.portal.create_property("tickets", "moon_phase")
    types = inspect(tickets, "subject", "moon_*").properties(None).facts["properties"]
    tickets.portal.archive_property("tickets", "moon_phase")
    for before in (types, None):
        found = inspect(tickets, "subject", "moon_*").properties(before)
        assert not found.holds
        assert found.severe
        assert "HUBSPOT_ALLOW_PROPERTIES asks for what HubSpot does not have: moon_*." in found.sentence


def test_properties_that_the_lists_leave_out_are_nobodys_loss(tickets):
    tickets.portal.create_property("tickets", "moon_phase")
    types = inspect(tickets).properties(None).facts["properties"]
    tickets.portal.archive_property("tickets", "moon_phase")
    assert inspect(tickets, deny=("moon_*",)).properties(types).holds
    assert inspect(tickets, "subject").properties(types).holds
    assert not inspect(tickets).properties(types).holds


def test_a_type_that_cannot_be_searched_is_not_compared(synced, monkeypatch):
    def count(search):
        raise NotFound("There is no search of these.", status=404)

    monkeypatch.setattr(Search, "count", count)
    found = records(synced)
    assert found.holds
    assert "cannot be searched" in found.sentence
