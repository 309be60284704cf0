import dagster as dg
import pandas as pd
import pytest

from hubspot_assets.defs.io_managers.tables import tables_io_manager
from hubspot_assets.defs.partitions import RECORD_PARTITIONS
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.launch import both, launch, sentence

CONTACTS = dg.AssetKey(["hubspot", "contacts"])


def downstream(seen: list[pd.DataFrame], key: dg.AssetKey = CONTACTS, **options) -> dg.AssetsDefinition:
    """An asset of the user's own that keeps the DataFrame it gets."""
    metadata = options.pop("metadata", None)

    if "partitions_def" in options:
        options["backfill_policy"] = dg.BackfillPolicy.single_run()

    @dg.asset(ins={"table": dg.AssetIn(key, metadata=metadata)}, io_manager_key="kept", **options)
    def report(table: pd.DataFrame) -> None:
        seen.append(table)

    assert isinstance(report, dg.AssetsDefinition)
    return report.with_resources({"kept": dg.mem_io_manager})


def test_a_downstream_asset_gets_the_live_records(account):
    seen = []
    asset = downstream(seen)
    with dg.DagsterInstance.ephemeral() as instance:
        both("contacts", instance=instance)
        assert launch("contacts", downstream=[asset], select=[asset], instance=instance).success
    [table] = seen
    assert set(table["OBJECTID"]) == set(account.ids("contacts"))


def test_a_downstream_asset_that_asks_for_deleted_rows_gets_the_whole_table(account):
    seen = []
    asset = downstream(seen, metadata={"deleted": True})
    with dg.DagsterInstance.ephemeral() as instance:
        both("contacts", instance=instance)
        assert launch("contacts", downstream=[asset], select=[asset], instance=instance).success
    states = [row["state"] for row in account.records("contacts")]
    [table] = seen
    assert len(table) == states.count("live") + states.count("archived")


@pytest.mark.parametrize(("partition", "state"), [("latest", "live"), ("archived", "archived")])
def test_a_partitioned_downstream_asset_gets_its_own_slice(account, partition, state):
    seen = []
    asset = downstream(seen, partitions_def=RECORD_PARTITIONS)
    with dg.DagsterInstance.ephemeral() as instance:
        both("contacts", instance=instance)
        assert launch("contacts", downstream=[asset], partition=partition, instance=instance).success
    [table] = seen
    assert set(table["OBJECTID"]) == {row["id"] for row in account.records("contacts") if row["state"] == state}
    assert set(table["DELETIONREASON"].dropna()) == ({"archived"} if state == "archived" else set())


def test_a_downstream_asset_gets_only_the_columns_it_asks_for(account):
    seen = []
    asset = downstream(seen, metadata={"columns": ["OBJECTID", "PROPERTY_EMAIL"]}, partitions_def=RECORD_PARTITIONS)
    assert launch("contacts", downstream=[asset], partition="latest").success
    assert list(seen[0].columns) == ["OBJECTID", "PROPERTY_EMAIL"]


def test_numbers_reach_pandas_to_the_last_digit(account):
    seen = []
    id_ = account.ids("contacts")[0]
    account.create_property("contacts", "wealth", "number", values={id_: "1234567890123456789.0123456789"})
    asset = downstream(seen, metadata={"columns": ["OBJECTID", "PROPERTY_WEALTH"]}, partitions_def=RECORD_PARTITIONS)
    assert launch("contacts", downstream=[asset], partition="latest").success
    [wealth] = seen[0].set_index("OBJECTID")["PROPERTY_WEALTH"].dropna()
    assert str(wealth) == "1234567890123456789.0123456789"


def test_the_table_of_a_custom_object_is_found_by_what_its_run_said(account):
    seen = []
    asset = downstream(seen, dg.AssetKey(["hubspot", "cars"]), partitions_def=RECORD_PARTITIONS)
    assert launch("cars", downstream=[asset], partition="latest").success
    assert set(seen[0]["OBJECTID"]) == set(account.ids("cars"))


def test_loading_what_was_never_materialized_fails_with_what_to_do(account):
    asset = downstream([], dg.AssetKey(["hubspot", "cars"]))
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [dg.AssetSpec(["hubspot", "cars"], partitions_def=RECORD_PARTITIONS), asset],
            resources=dict.fromkeys(("tables", "io_manager"), tables_io_manager(Settings.load())),
            instance=instance,
            raise_on_error=False,
        )
    assert "materialize it before the assets that load it" in sentence(result, "report")


def test_an_output_that_is_no_sync_is_refused_by_name(account):
    @dg.asset(io_manager_key="tables", partitions_def=RECORD_PARTITIONS)
    def stray() -> str:
        return "rows"

    result = launch(downstream=[stray], partition="latest")
    [event] = [event for event in result.all_events if event.is_step_failure]
    assert "The asset stray returned str" in str(event.step_failure_data.error)


def test_a_destination_that_cannot_be_written_fails_once_with_the_cure(account, settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_DUCKDB_PATH", str(settings_folder))
    result = launch("contacts", partition="latest")
    assert "is a folder; give the path of a file in it" in sentence(result, "hubspot__contacts")
