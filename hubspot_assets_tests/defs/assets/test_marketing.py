"""The tables of marketing as Dagster materializes them: one run of what the schedule asks for."""

from typing import Any

import dagster as dg

from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.settings.hubspot import Settings

DATASETS = "forms,marketing_emails,campaigns,subscriptions,workflows,marketing_events"
TABLES = {
    "FORMS", "FORM_SUBMISSIONS", "MARKETING_EMAILS", "CAMPAIGNS", "SUBSCRIPTION_DEFINITIONS", "WORKFLOWS",
    "MARKETING_EVENTS", "MARKETING_EVENT_PARTICIPATIONS",
}  # fmt: skip


def test_a_tick_of_the_schedule_fills_every_table_and_checks_it(account, instance, monkeypatch, warehouse):
    monkeypatch.setenv("HUBSPOT_DATASETS", DATASETS)
    repository = hubspot_definitions(Settings.load()).get_repository_def()
    with dg.build_schedule_context(instance=instance, repository_def=repository) as context:
        requests: Any = repository.get_schedule_def("marketing").evaluate_tick(context).run_requests
    [request] = requests
    job = repository.get_job(SYNC).get_subset(
        asset_selection=set(request.asset_selection), asset_check_selection=set(request.asset_check_keys)
    )
    result = job.execute_in_process(instance=instance)
    assert result.success
    assert {
        str(each.asset_key and each.asset_key.path[-1]).upper() for each in result.get_asset_materialization_events()
    } == TABLES
    assert {table for table in TABLES if warehouse.count(table)} == TABLES
    checks = result.get_asset_check_evaluations()
    assert {each.asset_key.path[-1].upper() for each in checks} == TABLES
    assert all(each.passed for each in checks)
