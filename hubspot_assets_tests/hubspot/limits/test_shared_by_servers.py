"""Limits shared by Redis and by Postgres: against a real server, where the machine has one to start."""

import subprocess
import sys
from collections.abc import Iterator
from typing import cast
from urllib.parse import unquote

import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from hubspot_assets.hubspot.limits import postgres_store, redis_store
from hubspot_assets.hubspot.limits.budgets import Budget, Budgets, StoreOf
from hubspot_assets.hubspot.limits.limit_store import Limit, Note, Store
from hubspot_assets.hubspot.limits.rolling_limits import SharedLimit
from hubspot_assets.hubspot.limits.server_url import ServerUrl
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable
from hubspot_assets_tests.hubspot.limits.test_budgets import free_places, most_within, taught
from hubspot_assets_tests.hubspot.transport.test_secrets_stay_hidden import all_that_shows
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


class Behind:
    """A store whose reads show what was there before another process wrote."""

    def __init__(self, store: Store) -> None:
        self._store, self._seen = store, store.read()

    def read(self) -> Note:
        return self._seen

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_a_pause_is_not_lost_to_another_process_that_writes_at_the_same_moment(url):
    store = store_of(url)
    behind, other = (Behind(store("concurrent", "search", Limit(10, 60_000))) for _ in range(2))
    one = SharedLimit(cast(Store, behind), Limit(10, 60_000))
    two = SharedLimit(cast(Store, other), Limit(10, 60_000))
    one.pause(600, Clock())
    two.pause(1, Clock())
    two.learn(Limit(25, 60_000), None, 0.1)
    note = store("concurrent", "search", Limit(10, 60_000)).read()
    assert note.limit == Limit(25, 60_000)
    assert note.paused_until > behind.now() + 500_000  # type: ignore[operator]
    one.learn(Limit(30, 60_000), None, 0.1)
    assert store("concurrent", "search", Limit(10, 60_000)).read().paused_until == note.paused_until
    one.close()


def store_of(url: str) -> StoreOf:
    connect = redis_store.connect if url.startswith("redis") else postgres_store.connect
    return connect(ServerUrl.parse(url))


def test_searches_are_limited_for_the_account_whichever_app_asks(url):
    one, two = (Budgets.from_url(url, fingerprint, limits=LONG) for fingerprint in ("app1", "app2"))
    for budgets in (one, two):
        budgets.belongs_to(7654321)
    for _ in range(4):
        one.acquire(Budget.SEARCH, Clock())
    assert free_places(two, Budget.SEARCH) == 6
    for budgets in (one, two):
        budgets.close()


PASSWORDS = [
    "100%secretword",
    "se@cret:word",
    "plain%20secret",
    "sec%41t%2Fword",
    "a+b&c=d;e!secret",
    "pässwort secret",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_read_as_it_was_pasted_or_as_it_was_encoded(password):
    parsed = ServerUrl.parse(f"redis://me:{password}@host:6379/0?socket_keepalive=true")
    client = redis.Redis.from_url(parsed.url)
    assert client.connection_pool.connection_kwargs["password"] == unquote(password)
    assert client.connection_pool.connection_kwargs["username"] == "me"
    assert conninfo_to_dict(ServerUrl.parse(f"postgresql://me:{password}@host/db").url)["password"] == unquote(password)
    assert parsed.place == "redis://host:6379"
    assert password not in repr(parsed)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "postgresql", "postgres"])
@pytest.mark.parametrize(
    "rest",
    [
        "me:secret#word@host:6379/0",
        "me:secret/word@host:6379/0",
        "me:secret?word@host:6379/0",
        "me:secret[word@host:6379/0",
        "me:x@host:secret/0",
        ":secret#word@host",
        "secret:word:x/0",
    ],
)
def test_an_address_that_cannot_be_read_is_one_sentence_that_quotes_nothing(scheme, rest):
    with pytest.raises(BudgetsUnavailable, match="HUBSPOT_BUDGET_URL is not an address that can be read") as failure:
        Budgets.from_url(f"{scheme}://{rest}", "x")
    assert failure.value.permanent
    assert "secret" not in all_that_shows(failure.value)
    assert "`#` as %23" in str(failure.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://me:hidden@host/0?health_check_interval=hidden",
        "postgresql://host/db?password=100%hidden",
        "postgresql://host/db?hidden=1",
    ],
)
def test_a_query_that_the_driver_does_not_know_is_refused_likewise(url):
    with pytest.raises(BudgetsUnavailable, match="not an address that can be read") as failure:
        Budgets.from_url(url, "x")
    assert "hidden" not in all_that_shows(failure.value)


def test_several_hosts_of_postgres_are_one_address():
    url = "postgresql://me:x@one:5432,two:5433/db?target_session_attrs=any"
    assert ServerUrl.parse(url).url == url


@pytest.mark.parametrize("password", ["100%secretword", "se@cret"])
def test_a_server_with_an_odd_password_lets_us_in_and_is_shown_without_it(password):
    with redis_server(password) as url:
        Budgets.from_url(url, "x").close()
        with pytest.raises(BudgetsUnavailable) as failure:
            Budgets.from_url(url.replace("cret", "cert"), "x")
        assert "cert" not in all_that_shows(failure.value)


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
