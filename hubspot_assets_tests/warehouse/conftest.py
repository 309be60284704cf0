from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.warehouse.contacts import CONTACTS


@pytest.fixture
def duckdb_path(tmp_path) -> Path:
    return tmp_path / "data" / "hubspot.duckdb"


@pytest.fixture
def duckdb_warehouse(duckdb_path) -> DuckDBWarehouse:
    return DuckDBWarehouse(duckdb_path, lock_timeout=20)


@pytest.fixture
def snowflake_warehouse(snowflake_server) -> Iterator[Warehouse]:
    """A new schema on the server that stands for Snowflake."""
    with closing(snowflake_server.warehouse()) as warehouse:
        yield warehouse


@pytest.fixture
def live_snowflake_warehouse(request) -> Iterator[Warehouse]:
    """A new schema of a real account, where the settings name one and the tests are asked for by `-m live`."""
    if "live" not in request.config.option.markexpr:
        pytest.skip("needs a Snowflake account: set SNOWFLAKE_* and run `pytest -m live`")
    from hubspot_assets_tests.snowflake_bed import live_warehouse

    with live_warehouse() as warehouse:
        yield warehouse


@pytest.fixture(params=["duckdb", "snowflake", pytest.param("live_snowflake", marks=pytest.mark.live)])
def warehouse(request) -> Warehouse:
    """Every destination in turn, empty: the tests that ask for it are the promises all of them keep."""
    return request.getfixturevalue(f"{request.param}_warehouse")


@pytest.fixture
def contacts_warehouse(warehouse) -> Warehouse:
    """Every destination in turn, with an empty table of contacts."""
    warehouse.ensure(CONTACTS)
    return warehouse
