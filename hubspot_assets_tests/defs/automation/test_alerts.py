import socket
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test
from pydantic import SecretStr

from hubspot_assets.defs.automation.causes import Causes, in_words
from hubspot_assets.defs.automation.dead_runs import PROCESS, end_dead_runs
from hubspot_assets.defs.automation.webhook import CannotTell, Message, form_for
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets_tests.webhook_server import SECRET, Hook, webhook

CONTACTS, COMPANIES = dg.AssetKey(["hubspot", "contacts"]), dg.AssetKey(["hubspot", "companies"])
UI = "http://dagster.example.com"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as hook:
        yield hook


class Told:
    """The sensor tick by tick, with runs between."""

    def __init__(self, instance: dg.DagsterInstance, hook: Hook) -> None:
        self.instance = instance
        self.hook = hook
        self.cursor: str | None = None
        self.token: str | None = None
        self.objects = ("contacts", "companies")

    @property
    def definitions(self) -> dg.Definitions:
        given = Settings.load()
        changed = {"objects": self.objects, "alert_webhook": SecretStr(self.hook.url), "dagster_url": UI}
        token = SecretStr(self.token) if self.token else given.access_token
        return hubspot_definitions(given.model_copy(update={**changed, "access_token": token}))

    def tick(self) -> list[str]:
        """What is posted during one tick."""
        before = len(self.hook.posted)
        repository = self.definitions.get_repository_def()
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, repository_def=repository) as context:
            done = repository.get_sensor_def("alerts").evaluate_tick(context)
        assert not done.run_requests
        self.cursor = done.cursor
        return [each["text"] for each in self.hook.posted[before:]]

    def run(self, *keys: dg.AssetKey, partition: str = "latest") -> dg.ExecuteInProcessResult:
        """A run of the main job, with the token as it is now."""
        job = self.definitions.resolve_job_def("sync")
        return job.execute_in_process(
            instance=self.instance, partition_key=partition, asset_selection=keys or None, raise_on_error=False
        )


@pytest.fixture
def told(account, instance, hook) -> Told:
    """The sensor after its first tick."""
    told = Told(instance, hook)
    assert told.tick() == []
    return told


def test_without_a_webhook_there_is_no_sensor(settings_folder):
    names = {each.name for each in hubspot_definitions(Settings.load()).get_repository_def().sensor_defs}
    assert names == {"changes", "dead_runs"}


def test_a_cause_is_told_once_for_all_tables_that_it_hits_and_again_when_it_is_over(told):
    told.token = "pat-na1-unknown"
    failed = told.run()
    [message] = told.tick()
    assert message.splitlines()[0] == "HubSpot: syncs fail"
    assert "Create a service key" in message
    assert "This concerns companies, contacts (latest); run " in message
    assert f"{UI}/runs/{failed.run_id}" in message
    assert "pat-na1-unknown" not in message
    told.run()
    assert told.tick() == []
    told.token = None
    assert told.run(CONTACTS).success
    assert told.tick() == []
    assert told.run(COMPANIES).success
    [message] = told.tick()
    assert message.splitlines()[0] == "HubSpot: syncs work again"
    assert "Over at " in message
    assert "Create a service key" in message
    assert told.tick() == []


def test_another_cause_is_told_of_by_itself_and_the_success_of_other_tables_ends_none(told, account):
    told.token = account.issue_token(without=["crm.objects.contacts.read"])
    assert not told.run().success
    [message] = told.tick()
    assert "crm.objects.contacts.read" in message
    assert "This concerns contacts (latest)" in message
    told.token = account.issue_token(without=["crm.objects.contacts.read", "crm.objects.companies.read"])
    assert not told.run().success
    [message] = told.tick()
    assert "crm.objects.companies.read" in message
    assert "crm.objects.contacts.read" not in message


def test_an_archived_run_that_works_does_not_end_what_fails_for_live_records(told):
    told.token = "pat-na1-unknown"
    told.run(CONTACTS)
    assert len(told.tick()) == 1
    told.token = None
    assert told.run(CONTACTS, partition="archived").success
    assert told.tick() == []


def test_what_failed_before_somebody_wanted_to_be_told_is_no_news(account, instance, hook):
    told = Told(instance, hook)
    told.token = "pat-na1-unknown"
    told.run(CONTACTS)
    assert told.tick() == []
    assert told.tick() == []


def test_what_came_and_went_between_two_ticks_is_not_told(told):
    told.token = "pat-na1-unknown"
    told.run(CONTACTS)
    told.token = None
    told.run(CONTACTS)
    assert told.tick() == []


def test_a_webhook_that_cannot_be_reached_fails_the_tick_without_showing_its_address_and_nothing_is_lost(told, hook):
    told.token = "pat-na1-unknown"
    told.run(CONTACTS)
    hook.status, hook.text = 403, "invalid_token"
    with pytest.raises(CannotTell, match=r"at 127\.0\.0\.1 answered 403 \(invalid_token\)"):
        told.tick()
    hook.text = f"no such hook: {SECRET}"
    with pytest.raises(CannotTell) as refused:
        told.tick()
    port, hook.url = hook.url, f"http://127.0.0.1:9/services/{SECRET}"
    with pytest.raises(CannotTell, match="cannot be reached") as unreachable:
        told.tick()
    for each in (refused, unreachable):
        assert SECRET not in f"{each.value} {each.value.__cause__} {each.value.__context__}"
    hook.url, hook.status = port, 200
    assert len(told.tick()) == 1


def test_a_run_whose_process_died_is_told_and_over_with_the_next_that_works(told, instance):
    run = create_run_for_test(
        instance,
        "sync",
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": "latest"},
        asset_selection=frozenset([CONTACTS]),
    )
    instance.add_run_tags(run.run_id, {PROCESS: f"{socket.gethostname()} 999999999 1.00"})
    assert end_dead_runs(instance) == [run.run_id]
    [message] = told.tick()
    assert "The process of this run is gone" in message
    assert "This concerns contacts (latest)" in message
    assert told.run(CONTACTS).success
    assert "work again" in told.tick()[0]


def test_runs_of_a_host_project_are_not_told(told, instance):
    @dg.job
    def broken() -> None:
        @dg.op
        def breaks() -> None:
            raise ValueError("not ours")

        breaks()

    broken.execute_in_process(instance=instance, raise_on_error=False)
    assert told.tick() == []


def test_a_cause_is_over_when_what_it_hit_is_no_longer_synced(told):
    told.token = "pat-na1-unknown"
    told.run(CONTACTS)
    assert len(told.tick()) == 1
    told.objects = ("companies",)
    assert "work again" in told.tick()[0]


def failing(said: str) -> Causes:
    causes = Causes()
    causes.failed([("contacts", "latest")], said, 0.0, run_id="1", job="sync")
    return causes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The connection failed: refused. (GET /crm/objects/contacts, 8 attempts)", "The connection failed: refused."),
        ("650,000 requests, 64,999 left. Anew from 2026-11-27.", "650,000 requests, 12 left. Anew from 2026-11-28."),
    ],
)
def test_figures_and_the_request_do_not_make_another_cause(one, other):
    causes = Causes.remembered(failing(one).written())
    causes.failed([("deals", "latest")], other, 1.0, run_id="2", job="sync")
    assert causes.begun == []


def test_what_a_cause_hit_is_said_by_partition_and_not_without_end():
    assert in_words([("contacts", "latest"), ("companies", "latest"), ("owners", "")]) == (
        "owners; companies, contacts (latest)"
    )
    assert in_words([(f"type_{n:02}", "") for n in range(12)]).endswith("type_09 and 2 more")


MESSAGE = Message("Syncs fail", ["A <b> & c"], {"Run 1": "http://ui/runs/1"})


def test_slack_gets_its_own_marks_and_nothing_that_is_said_becomes_one():
    assert form_for("hooks.slack.com", MESSAGE) == {
        "text": "*Syncs fail*\nA &lt;b&gt; &amp; c\n<http://ui/runs/1|Run 1>"
    }


@pytest.mark.parametrize(
    "host",
    [
        "example.webhook.office.com",
        "prod-12.westeurope.logic.azure.com",
        "default0a.12.environment.api.powerplatform.com",
    ],
)
def test_teams_gets_a_card(host):
    [attachment] = form_for(host, MESSAGE)["attachments"]
    card: dict[str, Any] = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["inlines"][0]["text"] for block in card["body"]] == ["Syncs fail", "A <b> & c"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Run 1", "url": "http://ui/runs/1"}]


@pytest.mark.parametrize("host", ["chat.example.com", "notslack.com", "slack.com.example.com"])
def test_others_get_plain_text(host):
    assert form_for(host, MESSAGE) == {"text": "Syncs fail\nA <b> & c\nRun 1: http://ui/runs/1"}
