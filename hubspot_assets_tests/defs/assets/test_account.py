import json

import dagster as dg
import pytest

from hubspot_assets.defs.assets import account as account_module
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.resources import warehouse
from hubspot_assets.settings.hubspot import Settings

ACCOUNT = dg.AssetKey(["hubspot", "account"])


def observed(instance: dg.DagsterInstance) -> dict[str, object]:
    """The metadata of the observation that the job `freshness` makes."""
    job = hubspot_definitions(Settings.load()).resolve_job_def("freshness")
    assert job.execute_in_process(instance=instance, raise_on_error=False).success
    [record] = instance.fetch_observations(ACCOUNT, limit=1).records
    assert record.asset_observation is not None
    return {name: value.value for name, value in record.asset_observation.metadata.items()}


def test_the_job_freshness_tells_whose_account_it_is_and_what_is_left_of_the_day(account, instance):
    account.limits(enabled=True, daily=1_000, daily_used=100)
    said = observed(instance)
    assert next(iter(said)) == "reachable"
    assert said["reachable"] is True
    # The two requests of the observation itself count.
    assert (said["requests_per_day"], said["requests_used_today"]) == (1_000, 102)
    assert said["requests_left_today"] == 898
    assert said["data_center"] == "na1"
    assert said["account_type"] == "STANDARD"
    assert "crm.objects.contacts.read" in str(said["scopes"])
    assert str(said["portal_id"]) in str(said["link_to_account"])
    assert account.token not in json.dumps(said, default=str)
    account.limits(enabled=False)


def test_an_observation_costs_two_requests_and_asks_no_warehouse(account, instance, monkeypatch):
    job = hubspot_definitions(Settings.load()).resolve_job_def("freshness")
    account.clear_requests()
    with monkeypatch.context() as patched:
        patched.setattr(warehouse, "warehouse_of", lambda _: pytest.fail("a warehouse was asked"))
        done = job.execute_in_process(instance=instance, asset_selection=[ACCOUNT])
    assert done.success
    assert len(account.requests()) == 2


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HUBSPOT_ACCESS_TOKEN", "pat-na1-unknown", "Create a service key"),
        ("HUBSPOT_ACCESS_TOKEN", "", "HUBSPOT_ACCESS_TOKEN is not set"),
        ("HUBSPOT_BASE_URL", "http://127.0.0.1:9", "The connection to http://127.0.0.1:9 failed"),
    ],
)
def test_what_is_wrong_is_a_sentence_of_the_observation_and_fails_no_run(
    account, instance, monkeypatch, name, value, said
):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(account_module, "PATIENCE", 0.0)
    facts = observed(instance)
    assert facts["reachable"] is False
    assert said in str(facts["problem"])
    assert "pat-na1-unknown" not in str(facts)
