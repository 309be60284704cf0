import dagster as dg

from hubspot_assets.defs.automation import upkeep
from hubspot_assets.defs.automation.schedules import schedules
from hubspot_assets.defs.names import Names
from hubspot_assets.settings.hubspot import Settings


class Lake:
    """Stands for a lake with three files that nobody needs."""

    def upkeep(self) -> int:
        return 3

    def describe(self) -> str:
        return "s3://acme/hubspot"


def test_the_job_says_how_many_files_it_removed(monkeypatch):
    monkeypatch.setattr(upkeep, "warehouse_of", lambda settings: Lake())
    with dg.DagsterInstance.ephemeral() as instance:
        done = upkeep.upkeep_job(Names(), Settings()).execute_in_process(instance=instance)
        said = [record.user_message for record in instance.all_logs(done.run_id)]
    assert done.success
    assert "Removed 3 files from s3://acme/hubspot." in said


def test_only_a_lake_has_the_schedule():
    for destination, there in (("duckdb", False), ("s3", True)):
        settings = Settings().model_copy(update={"destination": destination})
        named = {schedule.name for schedule in schedules(settings, Names(), [])}
        assert ("upkeep" in named) is there
