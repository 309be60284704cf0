"""What the executor makes of workers' answers; `end_to_end/test_celery.py` has real workers."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from dagster_celery.make_app import make_app

from hubspot_assets.defs.executors import celery_steps
from hubspot_assets.defs.executors.celery_steps import PATIENCE, CelerySteps, _reach_broker, _Watch
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

ID = "a-task"


class Workers:
    """Celery's application, as far as the watch asks it: each look gets the next answer."""

    def __init__(self, *answers: dict[str, Any] | None) -> None:
        self.answers = [*answers]
        self.control = SimpleNamespace(inspect=lambda timeout: SimpleNamespace(query_task=self._answer))
        self.conf = SimpleNamespace(task_default_queue="hubspot")
        self.warnings: list[str] = []
        self.log = SimpleNamespace(warning=self.warnings.append)

    def _answer(self, *ids: str) -> dict[str, Any] | None:
        assert ids == (ID,)
        return self.answers.pop(0)

    def lost(self, *, begun: bool) -> list[bool]:
        watch = _Watch(cast(Any, self), cast(Any, self))
        return [watch.lost(ID, begun=begun) for _ in [*self.answers]]


@pytest.fixture(autouse=True)
def _look_always(monkeypatch):
    monkeypatch.setattr(celery_steps, "LOOK_SECONDS", 0.0)


BUSY = {"worker@a": {ID: ["active", {}]}, "worker@b": {}}
RESTARTED = {"worker@a": {}, "worker@b": {}}


def test_a_step_is_lost_once_no_worker_has_known_it_for_several_questions_in_a_row():
    assert PATIENCE == 3
    assert Workers(BUSY, RESTARTED, RESTARTED, BUSY, RESTARTED, RESTARTED, RESTARTED).lost(begun=True) == [
        False, False, False, False, False, False, True,
    ]  # fmt: skip
    assert Workers(BUSY, None, None, None).lost(begun=True) == [False, False, False, True]


def test_a_step_that_waits_is_never_lost_and_the_log_says_once_that_nobody_works():
    workers = Workers(*[None] * 6)
    assert not any(workers.lost(begun=False))
    assert workers.warnings == [
        "No Celery worker answers. 1 steps wait in the queue hubspot until one is started: "
        "celery -A hubspot_assets.defs.executors.celery_worker worker"
    ]


def test_workers_that_are_busy_with_others_are_no_cause_for_a_warning():
    workers = Workers(*[RESTARTED] * 6)
    assert not any(workers.lost(begun=False))
    assert workers.warnings == []


def app(**settings: Any):
    return make_app(CelerySteps(Settings(executor="celery", duckdb_path=Path("/tables.duckdb"), **settings)).app_args())


@pytest.mark.parametrize(("broker", "results"), [("redis://broker/3", "redis://broker/3"), ("amqp://broker", "rpc://")])
def test_results_come_back_by_the_broker(settings_folder, broker, results):
    made = app(celery_broker=broker, celery_queue="staging", budget_url="redis://budget")
    assert (made.conf.broker_url, made.conf.result_backend) == (broker, results)
    assert made.conf.task_default_queue == "staging"


def test_a_broker_that_cannot_be_reached_is_one_sentence_without_its_password(settings_folder):
    with pytest.raises(SettingsError) as refused:
        _reach_broker(app(celery_broker="redis://:hidden-value@127.0.0.1:1/0"))
    assert str(refused.value).startswith("The Celery broker at redis://:**@127.0.0.1:1/0 cannot be used: ")
    assert str(refused.value).endswith("Start it, or correct HUBSPOT_CELERY_BROKER.")
    assert "hidden-value" not in f"{refused.value} {refused.value.__cause__!r}"


def test_a_worker_without_the_settings_of_its_runs_says_so(settings_folder):
    command = [sys.executable, "-m", "celery", "-A", "hubspot_assets.defs.executors.celery_worker", "worker"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode != 0
    assert "A Celery worker needs the settings of the runs it works for: HUBSPOT_EXECUTOR=celery is not set." in (
        done.stdout + done.stderr
    )
