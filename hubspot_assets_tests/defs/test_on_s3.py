"""All that a HubSpot account has, on S3 by the IO manager: as the portal has it, whatever people do there.

LAKE_FAMILIES=all brings all object types and pairs, not only a few.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator

import dagster as dg
import pytest

from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.associations import pairs_of
from hubspot_assets.defs.build import families_of
from hubspot_assets.defs.io_managers.tables import tables_io_manager
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import hubspot_resource
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets_tests.s3_bed import BUCKET, EXTERNAL_ID, REGION
from hubspot_assets_tests.s3_faults import FaultyStore
from hubspot_assets_tests.truth import assert_equals_portal

TEXTS = {"contacts": "firstname", "companies": "name", "tickets": "subject"}
"""Object types that people work on, and a property that they edit."""
PREFIX = "hubspot/families"
REQUESTS = 6
"""At most so many does a sync make of the store where nothing has changed."""


@pytest.fixture
def way(s3_store) -> Iterator[FaultyStore]:
    """The way to S3, on which requests are counted."""
    with FaultyStore.start(s3_store.endpoint, random.Random(0)) as way:
        yield way


@pytest.fixture
def on_s3(account: Portal, s3_store, way, monkeypatch) -> Portal:
    """The small account, and S3 as the destination that the settings name."""
    settings = {
        "HUBSPOT_DESTINATION": "s3",
        "S3_URL": f"s3://{BUCKET}/{PREFIX}",
        "S3_REGION": REGION,
        "S3_ROLE_ARN": s3_store.role,
        "S3_EXTERNAL_ID": EXTERNAL_ID,
        "AWS_ENDPOINT_URL": way.endpoint,
        **{name.upper(): value for name, value in s3_store.keys.items()},
    }
    if os.environ.get("LAKE_FAMILIES") != "all":
        settings |= {"HUBSPOT_OBJECTS": ",".join(TEXTS)}
        settings |= {"HUBSPOT_ASSOCIATIONS": "contacts_to_companies,companies_to_contacts"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HUBSPOT_DATASETS")
    return account


def sync(*, full: bool = False, until: str = "archived") -> list[str]:
    """Materialize everything, both partitions or the latest one; the names of the assets."""
    settings = Settings.load()
    assets = [asset for family in families_of(settings, Names()) for asset in family.assets]
    ops = {asset.op.name: {"config": {"full": True}} for asset in assets} if full else {}
    result = dg.materialize(
        [account_asset(settings, Names()), *assets],
        resources={"hubspot": hubspot_resource(settings), "tables": tables_io_manager(settings)},
        tags={"dagster/asset_partition_range_start": "latest", "dagster/asset_partition_range_end": until},
        run_config={"ops": ops},
    )
    assert result.success
    return [each.asset_key.path[-1] for each in result.get_asset_materialization_events() if each.asset_key]


def assert_everything_equals(portal: Portal, warehouse: Warehouse) -> None:
    """Every record and value, every association, and what stands beside them."""
    settings = Settings.load()
    for name in settings.objects:
        assert_equals_portal(warehouse, portal, name)
    for one, other in pairs_of(settings):
        stands = warehouse.read(f"ASSOCIATIONS_{one}_TO_{other}".upper(), where=[("REMOVEDAT", "is null", None)])
        columns = [*stands.column_names[:2], "ASSOCIATIONCATEGORY", "ASSOCIATIONTYPEID", "LABEL"]
        assert {tuple(row.values()) for row in stands.select(columns).to_pylist()} == {
            tuple(each) for each in portal.association_truth(one, other)
        }, (one, other)
    truth = portal.settings_truth()
    there = {
        "OWNERS": ("OWNERID", "DELETEDAT"),
        "TEAMS": ("TEAMID", "DELETEDAT"),
        "ACCOUNT_USERS": ("USERID", "DELETEDAT"),
    }
    for (table, (key, mark)), things in zip(there.items(), (truth.owners, truth.teams, truth.users), strict=True):
        stored = warehouse.read(table, [key], [(mark, "is null", None)])[key].to_pylist()
        assert Counter(map(str, stored)) == Counter(str(each["id"]) for each in things), table
    pipelines = [str(each["id"]) for name in settings.objects for each in truth.pipelines.get(name, ())]
    stored = warehouse.read("PIPELINES", ["PIPELINEID"], [("DELETEDAT", "is null", None)])["PIPELINEID"].to_pylist()
    assert Counter(stored) == Counter(pipelines)
    for table in ("PIPELINE_STAGES", "OWNER_TEAMS", "ASSOCIATION_DEFINITIONS", "OBJECT_AND_EVENT_TYPE_DEFINITIONS"):
        assert warehouse.count(table), table


def people_work(portal: Portal) -> None:
    """Edit, archive, merge, purge, associate, and give properties another type."""
    for name, text in TEXTS.items():
        live = portal.ids(name)
        portal.change(name, {text: "edited"}, ids=live[:5])
        portal.archive(name, live[5:8])
        portal.merge(name, live[8], [live[9]])
        portal.purge(name, [live[10]])
    contacts, companies = portal.ids("contacts"), portal.ids("companies")
    portal.associate("contacts", contacts[0], "companies", companies[-1])
    portal.create_property("contacts", "shoe_size", "number", values=dict.fromkeys(contacts[::3], "44"))
    portal.create_property("companies", "seats", "number", values=dict.fromkeys(companies, "7.5"), touch=True)
    portal.put_owner(424_242, first_name="Ida")


def test_all_tables_equal_the_portal_and_an_idle_tick_asks_little_and_writes_nothing(on_s3, way):
    warehouse = warehouse_of(Settings.load())
    sync()
    assert_everything_equals(on_s3, warehouse)
    people_work(on_s3)
    on_s3.advance(60)
    sync(full=True)
    on_s3.retype_property("companies", "seats", "string", values={on_s3.ids("companies")[0]: "many"}, touch=True)
    on_s3.advance(60)
    sync()
    assert_everything_equals(on_s3, warehouse)
    on_s3.advance(7_200)
    sync(until="latest")
    on_s3.advance(1_800)
    way.requests.clear()
    assets = sync(until="latest")
    assert [each for each in way.requests if each.startswith(("PUT", "DELETE"))] == []
    asked = Counter(each.partition("?")[0].rpartition("/")[0] for each in way.requests)
    assert len(way.requests) <= REQUESTS * len(assets), (len(way.requests), len(assets), asked)
