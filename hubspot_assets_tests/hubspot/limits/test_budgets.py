"""Limits over seconds, within a process and across processes. Windows are short here; the rules are the same."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from requests.structures import CaseInsensitiveDict

from hubspot_assets.hubspot.limits.budgets import LIMITS, Budget, Budgets
from hubspot_assets.hubspot.limits.limit_store import Limit
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable, ClientClosed, DailyLimitReached

SHORT = dict.fromkeys(Budget, Limit(10, 300))
SPAN = 0.2
"""Seconds, well within the 0.38 of the short window: a busy machine writes an instant down late."""
LONG = dict.fromkeys(Budget, Limit(10, 60_000))


def taught(maximum: int, remaining: int | None = None, milliseconds: int = 10_000) -> CaseInsensitiveDict[str]:
    headers = {
        "X-HubSpot-RateLimit-Max": str(maximum),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(milliseconds),
    }
    if remaining is not None:
        headers["X-HubSpot-RateLimit-Remaining"] = str(remaining)
    return CaseInsensitiveDict(headers)


def free_places(budgets: Budgets, budget: Budget = Budget.BURST) -> int:
    """How many requests may go out at once, by trying."""

    class Impatient(Clock):
        def sleep(self, seconds: float) -> None:
            raise TimeoutError

    places = 0
    try:
        while True:
            budgets.acquire(budget, Impatient())
            places += 1
    except TimeoutError:
        return places


def most_within(instants: list[float], seconds: float) -> int:
    ordered = sorted(instants)
    return max(sum(1 for other in ordered[i:] if other < start + seconds) for i, start in enumerate(ordered))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "limits" / "budgets.sqlite"


def test_no_span_of_time_holds_more_than_the_limit(file):
    budgets = Budgets.local("x", file, limits=SHORT)
    clock, instants = Clock(), []

    def ask(_: int) -> None:
        budgets.acquire(Budget.BURST, clock)
        instants.append(time.monotonic())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(35)))
    budgets.close()
    assert len(instants) == 35
    assert most_within(instants, SPAN) <= 10


def test_limits_are_apart(file):
    budgets = Budgets.local("x", file, limits=LONG)
    assert [free_places(budgets, budget) for budget in Budget] == [10, 10, 10]
    budgets.close()


def test_to_begin_with_limits_are_those_of_the_smallest_subscription(file):
    budgets = Budgets.local("x", file)
    assert free_places(budgets, Budget.SEARCH) == 5
    assert free_places(budgets, Budget.BURST) == 100
    assert LIMITS[Budget.SEARCH] == Limit(5, 1000)
    budgets.close()


def test_answers_teach_the_limit_to_every_process(file):
    budgets, other = Budgets.local("x", file, limits=LONG), Budgets.local("x", file, limits=LONG)
    budgets.learn(Budget.BURST, taught(25), 0.1, Clock())
    assert free_places(other) == 25
    assert free_places(budgets) == 0
    later = Budgets.local("x", file, limits=LONG)
    assert free_places(later, Budget.ASSOCIATIONS) == 25
    for each in (budgets, other, later):
        each.close()


def test_a_professional_account_reads_fewer_associations_than_records(file):
    budgets = Budgets.local("x", file)
    budgets.learn(Budget.BURST, taught(190), 0.1, Clock())
    assert (free_places(budgets), free_places(budgets, Budget.ASSOCIATIONS)) == (190, 150)
    budgets.close()


def test_association_reads_have_a_day_of_their_own_which_one_of_them_asks_about_now_and_then(file):
    class Later(Clock):
        seconds = 0.0

        def time(self) -> float:
            return super().time() + self.seconds

    def told(remaining: int) -> CaseInsensitiveDict[str]:
        headers = {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": str(remaining)}
        return CaseInsensitiveDict(headers)

    budgets, clock = Budgets.local("x", file, limits=LONG), Later()
    budgets.learn(Budget.ASSOCIATIONS, told(100), 0.1, clock)
    with pytest.raises(DailyLimitReached, match="1,000 association reads of today 100 are left"):
        budgets.acquire(Budget.ASSOCIATIONS, clock)
    budgets.acquire(Budget.BURST, clock)
    budgets.learn(Budget.BURST, told(0), 0.1, clock)
    clock.seconds = 301
    budgets.acquire(Budget.ASSOCIATIONS, clock)
    with pytest.raises(DailyLimitReached):
        budgets.acquire(Budget.ASSOCIATIONS, clock)
    budgets.learn(Budget.ASSOCIATIONS, told(900), 0.1, clock)
    budgets.acquire(Budget.ASSOCIATIONS, clock)
    with pytest.raises(DailyLimitReached, match="requests of today"):
        budgets.acquire(Budget.BURST, clock)
    budgets.close()


def test_search_answers_do_not_teach_the_search_limit(file):
    budgets = Budgets.local("x", file)
    budgets.learn(Budget.SEARCH, taught(190, 100), 0.1, Clock())
    assert free_places(budgets, Budget.SEARCH) == 5
    budgets.close()


@pytest.mark.parametrize("maximum", ["0", "-1", "many", ""])
def test_odd_headers_teach_nothing(file, maximum):
    budgets = Budgets.local("x", file, limits=LONG)
    headers = CaseInsensitiveDict({"X-HubSpot-RateLimit-Max": maximum, "X-HubSpot-RateLimit-Remaining": "x"})
    budgets.learn(Budget.BURST, headers, 0.1, Clock())
    assert free_places(budgets) == 10
    budgets.close()


def test_requests_of_other_programs_are_counted_in(file):
    budgets = Budgets.local("x", file)
    clock = Clock()
    for _ in range(30):
        budgets.acquire(Budget.BURST, clock)
    budgets.learn(Budget.BURST, taught(100, remaining=20), 0.1, clock)
    assert free_places(budgets) == 20
    budgets.close()


def test_a_late_answer_says_nothing_about_other_programs(file):
    budgets = Budgets.local("x", file)
    budgets.learn(Budget.BURST, taught(100, remaining=20), 3.0, Clock())
    assert free_places(budgets) == 100
    budgets.close()


def test_a_pause_holds_every_process(file):
    budgets, other = Budgets.local("x", file, limits=LONG), Budgets.local("x", file, limits=LONG)
    budgets.pause(Budget.BURST, 0.25, Clock())
    assert free_places(other) == 0
    assert free_places(other, Budget.SEARCH) == 10
    assert 0.1 < other.acquire(Budget.BURST, Clock()) < 5
    for each in (budgets, other):
        each.close()


def test_a_shorter_pause_does_not_cut_a_longer_one(file):
    budgets = Budgets.local("x", file, limits=LONG)
    budgets.pause(Budget.BURST, 60, Clock())
    budgets.pause(Budget.BURST, 0, Clock())
    assert free_places(budgets) == 0
    budgets.close()


def test_waiting_is_counted_once_however_many_stand_in_line(file):
    budgets = Budgets.local("x", file, limits=SHORT)
    clock = Clock()
    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        waited = sum(pool.map(lambda _: budgets.acquire(Budget.BURST, clock), range(30)))
    took = time.monotonic() - began
    budgets.close()
    assert 0.3 < waited <= took


def test_those_who_stand_in_line_leave_when_the_client_closes(file):
    budgets = Budgets.local("x", file, limits=LONG)
    free_places(budgets)
    clock, left = Clock(), []

    def ask() -> None:
        try:
            budgets.acquire(Budget.BURST, clock)
        except ClientClosed:
            left.append(True)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    clock.stop()
    for thread in threads:
        thread.join(5)
    assert left == [True] * 8
    budgets.close()


def test_a_clock_that_was_set_back_does_not_stop_everything(file):
    budgets = Budgets.local("x", file, limits=LONG)
    free_places(budgets)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE burst SET item_timestamp = item_timestamp + 86400000")
    connection.close()
    assert free_places(budgets) == 0
    assert free_places(budgets) == 10
    budgets.close()


ASK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from hubspot_assets.hubspot.limits.budgets import Budget, Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.hubspot.limits.limit_store import Limit
file, url, name = sys.argv[1:]
budgets = Budgets.local("x", file, limits=dict.fromkeys(Budget, Limit(10, 800)))
with Client(AccessToken("pat"), base_url=url, budgets=budgets) as client, ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda _: client.get("/" + name), range(30)))
"""


def test_two_processes_together_stay_within_the_limit(file, serve):
    server = serve()
    processes = [subprocess.Popen([sys.executable, "-c", ASK, str(file), server.url, name]) for name in ("one", "two")]
    assert [process.wait(30) for process in processes] == [0, 0]
    assert sorted(asked.target for asked in server.asked) == ["/one"] * 30 + ["/two"] * 30
    arrivals = [asked.at for asked in server.asked]
    # Sixty, of which any 0.8 s take ten: the last ones have to wait for 4 s, and for 1.6 s if each process counted its
    # own. When each arrives is no measure: a busy machine may keep a request for a while after it has its place.
    assert max(arrivals) - min(arrivals) > 3


HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO burst VALUES ('half done', 99999999999999)")
print("held", flush=True)
time.sleep(60)
"""


def test_a_process_killed_while_it_holds_the_lock_blocks_nobody(file):
    budgets = Budgets.local("x", file, limits=LONG)
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    places = []
    asking = threading.Thread(target=lambda: places.append(free_places(budgets)))
    asking.start()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    asking.join(20)
    assert places == [10]
    budgets.close()


def test_a_damaged_file_is_one_clear_sentence(file):
    file.parent.mkdir()
    file.write_bytes(b"not a database, but long enough to be read as one" * 50)
    with pytest.raises(BudgetsUnavailable, match="if the file is damaged, delete it"):
        Budgets.local("x", file)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BudgetsUnavailable, match="cannot be made"):
        Budgets.local("x", tmp_path / "file" / "budgets.sqlite")


def test_without_a_path_the_file_is_in_the_users_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Budgets.local("0123abcd").close()
    assert [path.name for path in tmp_path.rglob("*.sqlite")] == ["0123abcd.sqlite"]


def test_without_a_home_to_write_to_a_temporary_folder_serves(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    Budgets.local("0123abcd").close()
    assert len(list((tmp_path / "temporary").rglob("0123abcd.sqlite"))) == 1


@pytest.mark.parametrize("url", ["mysql://server", "server", ""])
def test_a_url_of_another_kind_is_refused(url):
    with pytest.raises(BudgetsUnavailable, match=r"redis://, rediss:// or postgresql://"):
        Budgets.from_url(url, "x")


@pytest.mark.parametrize(
    ("delays", "least", "most"),
    [([0.1] * 20, 0.9, 1.06), ([0.1, 0.5] * 10, 1.3, 1.41), ([0.1] * 39 + [30.0], 0.9, 1.06)],
    ids=["even", "uneven", "one that hung"],
)
def test_the_margin_is_as_wide_as_answers_come_unevenly(file, delays, least, most):
    budgets = Budgets.local("x", file, limits=dict.fromkeys(Budget, Limit(5, 1_000)))
    asked: list[float] = []

    class Impatient(Clock):
        def sleep(self, seconds: float) -> None:
            asked.append(seconds)
            raise TimeoutError

    for delay in delays:
        budgets.learn(Budget.SEARCH, CaseInsensitiveDict(), delay, Clock())
    for _ in range(5):
        budgets.acquire(Budget.SEARCH, Impatient())
    with pytest.raises(TimeoutError):
        budgets.acquire(Budget.SEARCH, Impatient())
    budgets.close()
    assert least < asked[0] <= most


def test_searches_are_limited_for_the_account_whichever_app_asks(file):
    one, two = (Budgets.local(name, file.with_name(f"{name}.sqlite"), limits=LONG) for name in ("one", "two"))
    for budgets in (one, two):
        budgets.belongs_to(7654321)
    for _ in range(4):
        one.acquire(Budget.SEARCH, Clock())
    assert free_places(two, Budget.SEARCH) == 6
    assert (free_places(one), free_places(two)) == (10, 10)
    for budgets in (one, two):
        budgets.close()


def test_two_accounts_search_apart(file):
    one, two = (Budgets.local(name, file.with_name(f"{name}.sqlite"), limits=LONG) for name in ("one", "two"))
    one.belongs_to(1)
    two.belongs_to(2)
    assert (free_places(one, Budget.SEARCH), free_places(two, Budget.SEARCH)) == (10, 10)
    for budgets in (one, two):
        budgets.close()


def test_an_account_named_again_changes_nothing(file):
    budgets = Budgets.local("x", file, limits=LONG)
    budgets.belongs_to(1)
    assert free_places(budgets, Budget.SEARCH) == 10
    budgets.belongs_to(1)
    assert free_places(budgets, Budget.SEARCH) == 0
    budgets.close()


def test_the_learned_limit_can_be_planned_with(file):
    budgets = Budgets.local("x", file)
    assert budgets.per_second(Budget.BURST) == 10
    budgets.learn(Budget.BURST, taught(110), 0.1, Clock())
    assert (budgets.per_second(Budget.BURST), budgets.per_second(Budget.SEARCH)) == (11, 5)
    assert Budgets.unlimited().per_second(Budget.BURST) is None
    budgets.close()


def test_a_pause_noted_before_the_limit_was_learned_is_kept(file):
    budgets = Budgets.local("x", file, limits=LONG)
    budgets.pause(Budget.BURST, 60, Clock())
    budgets.learn(Budget.BURST, taught(25), 0.1, Clock())
    assert free_places(budgets) == 0
    budgets.close()
