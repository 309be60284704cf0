from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.warehouse.contacts import CONTACTS

if TYPE_CHECKING:
    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse
    from hubspot_assets.warehouse.snowflake.session import Session
    from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse


@pytest.fixture
def duckdb_path(tmp_path) -> Path:
    return tmp_path / "data" / "hubspot.duckdb"


@pytest.fixture
def duckdb_warehouse(duckdb_path) -> DuckDBWarehouse:
    return DuckDBWarehouse(duckdb_path, lock_timeout=20)


@pytest.fixture(scope="module")
def snowflake_schema(snowflake_server) -> "Iterator[SnowflakeWarehouse]":
    """A schema on the server that stands for Snowflake, one for all tests of a module."""
    with closing(snowflake_server.warehouse()) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def live_snowflake_schema() -> "Iterator[SnowflakeWarehouse]":
    """A schema of a real account, where the settings name one."""
    from hubspot_assets_tests.snowflake_bed import live_warehouse

    with live_warehouse() as warehouse:
        yield warehouse


@pytest.fixture
def snowflake_warehouse(snowflake_schema) -> "Iterator[SnowflakeWarehouse]":
    yield snowflake_schema
    drop_everything(snowflake_schema)


@pytest.fixture
def live_snowflake_warehouse(request) -> "Iterator[SnowflakeWarehouse]":
    if "live" not in request.config.option.markexpr:
        pytest.skip("needs a Snowflake account: set SNOWFLAKE_* and run `pytest -m live`")
    schema = request.getfixturevalue("live_snowflake_schema")
    yield schema
    drop_everything(schema)


@pytest.fixture
def s3_warehouse(s3_store) -> "LakeWarehouse":
    """A new prefix."""
    return s3_store.warehouse()


def drop_everything(warehouse: "SnowflakeWarehouse") -> None:
    """Leave the schema of a test to the next one as it was."""

    def drop(session: "Session") -> None:
        name = warehouse.place.schema_name
        for kind in ("VIEW", "TABLE"):
            for row in session.rows(f"SHOW {kind}S IN SCHEMA {name}"):
                session.execute(f"DROP {kind} IF EXISTS {warehouse.place.table(row[1])}")

    warehouse._run(drop)


@pytest.fixture(params=["duckdb", "snowflake", "s3", pytest.param("live_snowflake", marks=pytest.mark.live)])
def warehouse(request) -> Warehouse:
    """Every destination in turn, empty: the tests that ask for it are the promises all of them keep."""
    return request.getfixturevalue(f"{request.param}_warehouse")


@pytest.fixture
def contacts_warehouse(warehouse) -> Warehouse:
    """Every destination in turn, with an empty table of contacts."""
    warehouse.ensure(CONTACTS)
    return warehouse
