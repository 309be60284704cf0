"""The combined views say what the tables say, in HubSpot's spelling."""

import importlib
import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pkgutil import iter_modules

import pytest

from hubspot_assets import tables
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.combined import CombinedSync, live_view
from hubspot_assets.sync.property_history import PropertyHistorySource
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.run import run
from hubspot_assets.tables.property_history import history_table
from hubspot_assets.warehouse.base import Table, Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.sync.relating import Relating

NAMES = ("objects", "object_properties", "object_with_object_properties", "associations", "live_records")
TYPES = [STANDARD_OBJECT_TYPES[name] for name in ("contacts", "companies", "taxes")]


def make(related: Relating) -> dict[str, list[str]]:
    """Make all views; which of them changed, by kind."""
    contacts, companies, _ = TYPES
    changed = {}
    for name in NAMES:
        sync = CombinedSync(related.client, name, TYPES, [(contacts, companies), (companies, contacts)], print)
        [report] = sync.write_to(related.warehouse, {})
        changed[name] = [change.table for change in report.schema_changes]
    return changed


def rows(warehouse: Warehouse, view: str) -> list[dict]:
    return warehouse.read(view).to_pylist()


def test_views_are_made_once_and_anew_only_when_their_text_differs(related: Relating) -> None:
    assert make(related)["live_records"] == ["CONTACTS", "COMPANIES"]
    assert make(related) == {name: [] for name in NAMES}
    related.portal.create_property("contacts", "shoe_size", "number", values={related.portal.ids("contacts")[0]: "42"})
    related.portal.change("contacts", {"firstname": "New"}, count=1)
    related.records()
    assert make(related) == {
        "objects": [], "associations": [], "object_properties": ["OBJECT_PROPERTIES"],
        "object_with_object_properties": ["OBJECT_WITH_OBJECT_PROPERTIES"], "live_records": ["CONTACTS"],
    }  # fmt: skip


def test_every_value_of_every_record_is_in_the_views_as_hubspot_spells_it(related: Relating) -> None:
    make(related)
    truth = related.portal.truth("contacts")
    expected = {
        (id_, name): value
        for id_, record in {**truth.live, **truth.archived}.items()
        for name, value in record.properties.items()
        if value
    }
    told = {
        (row["OBJECTID"], row["NAME"]): row["VALUE"]
        for row in rows(related.warehouse, "OBJECT_PROPERTIES")
        if row["OBJECTTYPEID"] == "0-1" and row["OBJECTID"] in {**truth.live, **truth.archived}
    }
    assert told.keys() >= expected.keys()
    as_text = {key: value for key, value in expected.items() if key[1] in ("email", "firstname", "lifecyclestage")}
    assert {key: told[key] for key in as_text} == as_text
    whole = {
        row["OBJECTID"]: json.loads(row["PROPERTIES"])
        for row in rows(related.warehouse, "OBJECT_WITH_OBJECT_PROPERTIES")
        if row["OBJECTTYPEID"] == "0-1"
    }
    assert {(id_, name): value for id_, values in whole.items() for name, value in values.items()} == {
        (row["OBJECTID"], row["NAME"]): row["VALUE"]
        for row in rows(related.warehouse, "OBJECT_PROPERTIES")
        if row["OBJECTTYPEID"] == "0-1"
    }


def test_no_view_of_live_records_is_called_as_another_table_or_view_may_be() -> None:
    modules = [importlib.import_module(f"hubspot_assets.tables.{each.name}") for each in iter_modules(tables.__path__)]
    names = {each.name for module in modules for each in vars(module).values() if isinstance(each, Table)}
    assert len(names) > 15
    names |= {"SYNCS", "PROPERTY_DEFINITIONS", "CAMPAIGNS", "EVENTS", "OBJECTS", "ASSOCIATIONS"}
    names |= {"EVENTS_LOGIN", "OBJECTS_CONTACTS", "ASSOCIATIONS_CONTACTS_TO_DEALS", "OBJECT_PROPERTIES_HISTORY_DEALS"}
    custom = [replace(TYPES[0], table=f"OBJECTS_{name}") for name in sorted({*names, "LIVE_TEAMS"})]
    views = [live_view(each) for each in custom]
    assert not names & set(views)
    assert len(set(views)) == len(views)


def test_live_records_are_called_by_their_properties(related: Relating) -> None:
    make(related)
    live = rows(related.warehouse, "CONTACTS")
    assert {row["OBJECTID"] for row in live} == set(related.portal.ids("contacts"))
    truth = related.portal.truth("contacts").live
    assert all(row["EMAIL"] == (truth[row["OBJECTID"]].properties.get("email") or None) for row in live)


def test_all_associations_are_in_one_view(related: Relating) -> None:
    make(related)
    told = {
        (row["FROMOBJECTID"], row["TOOBJECTID"], row["ASSOCIATIONTYPEID"])
        for row in rows(related.warehouse, "ASSOCIATIONS")
        if (row["FROMOBJECTTYPEID"], row["TOOBJECTTYPEID"]) == ("0-1", "0-2")
    }
    assert told == {(each[0], each[1], each[3]) for each in related.truth("contacts", "companies")}


@pytest.mark.parametrize("destination", ["duckdb", "snowflake"])
def test_all_versions_of_all_types_are_in_one_view(
    small_portal: Portal, connect: Callable[..., Client], tmp_path, destination: str, request
) -> None:
    small_portal.reset()
    client, chosen = connect(small_portal), PropertyFilter(("name", "subject", "lifecyclestage"))
    with ExitStack() as stack:
        warehouse: Warehouse = DuckDBWarehouse(tmp_path / "combined.duckdb")
        if destination == "snowflake":
            warehouse = stack.enter_context(closing(request.getfixturevalue("snowflake_server").warehouse()))
        types = [STANDARD_OBJECT_TYPES[name] for name in ("companies", "tickets", "taxes")]
        for each in types[:2]:
            records = RecordsSource(client, each, Slice.LATEST, property_filter=chosen)
            run(records, warehouse, client, run_id="test", say=print)
            run(PropertyHistorySource(client, each, chosen), warehouse, client, run_id="test", say=print)
        sync = CombinedSync(client, "object_properties_history", types, (), print)
        [report] = sync.write_to(warehouse, {})
        assert [change.table for change in report.schema_changes] == ["OBJECT_PROPERTIES_HISTORY"]
        told = rows(warehouse, "OBJECT_PROPERTIES_HISTORY")
        tables = [history_table(each) for each in types[:2]]
        assert list(told[0]) == tables[0].schema.names
        assert sorted(map(repr, told)) == sorted(
            map(repr, (row for each in tables for row in rows(warehouse, each.name)))
        )
        assert {row["OBJECTTYPEID"] for row in told} == {"0-2", "0-5"}
        [again] = sync.write_to(warehouse, {})
        assert again.idle
