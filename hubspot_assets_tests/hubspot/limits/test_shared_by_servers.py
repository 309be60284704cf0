"""Limits shared by Redis and by Postgres: against a real server, where the machine has one to start."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.limits.limit_store import Limit
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable
from hubspot_assets_tests.hubspot.limits.test_budgets import free_places, most_within, taught
from hubspot_assets_tests.servers import postgres_server, redis_server

LONG = dict.fromkeys(Budget, Limit(10, 60_000))


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["redis_url", "postgres_url"])
def url(request) -> str:
    return request.getfixturevalue(request.param)


def test_a_limit_is_shared(url, request):
    one, two = (Budgets.from_url(url, f"shared{request.node.callspec.indices['url']}", limits=LONG) for _ in range(2))
    for _ in range(4):
        one.acquire(Budget.BURST, Clock())
    assert free_places(two) == 6
    assert free_places(one) == 0
    assert free_places(one, Budget.SEARCH) == 10
    for budgets in (one, two):
        budgets.close()


def test_credentials_do_not_share(url):
    one, two = (Budgets.from_url(url, fingerprint, limits=LONG) for fingerprint in ("apart1", "apart2"))
    assert (free_places(one), free_places(two)) == (10, 10)
    for budgets in (one, two):
        budgets.close()


def test_a_taught_limit_and_a_pause_reach_the_others(url):
    one, two = (Budgets.from_url(url, "taught", limits=LONG) for _ in range(2))
    one.learn(Budget.BURST, taught(25, remaining=5), 0.1, Clock())
    assert free_places(two) == 5
    one.pause(Budget.SEARCH, 0.2, Clock())
    assert free_places(two, Budget.SEARCH) == 0
    assert two.acquire(Budget.SEARCH, Clock()) > 0.05
    for budgets in (one, two):
        budgets.close()


ASK = """
import sys, time
from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.limits.limit_store import Limit
budgets = Budgets.from_url(sys.argv[1], "together", limits=dict.fromkeys(Budget, Limit(10, 300)))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    budgets.acquire(Budget.BURST, Clock())
    print(time.time(), flush=True)
budgets.close()
"""


def test_two_processes_together_stay_within_the_limit(url):
    command = [sys.executable, "-c", ASK, url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    instants = [float(text) for process in processes for text in process.communicate(timeout=30)[0].split()]
    assert len(instants) == 40
    # One more than the limit: Redis may let two through that ask within the same millisecond.
    assert most_within(instants, 0.2) <= 11


@pytest.mark.parametrize("nowhere", ["redis://me:hidden@127.0.0.1:1/0", "postgresql://me:hidden@127.0.0.1:1/postgres"])
def test_a_server_that_does_not_answer_is_one_sentence_without_the_password(nowhere):
    pytest.importorskip("redis" if nowhere.startswith("redis") else "psycopg")
    with pytest.raises(BudgetsUnavailable, match=r"at \w+://127\.0\.0\.1:1: ") as failure:
        Budgets.from_url(nowhere, "x")
    assert "hidden" not in f"{failure.value} {failure.value.__cause__!r}"


@pytest.mark.parametrize(("scheme", "driver"), [("redis", "redis"), ("postgresql", "psycopg")])
def test_a_missing_driver_names_the_extra(scheme, driver, monkeypatch):
    store = f"{scheme.removesuffix('ql')}_store"
    monkeypatch.setitem(sys.modules, driver, None)
    monkeypatch.delitem(sys.modules, f"hubspot_assets.hubspot.limits.{store}", raising=False)
    monkeypatch.delattr(f"hubspot_assets.hubspot.limits.{store}", raising=False)
    extra = scheme.removesuffix("ql")
    with pytest.raises(BudgetsUnavailable, match=rf"pip install 'hubspot-assets\[{extra}\]'"):
        Budgets.from_url(f"{scheme}://server/0", "x")
