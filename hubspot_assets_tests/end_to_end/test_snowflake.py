"""The demo portal's nine object types in Snowflake, through everything that can happen to records and properties."""

import threading
from contextlib import closing

import dagster as dg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES
from hubspot_assets.defs.partitions import RECORD_PARTITIONS
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.launch import both, metadata
from hubspot_assets_tests.snowflake_bed import recorded
from hubspot_assets_tests.sync.records.syncing import Syncing

FEW = 12


@pytest.fixture(scope="module")
def company():
    """Nine object types, a few records of each and no more properties than it takes."""
    sizes = dict.fromkeys(DEFAULT_OBJECT_TYPES, FEW) | {"contacts": 40}
    properties = dict.fromkeys(DEFAULT_OBJECT_TYPES, 12)
    del properties["contacts"]
    with Portal.start(sizes=sizes, properties=properties, archived_share=0, merged_share=0) as portal:
        yield portal


@pytest.fixture
def syncing(company, snowflake_server):
    client = Client(AccessToken(company.token), base_url=company.url, budgets=Budgets.unlimited())
    with client, closing(snowflake_server.warehouse()) as warehouse:
        yield lambda name: Syncing(company, client, warehouse, name)


def test_snowflakes_tables_equal_the_portal_value_by_value(company, syncing):
    for name in DEFAULT_OBJECT_TYPES:
        each = syncing(name)
        each.latest()
        assert each.assert_equal() > 0

    contacts = syncing("contacts")
    live = company.ids("contacts")
    company.change("contacts", {"firstname": "it's \\ 100 % \u00fc"}, ids=live[:5])
    company.archive("contacts", live[5:8])
    company.merge("contacts", live[8], live[9:11])
    company.purge("contacts", live[11:13])
    company.create_property("contacts", "shoe_size", "number", values={live[0]: "43.5", live[1]: "about 40"})
    contacts.full()
    contacts.archived()
    contacts.assert_equal()

    company.retype_property("contacts", "shoe_size", "string", values={live[2]: "XL"}, touch=True)
    company.restore("contacts", live[5:6], touch=True)
    contacts.both()
    contacts.assert_equal()
    sizes = contacts.warehouse.read("OBJECTS_CONTACTS", ["OBJECTID", "PROPERTY_SHOE_SIZE"]).to_pylist()
    by_id = {row["OBJECTID"]: row["PROPERTY_SHOE_SIZE"] for row in sizes}
    assert [by_id[id_] for id_ in live[:3]] == ["43.5", "about 40", "XL"]


def test_a_tick_that_finds_nothing_only_asks_and_asks_the_same_each_time(company, syncing):
    deals = syncing("deals")
    deals.latest()
    company.advance(7_200)
    asked = []
    for _ in range(3):
        with recorded() as sent:
            assert deals.latest().rows_read == 0
        asked.append(sent)
    assert {statement.split()[0] for statement in asked[0]} == {"SELECT", "DESCRIBE"}
    assert asked[0] == asked[1] == asked[2]


def test_two_syncs_of_one_table_at_once_end_right(syncing):
    tickets = syncing("tickets")
    failures = []

    def sync(each: Syncing) -> None:
        try:
            each.latest()
        except Exception as error:  # noqa: BLE001 - told below, in the thread that counts
            failures.append(error)

    threads = [threading.Thread(target=sync, args=(each,)) for each in (tickets, tickets.reconnected())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert tickets.assert_equal() == FEW
    assert tickets.warehouse.count("OBJECTS_TICKETS") == FEW


def test_a_downstream_asset_loads_columns_of_a_partition(company, snowflake_server, settings_folder, monkeypatch):
    place = snowflake_server.place()
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, value in {
        "HUBSPOT_BASE_URL": company.url,
        "HUBSPOT_ACCESS_TOKEN": company.token,
        "HUBSPOT_DATASETS": "none",
        "HUBSPOT_DESTINATION": "snowflake",
        "SNOWFLAKE_ACCOUNT": place.account,
        "SNOWFLAKE_USER": "ASSETS",
        "SNOWFLAKE_WAREHOUSE": place.warehouse,
        "SNOWFLAKE_DATABASE": place.database,
        "SNOWFLAKE_SCHEMA": place.schema,
        "SNOWFLAKE_PRIVATE_KEY": key.decode().replace("\n", "\\n"),
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(snowflake_server.port),
        "SNOWFLAKE_PROTOCOL": "http",
    }.items():
        monkeypatch.setenv(name, str(value))
    loaded = []

    @dg.asset(
        ins={
            "goals": dg.AssetIn(
                ["hubspot", "goals"],
                metadata={"columns": ["OBJECTID", "UPDATEDAT"]},
                partition_mapping=dg.IdentityPartitionMapping(),
            )
        },
        partitions_def=RECORD_PARTITIONS,
    )
    def downstream(goals) -> None:
        loaded.append(goals)

    with recorded() as sent:
        result = both("goals", downstream=[downstream], select=None)
    assert result.success
    [frame] = loaded
    assert list(frame.columns) == ["OBJECTID", "UPDATEDAT"]
    assert len(frame) == FEW
    assert str(frame.dtypes["OBJECTID"]) == "int64[pyarrow]"
    assert any(s.startswith('SELECT "OBJECTID", "UPDATEDAT" FROM') for s in sent)
    told = metadata(result, "goals")["latest"]
    assert told["destination"] == f"Snowflake schema ANALYTICS.{place.schema} of account test"
    assert told["rows_inserted"] == FEW
    printed = "".join(str(event) for event in result.all_events)
    assert not [line for line in key.decode().splitlines() if "KEY" not in line and line in printed]
