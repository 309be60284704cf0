"""Tables around the records as Dagster materializes them: one run of what the daily schedule asks for."""

from typing import Any

import dagster as dg
import pytest

from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.settings.hubspot import Settings

OBJECTS = ("contacts", "companies")
CHECKS = {
    "contacts_to_companies": {"has_no_duplicate_rows", "agrees_with_the_opposite_direction", "records_are_known"},
    "companies_to_contacts": {"has_no_duplicate_rows", "agrees_with_the_opposite_direction", "records_are_known"},
    "contacts_to_contacts": {"has_no_duplicate_rows", "records_are_known"},
    "companies_to_companies": {"has_no_duplicate_rows", "records_are_known"},
    "contacts_property_history": {"has_no_duplicate_rows", "newest_version_is_the_record"},
    "companies_property_history": {"has_no_duplicate_rows", "newest_version_is_the_record"},
    "lists": {"has_no_duplicate_rows"},
    "list_memberships": {"has_no_duplicate_rows", "has_as_many_members_as_hubspot_counts"},
}


@pytest.fixture
def chosen(account, monkeypatch) -> None:
    monkeypatch.setenv("HUBSPOT_OBJECTS", ",".join(OBJECTS))
    monkeypatch.setenv("HUBSPOT_DATASETS", "associations,lists,property_history")
    monkeypatch.setenv("HUBSPOT_PROPERTY_HISTORY", '{"contacts": ["email", "lifecyclestage"], "companies": ["*"]}')


def test_a_run_of_the_schedule_fills_every_table_and_the_checks_of_the_daily_one_find_nothing_wrong(
    chosen, instance, warehouse
):
    repository = hubspot_definitions(Settings.load()).get_repository_def()
    with dg.build_schedule_context(instance=instance, repository_def=repository) as context:
        ticks: Any = [
            repository.get_schedule_def(each).evaluate_tick(context).run_requests for each in ("latest", "archived")
        ]
    [latest], [daily] = ticks
    selected = set(latest.asset_selection)
    checks = {each for each in daily.asset_check_keys if each.asset_key.path[-1] in CHECKS}
    result = (
        repository.get_job(SYNC)
        .get_subset(asset_selection=selected, asset_check_selection=checks)
        .execute_in_process(instance=instance, partition_key="latest")
    )
    assert result.success
    evaluations = result.get_asset_check_evaluations()
    assert {
        name: {each.check_name for each in evaluations if each.asset_key.path[-1] == name} for name in CHECKS
    } == CHECKS
    assert not [(each.asset_key, each.description) for each in evaluations if not each.passed]
    assert warehouse.count("LIST_MEMBERSHIPS")
    # Members cost thousands of requests in large accounts, so their week is their source's own.
    configured = set(daily.run_config["ops"])
    assert "hubspot__contacts_associations" in configured
    assert "hubspot__lists_and_memberships" not in configured
