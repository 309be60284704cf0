"""Tables with a partition for each day, as Dagster materializes them: ticks, backfills, checks, and what they tell."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import dagster as dg
import pytest
from rich.console import Console

from hubspot_assets.defs.automation.jobs import DAYS, FRESHNESS
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.command import sync_once
from hubspot_assets.defs.partitions import range_tags
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.sync.test_days import CALLS, VISITS

TABLES = {"EVENTS_VISITED_PAGE", "EVENTS_CALL_STARTED", "EMAIL_EVENTS", "SUBSCRIPTION_CHANGES"}


def day(back: int) -> str:
    return f"{datetime.now(UTC).date() - timedelta(days=back)}"


@pytest.fixture
def repository(account, monkeypatch) -> dg.RepositoryDefinition:
    monkeypatch.setenv("HUBSPOT_DATASETS", "email_events,subscriptions")
    monkeypatch.setenv("HUBSPOT_EVENTS", f"{VISITS},{CALLS}")
    return hubspot_definitions(Settings.load()).get_repository_def()


def ticked(repository: dg.RepositoryDefinition, instance, schedule: str) -> Sequence[Any]:
    with dg.build_schedule_context(instance=instance, repository_def=repository) as context:
        return repository.get_schedule_def(schedule).evaluate_tick(context).run_requests or ()


def launch(repository, instance, request: Any) -> dg.ExecuteInProcessResult:
    job = repository.get_job(DAYS).get_subset(
        asset_selection=set(request.asset_selection), asset_check_selection=set(request.asset_check_keys or ())
    )
    return job.execute_in_process(instance=instance, tags=request.tags)


def backfill(repository, instance, first: int, last: int, *names: str) -> dg.ExecuteInProcessResult:
    request = dg.RunRequest(
        asset_selection=[dg.AssetKey(["hubspot", name]) for name in names], tags=range_tags(day(first), day(last))
    )
    return launch(repository, instance, request)


def told(result: dg.ExecuteInProcessResult, name: str) -> dict[str, dict[str, Any]]:
    return {
        str(each.partition): {key: value.value for key, value in each.metadata.items()}
        for each in result.asset_materializations_for_node(f"hubspot__{name}")
    }


def test_an_hourly_tick_reads_today_and_yesterday_and_the_daily_one_the_week_before(repository, instance, warehouse):
    [recent] = ticked(repository, instance, "events")
    assert recent.tags.items() >= range_tags(day(1), day(0)).items()
    result = launch(repository, instance, recent)
    assert result.success
    assert {table for table in TABLES if warehouse.schema(table) is not None} == TABLES
    assert {each.partition for each in result.asset_materializations_for_node("hubspot__email_events")} == {
        day(1), day(0),
    }  # fmt: skip
    [late] = ticked(repository, instance, "late_events")
    assert late.tags.items() >= range_tags(day(7), day(0)).items()
    result = launch(repository, instance, late)
    assert result.success
    checks = result.get_asset_check_evaluations()
    assert {each.check_name for each in checks} == {"has_no_duplicate_rows", "has_rows_on_busy_days"}
    assert len(checks) == 2 * len(TABLES)
    assert all(each.passed for each in checks)


def test_a_backfill_of_a_range_is_one_run_that_tells_the_rows_of_each_day(repository, instance, warehouse, account):
    account.make_events(CALLS, 300, datetime.now(UTC) - timedelta(days=40), datetime.now(UTC))
    result = backfill(repository, instance, 40, 0, "events_call_started")
    assert result.success
    days = told(result, "events_call_started")
    assert len(days) == 41
    counted = warehouse.count_by_day("EVENTS_CALL_STARTED", "OCCURREDAT")
    assert sum(counted.values()) == 300
    assert {each: of_day["dagster/partition_row_count"] for each, of_day in days.items()} == {
        day(back): counted.get(date.fromisoformat(day(back)), 0) for back in range(41)
    }
    assert [each for each, of_day in days.items() if "rows_inserted" in of_day] == [day(0)]
    assert days[day(0)]["rows_inserted"] == 300
    assert warehouse.count("SYNCS") == 1


def test_days_that_were_missed_are_read_by_the_next_tick(repository, instance):
    assert backfill(repository, instance, 9, 6, "email_events").success
    requests = ticked(repository, instance, "events")
    starts = {key.path[-1]: request.tags[next(iter(range_tags("", "")))] for request in requests
              for key in request.asset_selection}  # fmt: skip
    assert starts == {
        "email_events": day(6), "subscription_changes": day(1), "events_visited_page": day(1),
        "events_call_started": day(1),
    }  # fmt: skip


def test_a_tick_waits_for_the_last_one(repository, instance):
    tags = {"dagster/schedule_name": "events"}
    run = instance.create_run_for_job(repository.get_job(DAYS), tags=tags, status=dg.DagsterRunStatus.STARTED)
    with dg.build_schedule_context(instance=instance, repository_def=repository) as context:
        tick = repository.get_schedule_def("events").evaluate_tick(context)
    assert not tick.run_requests
    assert run.run_id in (tick.skip_message or "")


def test_an_account_without_enterprise_is_told_so_and_its_other_tables_are_read(repository, instance, account):
    account.behavior(events_in_plan=False)
    [recent] = ticked(repository, instance, "events")
    result = launch(repository, instance, recent)
    assert result.success
    assert "Enterprise" in told(result, "events_visited_page")[day(0)]["not_available"]
    assert "not_available" not in told(result, "email_events")[day(0)]


def test_a_downstream_asset_gets_the_rows_of_its_days(repository, instance, account, warehouse):
    account.make_events(CALLS, 200, datetime.now(UTC) - timedelta(days=4), datetime.now(UTC))
    assets = hubspot_definitions(Settings.load())
    seen = {}

    @dg.asset(
        ins={"calls": dg.AssetIn(["hubspot", "events_call_started"], input_manager_key="tables")},
        partitions_def=repository.get_job(DAYS).partitions_def,
    )
    def of_a_day(calls) -> None:
        seen["days"] = set(calls["OCCURREDAT"].dt.strftime("%Y-%m-%d"))

    defs = dg.Definitions.merge(assets, dg.Definitions(assets=[of_a_day]))
    assert backfill(repository, instance, 4, 0, "events_call_started").success
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection={of_a_day.key})
    assert job.execute_in_process(instance=instance, partition_key=day(2)).success
    assert seen["days"] == {day(2)}


def test_another_first_day_keeps_what_is_there(repository, instance, account, monkeypatch, warehouse):
    assert backfill(repository, instance, 60, 30, "email_events").success
    rows = warehouse.count("EMAIL_EVENTS")
    for since in (day(10), day(400), f"{datetime.now(UTC).date() + timedelta(days=3)}"):
        monkeypatch.setenv("HUBSPOT_EVENTS_SINCE", since)
        moved = hubspot_definitions(Settings.load()).get_repository_def()
        requests = ticked(moved, instance, "events")
        assert all(min(request.tags.values()) >= since for request in requests)
        assert bool(requests) == (since < day(0))
    assert warehouse.count("EMAIL_EVENTS") == rows
    monkeypatch.setenv("HUBSPOT_EVENTS_SINCE", day(10))
    moved = hubspot_definitions(Settings.load()).get_repository_def()
    assert backfill(moved, instance, 10, 9, "email_events").success
    assert warehouse.count("EMAIL_EVENTS") >= rows


def test_a_backfill_of_old_days_neither_makes_a_table_fresh_nor_stale(repository, instance):
    key = dg.AssetCheckKey(dg.AssetKey(["hubspot", "events_call_started"]), "is_fresh")

    def fresh() -> bool:
        job = repository.get_job(FRESHNESS).get_subset(asset_selection=set(), asset_check_selection={key})
        [check] = job.execute_in_process(instance=instance).get_asset_check_evaluations()
        return check.passed

    assert backfill(repository, instance, 60, 58, "events_call_started").success
    assert not fresh()
    assert backfill(repository, instance, 1, 0, "events_call_started").success
    assert fresh()
    assert backfill(repository, instance, 57, 56, "events_call_started").success
    assert fresh()


def test_the_command_reads_the_recent_days_after_all_else(repository, account, warehouse, monkeypatch):
    monkeypatch.setenv("HUBSPOT_OBJECTS", "goals")
    monkeypatch.setenv("HUBSPOT_DATASETS", "email_events")
    monkeypatch.setenv("HUBSPOT_EVENTS", CALLS)
    account.make_events(CALLS, 100, datetime.now(UTC) - timedelta(days=7), datetime.now(UTC))
    said = StringIO()
    assert sync_once(Console(file=said, width=200), Settings.load(), (), partition="latest", full=True) == 0
    assert warehouse.count("EVENTS_CALL_STARTED") == 100
    assert warehouse.count("OBJECTS_GOALS") > 0
    assert f"email_events {day(7)} to {day(0)}" in said.getvalue()
    # Those who follow the records named are read, and no others.
    account.make_events(CALLS, 1, datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))
    assert sync_once(Console(file=said), Settings.load(), ("goals",), partition="latest", full=False) == 0
    assert warehouse.count("EVENTS_CALL_STARTED") == 100
