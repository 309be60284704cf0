"""The main job on Celery workers, with a real Redis for a broker and the instance in a real Postgres."""

import signal
from collections.abc import Iterator

import dagster as dg
import pytest
import redis

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.end_to_end.celery_deployment import BOTH, Deployment, kill
from hubspot_assets_tests.end_to_end.dagster_server import wait_until
from hubspot_assets_tests.servers import postgres_server, redis_server
from hubspot_assets_tests.truth import assert_equals_portal

PASSWORDS = {"broker": "do-not-show-broker", "storage": "do-not-show-storage"}
NAMES = ("contacts", "tickets")
SECONDS = 180
"""In which a run must have ended; on an idle machine it takes a tenth of that."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory, small_portal) -> Iterator[Deployment]:
    settings = {"HUBSPOT_BASE_URL": small_portal.url, "HUBSPOT_OBJECTS": ",".join(NAMES), "HUBSPOT_DATASETS": "none"}
    with redis_server(PASSWORDS["broker"]) as broker, postgres_server(PASSWORDS["storage"]) as storage:
        folder = tmp_path_factory.mktemp("celery")
        yield Deployment(folder, broker=broker, storage=storage, settings=settings, token=small_portal.token)


@pytest.fixture
def deployment(installed: Deployment, portal: Portal) -> Deployment:
    """Everything but workers, and no tables."""
    (installed.folder / "tables.duckdb").unlink(missing_ok=True)
    return installed


def assert_tables_equal(portal: Portal, deployment: Deployment) -> None:
    for name in NAMES:
        assert assert_equals_portal(deployment.warehouse, portal, name) > 9


def hang(portal: Portal) -> None:
    """The second page of contacts never comes."""
    portal.faults([{"kind": "hang", "path": r"/contacts\?.*after=", "seconds": 600}])
    portal.clear_requests()


def hangs(portal: Portal) -> bool:
    return any(request["rows"] for request in portal.requests("/2026-09/contacts"))


def test_workers_alone_do_the_main_job_within_shared_limits_and_show_no_secret(deployment, portal):
    with deployment.worker("one", processes=2), deployment.launch("sync", BOTH) as run:
        assert run.wait(SECONDS) == 0, deployment.logs()
    assert_tables_equal(portal, deployment)

    began = deployment.events(dg.DagsterEventType.STEP_START)
    assert {f"hubspot__{name}" for name in NAMES} <= {event.step_key for event in began}
    assert run.pid not in {event.pid for event in began}
    said = deployment.events(dg.DagsterEventType.ENGINE_EVENT)
    workers = [event.engine_event_data.metadata.get("Celery worker") for event in said]
    assert {worker.value for worker in workers if worker} == {"one@127.0.0.1"}

    with redis.Redis.from_url(deployment.broker, decode_responses=True) as client:
        [requests] = client.keys("hubspot_assets:*:burst:requests")
        assert client.zcard(requests) > 0
    assert not (deployment.folder / "cache").exists()

    kept = deployment.kept()
    assert "hubspot__contacts" in kept
    assert "redis://:**@127.0.0.1" in kept
    for secret in (portal.token, *PASSWORDS.values()):
        assert secret not in kept


def test_terminating_a_run_ends_its_steps_on_workers_and_killing_a_worker_hands_them_to_another(deployment, portal):
    with deployment.worker("doomed", processes=1) as doomed:
        hang(portal)
        with deployment.launch("sync", BOTH) as run:
            wait_until(lambda: hangs(portal), seconds=SECONDS)
            run.send_signal(signal.SIGINT)
            assert run.wait(SECONDS) == 1
        with deployment.instance() as instance:
            pools = [instance.event_log_storage.get_concurrency_info(f"hubspot/{name}") for name in NAMES]
        assert not any(pool.claimed_slots for pool in pools)
        hang(portal)
        # The worker has a single process, so nothing but the end of the step before lets this run begin to read.
        with deployment.launch("sync", BOTH) as run:
            wait_until(lambda: hangs(portal), seconds=SECONDS)
            kill(doomed)
            portal.faults()
            with deployment.worker("heir", processes=2):
                assert run.wait(SECONDS) == 0, deployment.logs()
    assert_tables_equal(portal, deployment)
    retried = {
        event.step_key: event.step_retry_data.error
        for event in deployment.events(dg.DagsterEventType.STEP_UP_FOR_RETRY)
    }
    assert "The Celery worker that executed this step is gone." in str(retried["hubspot__contacts"])
