"""The least that a family of tables needs: a table, what HubSpot told, and a source. All else is the path's."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial

import dagster as dg
import pyarrow as pa
import pytest

from hubspot_assets.defs.io_managers.tables import TablesIOManager
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.sync.source import Batch, Mode, Plan, Rows, Target, Work, new_sync_id
from hubspot_assets.sync.sync import Sync
from hubspot_assets.tables.satellite import instant, rows_of, satellite, text
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

CURRENCIES = satellite(
    "CURRENCIES",
    "The currencies of the account.",
    [text("CODE", "Three letters."), instant("DELETEDAT", "When a sync first knew that it is gone; NULL while there")],
    key=("CODE",),
)


@dataclass
class CurrenciesSource:
    """The currencies of an account, read whole."""

    client: object
    codes: Sequence[str]
    name: str = "currencies"
    target: Target = field(default_factory=lambda: Target("CURRENCIES"))
    sync_id: str = field(default_factory=new_sync_id)

    def look(self, state, warehouse) -> None:
        self._known = (state.notes or {}).get("codes")

    def plan(self, state, warehouse) -> Plan:
        now = self.client.now()  # pyright: ignore[reportAttributeAccessIssue]
        notes = {"codes": sorted(self.codes)}
        return Plan(
            mode=Mode.FULL, strategy="all", covered_until=now, table=CURRENCIES, notes=notes,
            idle=self._known == notes["codes"], sentence="reads the currencies",
        )  # fmt: skip

    def read(self, plan: Plan, work: Work) -> Iterator[Batch]:
        rows = rows_of(CURRENCIES, [{"CODE": code} for code in self.codes], work.began_at, self.sync_id)
        yield Batch((Rows(CURRENCIES, rows, scopes=pa.table({})),), len(self.codes))

    def conclude(self, plan, commits) -> tuple:
        return ()

    def facts(self) -> dict[str, int]:
        return {}


@pytest.fixture(params=["duckdb", "snowflake"])
def warehouse(request, tmp_path, monkeypatch):
    """Each destination in turn, as the one that the settings name."""
    with ExitStack() as stack:
        if request.param == "duckdb":
            made = DuckDBWarehouse(tmp_path / "family.duckdb")
        else:
            made = stack.enter_context(closing(request.getfixturevalue("snowflake_server").warehouse()))
        monkeypatch.setattr("hubspot_assets.defs.io_managers.tables.warehouse_of", lambda settings: made)
        yield made


def materialize(account, codes: Sequence[str]) -> dict[str, object]:
    """Materialize the family's asset by the IO manager; its metadata."""

    @dg.asset(io_manager_key="tables")
    def currencies(context: dg.AssetExecutionContext) -> Sync:
        return Sync(client, [partial(CurrenciesSource, client, codes)], context.run.run_id, context.log.info)

    with client_of(Settings.load()) as client:
        result = dg.materialize([currencies], resources={"tables": TablesIOManager(Settings.load())})
    [event] = result.asset_materializations_for_node("currencies")
    return {name: value.value for name, value in event.metadata.items()}


def test_a_family_of_sixty_lines_is_stored_told_of_and_kept_true(account, warehouse) -> None:
    first = materialize(account, ["EUR", "USD"])
    assert (first["dagster/table_name"], first["rows_inserted"]) == ("CURRENCIES", 2)
    syncs = warehouse.count("SYNCS")
    assert materialize(account, ["USD", "EUR"])["rows_inserted"] == 0
    assert warehouse.count("SYNCS") == syncs
    assert materialize(account, ["EUR", "CHF"])["rows_removed"] == 1
    standing = {row["CODE"]: row["DELETEDAT"] is None for row in warehouse.read("CURRENCIES").to_pylist()}
    assert standing == {"EUR": True, "USD": False, "CHF": True}
