from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.events import StepMaterializationData
from dagster._core.test_utils import create_run_for_test

from hubspot_assets.defs.assets.days import days_family
from hubspot_assets.defs.assets.records import records_family
from hubspot_assets.defs.automation.jobs import DAYS, FRESHNESS, SYNC
from hubspot_assets.defs.automation.retention import forget_runs, retention_job
from hubspot_assets.defs.names import Names
from hubspot_assets.settings.hubspot import Settings

TABLES = records_family(Settings(objects=("contacts", "deals")), Names()).tables
TOMORROW = datetime.now(UTC) + timedelta(days=1)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def ran(instance):
    """A run that ended, and what it materialized."""

    def ran(*materialized: tuple[dg.AssetKey, str], job: str = SYNC, status=dg.DagsterRunStatus.SUCCESS, **tags) -> str:
        run = create_run_for_test(instance, job_name=job, status=status, tags=tags)
        for key, partition in materialized:
            instance.report_dagster_event(
                dg.DagsterEvent(
                    event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                    job_name=job,
                    event_specific_data=StepMaterializationData(
                        dg.AssetMaterialization(key, partition=partition, metadata={"rows_read": 1})
                    ),
                ),
                run.run_id,
            )
        return run.run_id

    return ran


def left(instance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def test_old_runs_go_but_those_that_materialized_a_partition_last_stay(instance, ran):
    contacts, deals = (table.key for table in TABLES)
    first = ran((contacts, "latest"), (deals, "latest"))
    archived = ran((contacts, "archived"))
    second = ran((contacts, "latest"))
    checks = ran(job=FRESHNESS)
    assert forget_runs(instance, Names(), TABLES, TOMORROW) == 1
    assert left(instance) == {first, archived, second}
    assert checks not in left(instance)
    third = ran((contacts, "latest"), (deals, "latest"))
    assert forget_runs(instance, Names(), TABLES, TOMORROW) == 2
    assert left(instance) == {archived, third}
    event = instance.get_latest_materialization_event(contacts)
    assert event.run_id == third


def test_old_failures_go_too(instance, ran):
    ran(status=dg.DagsterRunStatus.FAILURE)
    ran(status=dg.DagsterRunStatus.CANCELED)
    going = ran(status=dg.DagsterRunStatus.STARTED)
    assert forget_runs(instance, Names(), TABLES, TOMORROW) == 2
    assert left(instance) == {going}


def test_young_runs_and_those_of_others_stay(instance, ran):
    launched = ran(job="__ASSET_JOB")
    other = ran(**{".dagster/repository": "another"})
    young = ran(**{".dagster/repository": "ours"})
    assert forget_runs(instance, Names(), TABLES, YESTERDAY) == 0
    assert forget_runs(instance, Names(), TABLES, TOMORROW, {".dagster/repository": "ours"}) == 1
    assert left(instance) == {launched, other}
    assert young not in left(instance)


@pytest.mark.parametrize(("days", "forgotten"), [(0, 1), (30, 0)])
def test_the_job_says_how_many_runs_it_forgot(instance, ran, days, forgotten):
    old = ran(job=FRESHNESS)
    done = retention_job(Names(), TABLES, days).execute_in_process(instance=instance)
    assert done.success
    assert (old in left(instance)) is not bool(forgotten)
    said = [record.user_message for record in instance.all_logs(done.run_id)]
    assert any(message.startswith(f"Forgot {forgotten} runs") for message in said)


def test_runs_that_materialized_a_day_last_stay(instance, ran):
    settings = Settings(objects=("contacts",), datasets=("email_events",))
    [emails] = days_family(settings, Names()).tables
    first = ran((emails.key, "2026-11-01"), (emails.key, "2026-11-02"), job=DAYS)
    second = ran((emails.key, "2026-11-02"), (emails.key, "2026-11-03"), job=DAYS)
    third = ran((emails.key, "2026-11-03"), job=DAYS)
    assert forget_runs(instance, Names(), [emails], TOMORROW) == 0
    fourth = ran((emails.key, "2026-11-02"), job=DAYS)
    assert forget_runs(instance, Names(), [emails], TOMORROW) == 1
    assert left(instance) == {first, third, fourth}
    assert second not in left(instance)
