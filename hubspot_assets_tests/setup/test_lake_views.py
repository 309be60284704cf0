"""The views of a lake's readers: DuckDB's are run on what syncs wrote, those of the others are read by a parser."""

from collections.abc import Callable

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.setup.lake_views import views_of
from hubspot_assets.warehouse.lake.engines import ENGINES
from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse
from hubspot_assets_tests.sync.relating import Relating

NAMES = {
    "OBJECTS", "OBJECT_PROPERTIES", "OBJECT_WITH_OBJECT_PROPERTIES", "ASSOCIATIONS", "CONTACTS", "COMPANIES",
}  # fmt: skip


@pytest.fixture(scope="module")
def synced(s3_store, small_portal: Portal) -> LakeWarehouse:
    """Contacts, companies and their associations on a lake."""
    small_portal.reset()
    lake = s3_store.warehouse()
    with Client(AccessToken(small_portal.token), base_url=small_portal.url, budgets=Budgets.unlimited()) as client:
        related = Relating(small_portal, client, lake)
        related.records()
        related.associations()
    return lake


@pytest.fixture(scope="module")
def asked(synced: LakeWarehouse) -> Callable[[str], list[dict]]:
    """What DuckDB answers to a query over the views, with the lake's files as its tables, in a zone far from UTC."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    for table in synced.tables():
        delta = synced._logs.newest(table)
        assert delta is not None
        files = delta.to_pyarrow_dataset(filesystem=synced._bucket.filesystem(table)).to_table()
        connection.register(f"files of {table}", files)
        connection.execute(f'CREATE TABLE {table} AS FROM "files of {table}"')
    for statement in views_of(synced)["duckdb"]:
        connection.execute(statement)
    return lambda query: connection.sql(query).to_arrow_table().to_pylist()


def test_every_engine_has_every_view(synced) -> None:
    for engine, statements in views_of(synced).items():
        quote = "`" if engine == "databricks" else '"'
        assert {each.split(quote)[1] for each in statements} == NAMES, engine
        assert not any("%%" in each for each in statements)


def test_duckdbs_views_say_what_hubspot_says(asked, small_portal: Portal) -> None:
    truth = small_portal.truth("contacts").live
    expected = {(id_, name): value for id_, of in truth.items() for name, value in of.properties.items() if value}
    found = asked("FROM OBJECT_PROPERTIES WHERE OBJECTTYPEID = '0-1'")
    told = {(row["OBJECTID"], row["NAME"]): row["VALUE"] for row in found if row["OBJECTID"] in truth}
    assert told.keys() >= expected.keys()
    assert {key: told[key] for key in expected if key[1] in ("email", "createdate", "hs_object_id")} == {
        key: value for key, value in expected.items() if key[1] in ("email", "createdate", "hs_object_id")
    }
    assert {row["OBJECTID"] for row in asked("FROM CONTACTS")} == truth.keys()
    assert len(asked("FROM ASSOCIATIONS WHERE FROMOBJECTTYPEID = '0-1'")) == len(
        small_portal.association_truth("contacts", "companies")
    )


@pytest.mark.parametrize(
    ("engine", "dialect"), [("snowflake", "snowflake"), ("athena", "trino"), ("databricks", "databricks")]
)
def test_the_views_of_other_engines_are_sql_of_their_dialect(synced, engine, dialect) -> None:
    sqlglot = pytest.importorskip("sqlglot", reason="comes with fakesnow")
    for statement in views_of(synced)[engine]:
        assert sqlglot.parse_one(statement, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)


def test_names_of_all_engines_are_known() -> None:
    assert list(ENGINES) == ["snowflake", "athena", "databricks", "duckdb"]
