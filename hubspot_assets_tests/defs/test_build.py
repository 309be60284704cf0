import dagster as dg

from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.settings.hubspot import Settings


def test_two_accounts_stand_beside_each_other_in_a_project_with_assets_and_partitions_of_its_own():
    days = dg.DailyPartitionsDefinition("2026-01-01")

    @dg.asset(partitions_def=days)
    def daily() -> None: ...

    settings = Settings(objects=("contacts", "companies"))
    host = dg.Definitions(assets=[daily], jobs=[dg.define_asset_job("sync", selection=[daily])])
    defs = dg.Definitions.merge(
        hubspot_definitions(settings, key_prefix="emea"), hubspot_definitions(settings, key_prefix="apac"), host
    )
    dg.Definitions.validate_loadable(defs)
    keys = {"/".join(key.path) for key in defs.resolve_all_asset_keys()}
    assert {"emea/hubspot/contacts", "apac/hubspot/contacts", "emea/hubspot/owners", "daily"} <= keys
    repository = defs.get_repository_def()
    assert {"emea_sync", "apac_sync", "sync"} <= set(repository.job_names)
    assert {"emea_latest", "apac_changes"} <= {
        each.name for each in (*repository.schedule_defs, *repository.sensor_defs)
    }
    assert {key.path[0] for key in repository.get_job("emea_sync").asset_layer.selected_asset_keys} == {"emea"}


def test_one_account_without_a_prefix_fits_into_a_host():
    @dg.asset(deps=[dg.AssetKey(["hubspot", "contacts"])])
    def report() -> None: ...

    defs = dg.Definitions.merge(hubspot_definitions(Settings(objects=("contacts",))), dg.Definitions(assets=[report]))
    dg.Definitions.validate_loadable(defs)
