"""A week of a HubSpot account and of the Dagster daemon that follows it, in a minute.

Monday: the first load. Tuesday nine to Wednesday one: HubSpot is down, then it stumbles for four hours. Wednesday six
to Friday six: the daemon sleeps. Saturday: the sensor is on for ten minutes, and somebody's own launch is in the way
of two ticks. Sunday: reconciliation. All the while people work, from eight to midnight.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from hubspot_assets.defs.automation import schedules
from hubspot_assets.defs.checks.freshness import check_name
from hubspot_assets.defs.checks.records import RECORD_CHECKS, UNPARSED
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.settings.schedule_expressions import schedule_expression
from hubspot_assets.sync.records.goal import SEARCH_LAG
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.end_to_end.dagster_daemon import Daemon
from hubspot_assets_tests.end_to_end.living_account import EVERYDAY, UNNOTICED, LivingAccount
from hubspot_assets_tests.end_to_end.simulated_time import SimulatedTime
from hubspot_assets_tests.truth import assert_equals_portal

TEXT = {"contacts": "firstname", "tickets": "subject"}
NAMES = tuple(TEXT)
SIZES = {"contacts": 90, "tickets": 50}
SEED = 20260302
EVERY = timedelta(hours=8)
BOTH = {"dagster/asset_partition_range_start": "latest", "dagster/asset_partition_range_end": "archived"}
A_SENSORS_MINUTE = timedelta(seconds=61)
OUTAGE = [{"kind": "reset", "every": 3}, {"kind": "server_error", "status": 503}]
STUMBLE = [{"kind": kind, "probability": 0.2, "seed": 1} for kind in ("server_error", "truncated", "cloudflare")]


START = datetime(2026, 3, 2, tzinfo=UTC)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY, NEXT_MONDAY = range(8)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of the week."""
    return START + timedelta(days=day, hours=hour, minutes=minute)


@dataclass(frozen=True)
class Look:
    """What the daemon did when it looked at its schedules.

    Attributes:
        at: When it looked.
        still: Whether nothing had changed for longer than a sync of live records looks back.
        runs: The runs that it launched, over by now.
        requests: How many it took of HubSpot.
    """

    at: datetime
    still: bool
    runs: Sequence[dg.DagsterRun]
    requests: int

    def launched(self, by: str) -> Sequence[dg.DagsterRun]:
        """The runs that one schedule or the sensor launched."""
        names = ("dagster/schedule_name", "dagster/sensor_name")
        return [run for run in self.runs if by in map(run.tags.get, names)]

    def synced(self) -> Sequence[dg.DagsterRun]:
        """The runs that asked HubSpot."""
        return [run for run in self.runs if run.job_name == "sync"]


@dataclass
class Week:
    """The week as it goes, and what was seen of it."""

    portal: Portal
    time: SimulatedTime
    daemon: Daemon
    account: LivingAccount
    warehouse: DuckDBWarehouse
    looks: list[Look] = field(default_factory=list)
    freshness: dict[datetime, Mapping[str, bool]] = field(default_factory=dict)
    minutes: list[Look] = field(default_factory=list)
    launch: dg.DagsterRun | None = None
    covered: datetime = START

    def look(self) -> Look:
        """Let the daemon look."""
        now = self.time.now()
        still = self.account.last_change < self.covered - SEARCH_LAG
        self.portal.clear_requests()
        look = Look(now, still, self.daemon.look(), len(self.portal.requests()))
        self.looks.append(look)
        if any(run.is_success for run in look.launched("latest")):
            self.covered = now
        if look.launched("freshness"):
            self.freshness[now] = self.fresh()
        return look

    def until(self, end: datetime, *, daemon: bool = True) -> None:
        """Let people work by day, and the daemon look as each tick of `latest` is due."""
        while (now := self.time.now()) < end:
            tick = START + ((now - START) // EVERY + 1) * EVERY
            by_day = now.hour >= 8
            # Nobody reads everything once more in this week after the reconciliation.
            self.account.live(min(tick, end), 5 if by_day else 0, unnoticed=now < at(SUNDAY, 0))
            if daemon and self.time.now() >= tick:
                self.look()

    def look_at(self, instant: datetime) -> Look:
        """The look of an instant, some milliseconds late."""
        [look] = [look for look in self.looks if timedelta() <= look.at - instant < timedelta(minutes=1)]
        return look

    def events(self, run: dg.DagsterRun, kind: dg.DagsterEventType) -> int:
        """How many events of a kind a run has."""
        return len(self.daemon.instance.all_logs(run.run_id, of_type=kind))

    def fresh(self) -> Mapping[str, bool]:
        """What the freshness checks said last, by partition and object type."""
        storage = self.daemon.instance.event_log_storage
        found = {}
        for name in NAMES:
            for partition in (LATEST, ARCHIVED):
                check = dg.AssetCheckKey(Names().key(name), check_name(partition))
                [record] = storage.get_asset_check_execution_history(check, 1)
                assert isinstance(record.evaluation, dg.AssetCheckEvaluation)
                found[f"{partition} {name}"] = record.evaluation.passed
        return found


@pytest.fixture(scope="module")
def week(tmp_path_factory) -> Iterator[Week]:
    """The week, lived through."""
    folder: Path = tmp_path_factory.mktemp("week")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        portal = stack.enter_context(
            Portal.start(
                sizes={"contacts": 90, "tickets": 50},
                now=at(MONDAY, 0, -10).isoformat(),
                index_lag=True,
                short_pages=0.05,
            )
        )
        for name in os.environ:
            if name.startswith(("HUBSPOT_", "DAGSTER_", "SNOWFLAKE_")):
                patch.delenv(name)
        patch.setenv("HUBSPOT_BASE_URL", portal.url)
        patch.setenv("HUBSPOT_ACCESS_TOKEN", portal.token)
        patch.setenv("HUBSPOT_DATASETS", "none")
        patch.setenv("HUBSPOT_OBJECTS", ",".join(NAMES))
        patch.setenv("HUBSPOT_LATEST_SCHEDULE", "8 hours")
        patch.chdir(folder)
        patch.setattr(Budgets, "local", lambda fingerprint: Budgets.unlimited())
        # Every half hour would cost the test two minutes.
        patch.setattr(schedules, "EVERY_HALF_HOUR", schedule_expression("0 4 * * *"))
        time = stack.enter_context(SimulatedTime.of(portal))
        daemon = stack.enter_context(Daemon.of(folder, time))
        account = LivingAccount(portal, time, TEXT, SEED)
        lived = Week(portal, time, daemon, account, DuckDBWarehouse(folder / ".data" / "hubspot.duckdb"))
        live_through(lived)
        yield lived


def live_through(week: Week) -> None:
    """Let the week pass."""
    portal, daemon, account = week.portal, week.daemon, week.account
    assert week.look().runs == []

    week.until(at(MONDAY, 9))
    for property_ in ("score", "mood"):
        values = {id_: str(id_ % 100) for id_ in account.some("contacts", 20)}
        portal.create_property("contacts", property_, "number", values=values)

    week.until(at(TUESDAY, 9))
    portal.faults(OUTAGE)
    week.until(at(WEDNESDAY, 13))
    portal.faults(STUMBLE)
    week.until(at(WEDNESDAY, 17))
    portal.faults()
    week.until(at(WEDNESDAY, 18))

    week.until(at(THURSDAY, 9), daemon=False)
    values = dict.fromkeys(account.some("contacts", 5), "very high")
    portal.retype_property("contacts", "score", "string", values=values)
    week.until(at(FRIDAY, 17), daemon=False)
    with daemon.launched("freshness"):
        pass
    week.freshness[week.time.now()] = week.fresh()
    week.until(at(FRIDAY, 18), daemon=False)
    daemon.restart()
    week.look()

    week.until(at(SATURDAY, 7))
    portal.archive_property("contacts", "mood")
    week.look()
    daemon.switch_on("changes")
    for minute in range(1, 11):
        week.time.until(at(SATURDAY, 7) + minute * A_SENSORS_MINUTE)
        if minute == 4:
            account.happen("create", "contacts")
        if minute == 7:
            account.happen("archive", "tickets")
        week.minutes.append(week.look())
    daemon.switch_off("changes")
    with daemon.launched("sync", BOTH) as week.launch:
        week.until(at(SATURDAY, 17))

    week.until(at(SUNDAY, 3, 15))
    week.look()
    week.until(at(NEXT_MONDAY, 4))
    week.look()


def test_the_warehouse_ends_equal_to_the_portal(week):
    for name in NAMES:
        assert assert_equals_portal(week.warehouse, week.portal, name) > 50
    # Everything that can happen did.
    assert week.account.done.keys() == {*EVERYDAY, *UNNOTICED}


def test_every_tick_was_one_run_but_for_those_that_met_a_run_and_said_so(week):
    ticks = week.daemon.ticks("latest")
    slept = [*(at(THURSDAY, hour) for hour in (0, 8, 16)), at(FRIDAY, 0), at(FRIDAY, 8)]
    due = [each for hour in range(0, 7 * 24 + 1, 8) if (each := at(MONDAY, hour)) not in slept]
    assert [datetime.fromtimestamp(tick.timestamp, UTC) for tick in ticks] == due
    said = f"latest is still being synced: run {week.launch.run_id} of contacts, tickets"
    assert {tick.timestamp: tick.skip_reason for tick in ticks if not tick.run_ids} == {
        at(SATURDAY, hour).timestamp(): said for hour in (8, 16)
    }
    assert week.daemon.status(week.launch) is dg.DagsterRunStatus.SUCCESS
    runs = [run for look in week.looks for run in look.launched("latest")]
    assert [run.run_id for run in runs] == [id_ for tick in ticks for id_ in tick.run_ids]


def test_a_tick_without_changes_costs_one_request_per_object_type(week):
    still = [look for look in week.looks if look.still and look.synced() == look.launched("latest") != []]
    assert len(still) >= 2
    # And one that tells whose account it is, and what is left of the day. An observation of the account costs two.
    assert {look.requests - 2 * len(look.launched("freshness")) for look in still} == {1 + len(NAMES)}


def test_a_daemon_that_slept_two_days_catches_up_in_one_run(week):
    awake = week.look_at(at(FRIDAY, 18))
    schedules = ("latest", "archived", "freshness", "retention")
    for schedule in schedules:
        assert [run.status for run in awake.launched(schedule)] == [dg.DagsterRunStatus.SUCCESS]
    assert len(awake.runs) == len(schedules)
    nights = [datetime.fromtimestamp(tick.timestamp, UTC) for tick in week.daemon.ticks("archived")]
    assert nights == [at(day, 0) for day in range(8) if day != THURSDAY]


def test_runs_of_an_outage_fail_after_retries_and_the_next_one_goes_on(week):
    failed = [run for look in week.looks for run in look.runs if run.status is dg.DagsterRunStatus.FAILURE]
    launched = [(run.tags["dagster/schedule_name"], run.tags["dagster/partition"]) for run in failed]
    assert sorted(launched) == [("archived", "archived"), *[("latest", "latest")] * 3]
    for run in failed:
        # A check looks at nothing where the sync before it failed.
        # What passes is tried again within the step.
        assert week.events(run, dg.DagsterEventType.STEP_RESTARTED) == 0
        assert week.events(run, dg.DagsterEventType.STEP_FAILURE) == len(NAMES)
    stumbling = week.look_at(at(WEDNESDAY, 16))
    assert [run.status for run in stumbling.runs] == [dg.DagsterRunStatus.SUCCESS]


def test_freshness_fails_while_nothing_is_synced_and_passes_again(week):
    late = {
        f"{now:%a %H}": {name for name, passed in found.items() if not passed} for now, found in week.freshness.items()
    }
    # In which order the ticks of one moment come is up to Dagster: here it may be before or after the sync.
    del late["Fri 18"]
    latest, archived = ({f"{partition} {name}" for name in NAMES} for partition in (LATEST, ARCHIVED))
    assert late == {
        "Mon 08": set(),
        "Tue 08": set(),
        "Wed 08": latest,
        "Fri 17": latest | archived,
        "Sat 07": set(),
        "Sun 08": set(),
        "Mon 04": set(),
    }


def test_the_sensor_launches_what_changed_and_costs_one_request_per_object_type(week):
    launched = [
        (run.tags["dagster/partition"], run.asset_selection)
        for look in week.minutes
        for run in look.launched("changes")
    ]
    assert launched == [
        ("latest", frozenset([Names().key("contacts")])),
        ("archived", frozenset([Names().key("tickets")])),
    ]
    idle = [look for look in week.minutes if not look.runs]
    assert len(idle) == len(week.minutes) - 2
    # The sensor that ends dead runs asks HubSpot nothing.
    assert {look.requests for look in idle} - {0} == {1 + len(NAMES)}


def test_the_checks_after_the_last_run_find_nothing_but_values_that_do_not_fit(week):
    [reconciliation] = week.look_at(at(SUNDAY, 3, 15)).launched("reconcile")
    assert reconciliation.is_success
    storage = week.daemon.instance.event_log_storage
    for key in (dg.AssetCheckKey(Names().key(name), check) for name in NAMES for check in RECORD_CHECKS):
        [record] = storage.get_asset_check_execution_history(key, 1)
        # People write what they like.
        assert record.evaluation.passed or key.name == UNPARSED, record.evaluation.description
