"""What the README says to type works."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import hubspot_assets
from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync.associations import AssociationsSource
from hubspot_assets.sync.combined import CombinedSync
from hubspot_assets.sync.property_history import PropertyHistorySource
from hubspot_assets.sync.reading import Reading
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.reference import ReferenceSource
from hubspot_assets.sync.run import run
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

README = (Path(hubspot_assets.__file__).parent.parent / "README.md").read_text()
QUERIES = [query for query in re.findall(r"```sql\n(.*?)```", README, re.DOTALL) if query.startswith("-- ")]
NAMES = ("contacts", "companies", "deals")


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Iterator[Path]:
    """A DuckDB file with all that the queries need."""
    with Portal.start(sizes={"contacts": 60, "companies": 20, "deals": 40}) as portal:
        yield synced(portal, tmp_path_factory.mktemp("readme") / "hubspot.duckdb")


def synced(portal: Portal, file: Path) -> Path:
    deal, contact = portal.ids("deals")[0], list(portal.associations("deals", "contacts"))
    for _, other, *_ in (each for each in contact if each[0] == deal):
        portal.dissociate("deals", deal, "contacts", other)
    warehouse = DuckDBWarehouse(file)
    types = {name: STANDARD_OBJECT_TYPES[name] for name in NAMES}
    with Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        reading = Reading(client, lambda: types, ())
        for source in (
            *(RecordsSource(client, each, Slice.LATEST) for each in types.values()),
            AssociationsSource(client, types["companies"], types["contacts"]),
            AssociationsSource(client, types["deals"], types["contacts"]),
            PropertyHistorySource(client, types["deals"], PropertyFilter(("dealstage",), only=True)),
            ReferenceSource(client, "owners", reading.tables["owners"], reading.owners),
            ReferenceSource(client, "stages", reading.tables["pipeline_stages"], reading.pipeline_stages),
        ):
            run(source, warehouse, client, run_id="test", say=print)  # pyright: ignore[reportArgumentType]
        for view in ("live_records", "object_properties_history"):
            list(CombinedSync(client, view, list(types.values()), (), print).write_to(warehouse, {}))
    return file


@pytest.mark.parametrize("query", QUERIES, ids=[query.splitlines()[0] for query in QUERIES])
def test_a_query_of_the_readme_has_an_answer(file: Path, query: str) -> None:
    with duckdb.connect(file, read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    assert rows
    assert len(QUERIES) == 4


def test_the_python_of_the_readme_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        ast.parse(block)


def test_links_lead_to_files_and_headings() -> None:
    root = Path(hubspot_assets.__file__).parent.parent
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", README, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif "://" not in target:
            assert (root / target).exists(), target
