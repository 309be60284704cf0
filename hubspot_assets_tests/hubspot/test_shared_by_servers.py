"""Limits shared by Redis and by Postgres: against a real server, where the machine has one to start."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_assets.hubspot.budgets import Budget, Budgets
from hubspot_assets.hubspot.clock import Clock
from hubspot_assets.hubspot.window_store import BudgetsUnavailable, Limit
from hubspot_assets_tests.hubspot.test_budgets import free_places, most_within, taught

LONG = dict.fromkeys(Budget, Limit(10, 60_000))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server ended as soon as it was started"
        time.sleep(0.05)
    pytest.fail("the server did not start within 20 s")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None or importlib.util.find_spec("redis") is None:
        pytest.skip("no redis-server on this machine (apt-get install redis-server), or no driver")
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs or importlib.util.find_spec("psycopg") is None:
        pytest.skip("no PostgreSQL on this machine (apt-get install postgresql), or no driver")
    with tempfile.TemporaryDirectory() as folder:
        yield from postgres(programs[-1], Path(folder))


def postgres(program: Path, folder: Path) -> Iterator[str]:
    as_user: dict[str, str | int] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        as_user = {"user": user.pw_uid, "group": user.pw_gid}
        os.chown(folder, user.pw_uid, user.pw_gid)
    port = free_port()
    data = folder / "data"
    initialize = [str(program.with_name("initdb")), "-D", str(data), "-A", "trust", "-U", "postgres", "-N"]
    subprocess.run(initialize, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]
    command = [str(program), "-D", str(data), "-p", str(port), "-k", str(folder), "-F"]
    process = subprocess.Popen(
        [*command, "-c", "listen_addresses=127.0.0.1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **as_user,  # type: ignore[arg-type]
    )
    try:
        wait_for(port, process)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        wait_until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            Budgets.from_url(url, "ready").close()
        except BudgetsUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


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
from hubspot_assets.hubspot.budgets import Budget, Budgets
from hubspot_assets.hubspot.clock import Clock
from hubspot_assets.hubspot.window_store import Limit
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
    monkeypatch.delitem(sys.modules, f"hubspot_assets.hubspot.{store}", raising=False)
    monkeypatch.delattr(f"hubspot_assets.hubspot.{store}", raising=False)
    extra = scheme.removesuffix("ql")
    with pytest.raises(BudgetsUnavailable, match=rf"pip install 'hubspot-assets\[{extra}\]'"):
        Budgets.from_url(f"{scheme}://server/0", "x")
