from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.plan.objects import StepSuccessData
from dagster._core.test_utils import create_run_for_test

from hubspot_assets.defs.assets.records import records_asset
from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.automation.launches import FULL
from hubspot_assets.defs.automation.schedules import schedules
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.names import Names
from hubspot_assets.settings.hubspot import Settings

NAMES = ("contacts", "deals", "goals")
KEYS = [Names().key(name) for name in NAMES]
RANGE = {"dagster/asset_partition_range_start": "latest", "dagster/asset_partition_range_end": "archived"}
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
GOING = [
    (dg.DagsterRunStatus.NOT_STARTED, {"dagster/partition": "latest", "dagster/schedule_name": "latest"}),
    (dg.DagsterRunStatus.STARTED, {"dagster/partition": "latest"}),
    (dg.DagsterRunStatus.STARTING, {"dagster/backfill": "abc", **RANGE}),
    (dg.DagsterRunStatus.CANCELING, {"dagster/partition": "latest"}),
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(objects=NAMES, datasets=())


@pytest.fixture(scope="module")
def repository(settings) -> dg.RepositoryDefinition:
    return hubspot_definitions(settings).get_repository_def()


@pytest.fixture
def tick(repository, instance):
    """Evaluate one tick of a schedule: what it requests and, if nothing, why."""

    def tick(name: str, at: datetime = NOW) -> tuple[dg.RunRequest | None, str | None]:
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at, repository_def=repository
        ) as context:
            done = repository.get_schedule_def(name).evaluate_tick(context)
        assert len(done.run_requests) == (done.skip_message is None)
        return (done.run_requests or [None])[0], done.skip_message

    return tick


def test_every_schedule_is_on_and_says_what_it_does(repository):
    crons = {schedule.name: schedule.cron_schedule for schedule in repository.schedule_defs}
    assert crons == {
        "latest": "*/30 * * * *", "archived": "0 0 * * *", "reconcile": "15 3 * * 0", "freshness": "*/30 * * * *",
        "retention": "45 2 * * *",
    }  # fmt: skip
    for schedule in repository.schedule_defs:
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert len(schedule.description) > 60
        assert schedule.execution_timezone == "UTC"


def test_marketing_has_a_schedule_of_its_own_where_there_is_something_to_sync(instance, settings):
    chosen = settings.model_copy(update={"datasets": ("owners", "forms", "workflows")})
    repository = hubspot_definitions(chosen).get_repository_def()
    schedule = repository.get_schedule_def("marketing")
    assert (schedule.cron_schedule, schedule.default_status) == ("0 * * * *", dg.DefaultScheduleStatus.RUNNING)

    def tick(name: str) -> Any:
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=NOW, repository_def=repository
        ) as context:
            return repository.get_schedule_def(name).evaluate_tick(context)

    [request] = tick("marketing").run_requests
    assert request.partition_key is None
    keys = {Names().key(name) for name in ("forms", "workflows")}
    assert keys <= set(request.asset_selection)
    assert {each.asset_key for each in request.asset_check_keys} == set(request.asset_selection)
    assert not any(
        keys & set(run.asset_selection) for name in ("latest", "archived") for run in tick(name).run_requests
    )
    job = repository.get_job(SYNC).get_subset(
        asset_selection=set(request.asset_selection), asset_check_selection=set(request.asset_check_keys)
    )
    assert {node.name for node in job.nodes} >= {"hubspot__forms_and_submissions", "hubspot__workflows"}
    run = create_run_for_test(
        instance, SYNC, status=dg.DagsterRunStatus.STARTED, tags={"dagster/schedule_name": "marketing"}
    )
    assert run.run_id in tick("marketing").skip_message


def test_settings_say_how_often(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_LATEST_SCHEDULE", "5 min")
    monkeypatch.setenv("HUBSPOT_ARCHIVED_SCHEDULE", "30 5 * * 1-5")
    latest, archived, *_ = schedules(Settings.load(), Names(), [])
    assert (latest.cron_schedule, archived.cron_schedule) == ("*/5 * * * *", "30 5 * * 1-5")


def test_every_schedule_goes_by_the_clock_of_the_setting(settings_folder, monkeypatch):
    monkeypatch.setenv("HUBSPOT_TIME_ZONE", "Europe/Berlin")
    by_the_clock = schedules(Settings.load(), Names(), [])
    zones = {each.name: each.execution_timezone for each in by_the_clock}
    # What runs at every half hour does so in every time zone.
    assert zones.pop("freshness") == "UTC"
    assert set(zones.values()) == {"Europe/Berlin"}
    assert "(Europe/Berlin)" in str(by_the_clock[0].description)


def test_runs_are_kept_for_ever_if_the_setting_says_so(settings):
    kept = schedules(settings.model_copy(update={"keep_runs_days": 0}), Names(), [])
    assert "retention" not in {schedule.name for schedule in kept}


@pytest.mark.parametrize("partition", ["latest", "archived"])
def test_a_tick_is_one_run_of_all_object_types(tick, repository, partition):
    request, _ = tick(partition)
    assert request.partition_key == partition
    assert request.asset_selection == KEYS
    job = repository.get_job(SYNC).get_subset(
        asset_selection=set(request.asset_selection), asset_check_selection=set(request.asset_check_keys)
    )
    # The recycle bin is read once a day: then the tables are looked at as well.
    checks = {f"hubspot__{name}_checks" for name in NAMES} if partition == "archived" else set()
    assert {node.name for node in job.nodes} == {f"hubspot__{name}" for name in NAMES} | checks


@pytest.mark.parametrize(("status", "tags"), GOING)
def test_a_tick_is_skipped_while_a_run_is_still_going_whoever_launched_it(tick, instance, status, tags):
    run = create_run_for_test(instance, SYNC, status=status, tags=tags)
    request, skipped = tick("latest")
    assert request is None
    assert skipped == f"latest is still being synced: run {run.run_id} of contacts, deals, goals"


@pytest.mark.parametrize(
    ("status", "tags"),
    [
        (dg.DagsterRunStatus.SUCCESS, {"dagster/partition": "latest"}),
        (dg.DagsterRunStatus.FAILURE, RANGE),
        (dg.DagsterRunStatus.STARTED, {"dagster/partition": "archived"}),
        (dg.DagsterRunStatus.STARTED, dict.fromkeys(RANGE, "archived")),
        (dg.DagsterRunStatus.STARTED, {}),
    ],
)
def test_runs_that_ended_or_sync_something_else_are_not_in_the_way(tick, instance, status, tags):
    create_run_for_test(instance, SYNC, status=status, tags=tags)
    request, _ = tick("latest")
    assert request.asset_selection == KEYS


def test_a_long_sync_of_one_object_type_does_not_hold_up_the_others(tick, instance):
    create_run_for_test(
        instance,
        "__ASSET_JOB",
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": "latest"},
        asset_selection=frozenset([Names().key("deals")]),
    )
    request, _ = tick("latest")
    assert request.asset_selection == [Names().key("contacts"), Names().key("goals")]


def test_reconciling_is_a_full_sync_of_all_live_records_with_checks(tick, repository, settings):
    request, _ = tick("reconcile")
    assert request.partition_key == "latest"
    assert request.asset_selection == KEYS
    assert {each.asset_key for each in request.asset_check_keys} == set(KEYS)
    config = dg.validate_run_config(repository.get_job(SYNC), request.run_config)
    for name in NAMES:
        assert config["ops"][f"hubspot__{name}"]["config"]["full"] is True
        assert config["ops"][f"hubspot__{name}"]["config"]["allow_mass_deletion"] is False


@pytest.mark.parametrize(("status", "tags"), GOING)
def test_reconciling_waits_for_a_sync_instead_of_skipping_a_week(tick, instance, status, tags):
    create_run_for_test(instance, SYNC, status=status, tags=tags)
    request, _ = tick("reconcile")
    assert request is not None


def test_reconciling_is_skipped_while_the_last_reconciliation_is_going(tick, instance):
    tags = {"dagster/partition": "latest", "dagster/schedule_name": "reconcile"}
    run = create_run_for_test(instance, SYNC, status=dg.DagsterRunStatus.STARTED, tags=tags)
    assert tick("reconcile") == (None, f"The last reconciliation is still going: run {run.run_id}")


@pytest.mark.parametrize(
    ("schedule", "warns", "fails"),
    [("30 min", 60, 120), ("1 min", 10, 20), ("1 day", 3000, 6000)],
)
def test_every_asset_is_late_by_its_schedule_on_the_longest_day(settings_folder, monkeypatch, schedule, warns, fails):
    monkeypatch.setenv("HUBSPOT_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("HUBSPOT_LATEST_SCHEDULE", schedule)
    [spec] = records_asset("contacts", Settings.load()).specs
    policy = spec.freshness_policy
    assert policy == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(minutes=fails), warn_window=timedelta(minutes=warns)
    )


def test_a_reconciliation_holds_up_only_the_object_type_it_is_at(tick, instance):
    """It may take hours: the types whose turn has not come, and those that it has done, get their `latest`."""
    contacts, deals = Names().op("contacts"), Names().op("deals")
    run = create_run_for_test(
        instance,
        SYNC,
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": "latest", FULL: "true"},
        asset_selection=frozenset(KEYS),
    )
    for kind, step in (("START", contacts), ("SUCCESS", contacts), ("START", deals)):
        event = getattr(dg.DagsterEventType, f"STEP_{kind}")
        data = StepSuccessData(duration_ms=1.0) if kind == "SUCCESS" else None
        instance.report_dagster_event(
            dg.DagsterEvent(event.value, SYNC, step_key=step, event_specific_data=data), run.run_id
        )
    request, _ = tick("latest")
    assert request.asset_selection == [Names().key("contacts"), Names().key("goals")]
