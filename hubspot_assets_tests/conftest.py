import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.warehouse.duckdb import file as duckdb_file
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests import variety

if TYPE_CHECKING:
    import dagster as dg

    from hubspot_assets_tests.s3_bed import Store
    from hubspot_assets_tests.snowflake_bed import Server

# Containers often forbid Python to keep what it compiled: each process of the tests would compile every library anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Each process that starts from here, a worker of pytest's too, imports the sitecustomize.py of that folder.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(Path(__file__).parent / "each_process"), *filter(None, [os.environ.get("PYTHONPATH")])]
)

# What a shell starts in the background ignores Ctrl-C, as would every process that a test stops by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

variety.choose()

SIZES = {"contacts": 130, "companies": 40, "tickets": 20, "goals": 10, "cars": 12}


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: the tests of whole deployments wait for most of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the deployments evenly over the others: side by side they would leave the processors idle."""
    files = list(dict.fromkeys(item.path for item in items))
    deployments = [file for file in files if file.parent.name == "end_to_end"]
    others = [file for file in files if file not in deployments]
    place = {file: index / len(group) for group in (deployments, others) for index, file in enumerate(group)}
    items.sort(key=lambda item: place[item.path])


def pytest_collection_finish() -> None:
    """Make ready for the tests, which have imported by now what they need."""
    if "dagster" in sys.modules:
        from hubspot_assets_tests.quick_dagster import quicken

        quicken()
    # Tables of tests are small: a second thread of DuckDB's would only be woken for nothing.
    duckdb_file._SETTINGS["threads"] = 1
    # What was imported stays: there is no use in going through it again and again.
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let what is left end with the process: pytest would look through it for garbage five times."""
    gc.freeze()
    atexit.register(_let_go)


def _let_go() -> None:
    """Let everything go in order: DuckDB's module complains, in sixty lines, where it is not."""
    gc.unfreeze()
    # By these, and by the tracebacks of errors that pydantic keeps, all that the tests know would outlive Python.
    gc.callbacks.clear()
    for each in gc.get_objects():
        if issubclass(type(each), BaseException):
            each.__traceback__ = None


@pytest.fixture(scope="session")
def small_portal() -> Iterator[Portal]:
    with Portal.start(sizes=SIZES) as portal:
        yield portal


@pytest.fixture
def portal(small_portal) -> Portal:
    """A small account, as it was at its start."""
    small_portal.reset()
    return small_portal


@pytest.fixture
def settings_folder(tmp_path, monkeypatch) -> Path:
    """An empty current folder, and an environment without a single setting."""
    for name in os.environ:
        if name.startswith(("HUBSPOT_", "DAGSTER_", "SNOWFLAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def account(portal, settings_folder, monkeypatch) -> Portal:
    """The small account, named by the settings, and without rate limits."""
    monkeypatch.setenv("HUBSPOT_BASE_URL", portal.url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", portal.token)
    # What stands beside the records is asked for by those tests that are about it.
    monkeypatch.setenv("HUBSPOT_DATASETS", "none")
    monkeypatch.setattr(Budgets, "local", lambda fingerprint: Budgets.unlimited())
    return portal


@pytest.fixture
def warehouse(settings_folder) -> DuckDBWarehouse:
    """The DuckDB file that the settings name by default."""
    return DuckDBWarehouse(settings_folder / ".data" / "hubspot.duckdb")


@pytest.fixture(scope="module")
def first_sync(tmp_path_factory) -> Path:
    """Where `filled_once` keeps the file that the first test of a module has filled."""
    return tmp_path_factory.mktemp("synced") / "hubspot.duckdb"


@pytest.fixture(scope="session")
def dagster_instance(tmp_path_factory) -> "Iterator[dg.DagsterInstance]":
    import dagster as dg

    from hubspot_assets_tests.quick_dagster import on_disk

    folder = tmp_path_factory.mktemp("dagster")
    with dg.DagsterInstance.local_temp(str(folder), overrides=on_disk(folder)) as instance:
        yield instance


@pytest.fixture
def instance(dagster_instance) -> "Iterator[dg.DagsterInstance]":
    """A Dagster instance on disk, as schedules and sensors need it, without runs."""
    yield dagster_instance
    for run in dagster_instance.get_runs():
        dagster_instance.delete_run(run.run_id)


@pytest.fixture(scope="session")
def snowflake_server() -> "Iterator[Server]":
    """Snowflake on 127.0.0.1, started when a test first asks for it."""
    from hubspot_assets_tests.snowflake_bed import Server

    with Server.start() as server:
        yield server


@pytest.fixture(scope="session")
def s3_store() -> "Iterator[Store]":
    """S3 on 127.0.0.1, started when a test first asks for it."""
    from hubspot_assets_tests.s3_bed import Store

    with Store.start() as store:
        yield store
