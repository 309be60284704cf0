"""All that a HubSpot account has, on S3 by the IO manager: as the portal has it, whatever people do there.

LAKE_FAMILIES=all brings all object types and pairs, and every dataset; otherwise a few stand for all.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import dagster as dg
import pytest

from hubspot_assets.catalog.datasets import DATASETS, DEFAULT_DATASETS
from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.associations import pairs_of
from hubspot_assets.defs.assets.days import day_partitions
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
from hubspot_assets_tests.sync.listing import Listing
from hubspot_assets_tests.sync.test_days import ByDay
from hubspot_assets_tests.sync.test_marketing import KINDS, Marketing
from hubspot_assets_tests.sync.test_property_history import Remembering
from hubspot_assets_tests.truth import assert_equals_portal

TEXTS = {"contacts": "firstname", "companies": "name", "tickets": "subject"}
"""Object types that people work on, and a property that they edit."""
PREFIX = "hubspot/families"
SOME = {
    "HUBSPOT_OBJECTS": ",".join(TEXTS),
    "HUBSPOT_ASSOCIATIONS": "contacts_to_companies,companies_to_contacts",
    "HUBSPOT_DATASETS": ",".join(DEFAULT_DATASETS),
}
VISITS = "e_visited_page"
EVERYTHING = {
    "HUBSPOT_DATASETS": ",".join(DATASETS),
    "HUBSPOT_EVENTS": VISITS,
    "HUBSPOT_PROPERTY_HISTORY": '{"tickets": ["subject", "hs_pipeline_stage"]}',
}
DAYS = 60
"""So many days are read of what is read by days."""
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
    settings |= EVERYTHING if os.environ.get("LAKE_FAMILIES") == "all" else SOME
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return account


def sync(*, full: bool = False, until: str = "archived") -> list[str]:
    """Materialize everything, both partitions or the latest one; the names of the assets."""
    settings = Settings.load()
    assets = [asset for family in families_of(settings, Names()) for asset in family.assets]
    by_days = [each for each in assets if isinstance(each.partitions_def, dg.DailyPartitionsDefinition)]
    if by_days:
        sync_days(settings, by_days)
    assets = [each for each in assets if each not in by_days]
    ops = {asset.op.name: {"config": {"full": True}} for asset in assets} if full else {}
    result = dg.materialize(
        [account_asset(settings, Names()), *assets],
        resources={"hubspot": hubspot_resource(settings), "tables": tables_io_manager(settings)},
        tags={"dagster/asset_partition_range_start": "latest", "dagster/asset_partition_range_end": until},
        run_config={"ops": ops},
    )
    assert result.success
    return [each.asset_key.path[-1] for each in result.get_asset_materialization_events() if each.asset_key]


def sync_days(settings: Settings, assets: Sequence[dg.AssetsDefinition]) -> None:
    """Materialize the recent days of what is read by days."""
    days = day_partitions(settings).get_partition_keys()[-DAYS:]
    resources = {"hubspot": hubspot_resource(settings), "tables": tables_io_manager(settings)}
    tags = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[-1]}
    assert dg.materialize(assets, resources=resources, tags=tags).success


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
    if "lists" in settings.datasets:
        assert_what_stands_beside_equals(portal, warehouse)


def assert_what_stands_beside_equals(portal: Portal, warehouse: Warehouse) -> None:
    """Lists, marketing, versions of properties, and what is read by days."""
    nobody: Any = None
    Listing(portal, nobody, warehouse).assert_equal()
    marketing = Marketing(portal, nobody, warehouse)
    for name, (column, kind) in KINDS.items():
        standing = [str(row[column]) for row in marketing.rows(name) if row["DELETEDAT"] is None]
        assert Counter(standing) == Counter(portal.things(kind).keys()), name
    assert marketing.has_all_submissions()
    history = Remembering(portal, nobody, warehouse)
    assert history.versions() == history.served()
    by_days = ByDay(portal, nobody, warehouse)
    assert by_days.ids(VISITS) == by_days.true_ids(VISITS)
    first = datetime.combine(by_days.today - timedelta(days=DAYS - 1), time(), UTC).timestamp() * 1_000
    sent = [body["id"] for _, body in portal.moments("email_events") if body["created"] >= first]
    assert by_days.ids("email_events") == Counter(sent)


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
    portal.retype_property("companies", "seats", "string", values={companies[0]: "many"}, touch=True)
    portal.put_owner(424_242, first_name="Ida")
    portal.join_list(int(portal.lists()[0]["listId"]), contacts[-3:])
    portal.put_thing("forms", min(portal.things("forms")), name="Edited")
    portal.remove_thing("workflows", min(portal.things("workflows")))
    now = portal.now()
    portal.make_events(VISITS, 20, now - timedelta(days=3), now)


def test_all_tables_equal_the_portal_and_an_idle_tick_asks_little_and_writes_nothing(on_s3, way):
    warehouse = warehouse_of(Settings.load())
    seats = dict.fromkeys(on_s3.ids("companies"), "7.5")
    on_s3.create_property("companies", "seats", "number", values=seats, touch=True)
    sync()
    assert_everything_equals(on_s3, warehouse)
    people_work(on_s3)
    on_s3.advance(60)
    sync(full=True)
    assert_everything_equals(on_s3, warehouse)
    on_s3.advance(7_200)
    sync(until="latest")
    on_s3.advance(1_800)
    way.requests.clear()
    assets = sync(until="latest")
    assert [each for each in way.requests if each.startswith(("PUT", "DELETE"))] == []
    asked = Counter(each.partition("?")[0].rpartition("/")[0] for each in way.requests)
    assert len(way.requests) <= REQUESTS * len(assets), (len(way.requests), len(assets), asked)
