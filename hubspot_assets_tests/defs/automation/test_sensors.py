import json
import time
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.defs.assets.family import check_keys, of_keys
from hubspot_assets.defs.assets.records import records_family
from hubspot_assets.defs.automation import sensors
from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.automation.sensors import CannotLook
from hubspot_assets.defs.build import hubspot_definitions
from hubspot_assets.defs.names import Names
from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.limits.daily import DailyPool
from hubspot_assets.hubspot.limits.rolling_limits import Unlimited
from hubspot_assets.settings.hubspot import Settings

CONTACTS, COMPANIES = Names().key("contacts"), Names().key("companies")


class Watched:
    """The sensor, tick by tick, with the cursor that Dagster keeps between them."""

    def __init__(self, instance: dg.DagsterInstance, names: str = "contacts,companies") -> None:
        self.names = names
        self.instance = instance
        self.cursor: str | None = None
        self.load()
        self.said = ""

    def load(self) -> None:
        """Load the definitions, as a person does after a setting has changed."""
        settings = Settings.load().model_copy(update={"objects": tuple(self.names.split(","))})
        self.tables = records_family(settings, Names()).tables
        self.repository = hubspot_definitions(settings).get_repository_def()
        self.sensor = self.repository.get_sensor_def("changes")

    def tick(self) -> list[tuple[str | None, list[dg.AssetKey]]]:
        """Partition and assets of the runs that one tick requests."""
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, repository_def=self.repository
        ) as context:
            done = self.sensor.evaluate_tick(context)
        self.cursor, self.said = done.cursor, done.skip_message or ""
        assert bool(done.run_requests) != bool(self.said)
        for request in done.run_requests or []:
            assert request.run_key is None
            assert request.asset_selection
            checked = request.asset_selection if request.partition_key == "archived" else []
            assert request.asset_check_keys == check_keys(of_keys(self.tables, checked))
        return [(request.partition_key, list(request.asset_selection or ())) for request in done.run_requests or []]


@pytest.fixture
def watched(account, instance) -> Watched:
    """The sensor after its first look at contacts and companies."""
    watched = Watched(instance)
    assert watched.tick() == []
    return watched


def test_the_sensor_is_off_until_somebody_wants_it_and_explains_itself(settings_folder):
    sensor = hubspot_definitions(Settings.load()).get_repository_def().get_sensor_def("changes")
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert sensor.minimum_interval_seconds == 60
    assert "one search per object type" in str(sensor.description)


def test_types_without_changes_cost_one_search_and_no_run(watched, account):
    account.clear_requests()
    assert watched.tick() == []
    searches = account.requests("search")
    assert sorted(request["path"].split("/")[-2] for request in searches) == ["companies", "contacts"]
    # Beside them, one request tells what is left of the day.
    assert len(account.requests()) == 3
    live = len(account.ids("contacts"))
    assert f"contacts: {live} records, none changed" in watched.said


def test_a_type_that_changed_gets_one_latest_run(watched, account):
    account.change("contacts", {"firstname": "Ada"}, count=3)
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == []
    account.create("companies", {"name": "Analytical Engines"})
    account.change("contacts", {"firstname": "Grace"}, count=1)
    assert watched.tick() == [("latest", [CONTACTS, COMPANIES])]
    assert watched.tick() == []


def test_many_changes_in_one_millisecond_are_one_change(watched, account):
    account.change("contacts", {"firstname": "Ada"})
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == []


def test_deletions_lead_to_an_archived_run_and_to_nothing_else(watched, account):
    account.archive("contacts", account.ids("contacts")[-3:])
    assert watched.tick() == [("archived", [CONTACTS])]
    assert watched.tick() == []


def test_creations_do_not_hide_deletions(watched, account):
    for name in ("Ada", "Grace", "Mary"):
        account.create("contacts", {"firstname": name})
    account.archive("contacts", account.ids("contacts")[:2])
    assert watched.tick() == [("latest", [CONTACTS]), ("archived", [CONTACTS])]


def test_creations_alone_are_no_deletions_even_when_learned_of_late(watched, account):
    account.index_lag({"median": 600_000, "percentile_99": 600_000, "tail": 0})
    account.create("contacts", {"firstname": "Ada"})
    account.index_lag(False)
    account.create("contacts", {"firstname": "Grace"})
    assert watched.tick() == [("latest", [CONTACTS])]
    account.index_catch_up()
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == []


def test_a_change_that_the_index_learns_of_late_still_leads_to_a_run_once(watched, account):
    ids = account.ids("contacts")
    account.index_lag({"median": 600_000, "percentile_99": 600_000, "tail": 0})
    account.change("contacts", {"firstname": "Ada"}, ids=ids[:1])
    account.index_lag(False)
    account.change("contacts", {"firstname": "Grace"}, ids=ids[1:2])
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == []
    account.index_catch_up()
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == []


def test_a_recycle_bin_is_not_read_every_minute_and_no_deletion_is_forgotten(watched, account, monkeypatch):
    ids = account.ids("contacts")
    account.archive("contacts", ids[:1])
    assert watched.tick() == [("archived", [CONTACTS])]
    account.archive("contacts", ids[1:3])
    assert watched.tick() == []
    assert "2 gone (the recycle bin is read again in" in watched.said
    now = time.time()
    clock = SimpleNamespace(time=lambda: now + sensors.ARCHIVED_RUNS_APART, monotonic=time.monotonic)
    monkeypatch.setattr(sensors, "time", clock)
    assert watched.tick() == [("archived", [CONTACTS])]
    assert watched.tick() == []


@pytest.mark.parametrize("partition", ["latest", "archived"])
def test_nothing_is_launched_beside_a_run_that_is_still_going_and_nothing_forgotten(
    watched, account, instance, partition
):
    run = create_run_for_test(instance, SYNC, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": partition})
    if partition == "latest":
        account.change("contacts", {"firstname": "Ada"}, count=1)
    else:
        account.archive("contacts", account.ids("contacts")[:1])
    assert watched.tick() == []
    assert (f"contacts: run {run.run_id} is still going" in watched.said) == (partition == "latest")
    instance.report_run_canceled(run)
    assert watched.tick() == [(partition, [CONTACTS])]


def test_without_a_token_a_tick_fails_with_the_cure(watched, monkeypatch):
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN")
    watched.load()
    with pytest.raises(CannotLook, match="HUBSPOT_ACCESS_TOKEN is not set"):
        watched.tick()


def test_a_token_that_does_not_work_fails_the_tick_with_the_cure(watched, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-na1-unknown")
    watched.load()
    with pytest.raises(CannotLook, match="Create a service key") as failure:
        watched.tick()
    assert "pat-na1-unknown" not in str(failure.value)


def test_a_missing_scope_leaves_the_other_types_alone(watched, account, monkeypatch):
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", account.issue_token(without=["crm.objects.contacts.read"]))
    watched.load()
    account.change("companies", {"name": "Ada"}, count=1)
    assert watched.tick() == [("latest", [COMPANIES])]
    assert watched.tick() == []
    assert "contacts: " in watched.said
    assert "crm.objects.contacts.read" in watched.said


def test_the_reserve_of_the_day_is_left_to_the_accounts_other_apps(account, instance, monkeypatch):
    def local(fingerprint: str) -> Budgets:
        return Budgets({budget: Unlimited() for budget in Budget}, DailyPool())

    monkeypatch.setattr(Budgets, "local", local)
    watched = Watched(instance)
    assert watched.tick() == []
    account.limits(enabled=True, daily=1_000, daily_used=899)
    account.clear_requests()
    account.change("contacts", {"firstname": "Ada"}, count=1)
    assert watched.tick() == []
    assert "are kept for its other apps" in watched.said
    assert account.requests("search") == []
    account.limits(enabled=False)
    assert watched.tick() == [("latest", [CONTACTS])]


def test_what_there_was_no_time_for_comes_first_in_the_next_tick(watched, account, monkeypatch):
    account.change("contacts", {"firstname": "Ada"}, count=1)
    account.change("companies", {"name": "Ada"}, count=1)
    # One look takes most of the time of a tick.
    seconds = iter([0, 1, 45, 100, 101, 145])
    monkeypatch.setattr(sensors, "time", SimpleNamespace(time=time.time, monotonic=lambda: next(seconds)))
    assert watched.tick() == [("latest", [CONTACTS])]
    assert watched.tick() == [("latest", [COMPANIES])]


def test_all_standard_types_are_watched_with_one_search_each_and_a_small_cursor(account, instance):
    watched = Watched(instance, ",".join(STANDARD_OBJECT_TYPES))
    assert watched.tick() == []
    account.clear_requests()
    assert watched.tick() == []
    assert len(account.requests("search")) == len(STANDARD_OBJECT_TYPES)
    assert set(json.loads(watched.cursor or "")) == set(STANDARD_OBJECT_TYPES)
    assert len(watched.cursor or "") < 160 * len(STANDARD_OBJECT_TYPES)


def test_a_custom_object_is_looked_up_once(account, instance):
    watched = Watched(instance, "cars")
    assert watched.tick() == []
    account.clear_requests()
    account.create("cars", {})
    assert watched.tick() == [("latest", [Names().key("cars")])]
    assert len(account.requests()) == 2


def test_a_cursor_that_cannot_be_read_is_a_first_look(watched, account):
    watched.cursor = "contacts"
    assert watched.tick() == []
    account.change("contacts", {"firstname": "Ada"}, count=1)
    assert watched.tick() == [("latest", [CONTACTS])]
