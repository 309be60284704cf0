"""Whatever people, faults, crashes and syncs do, in whatever order, the table ends equal to the portal."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.properties import property_definitions
from hubspot_assets.hubspot.records import scan, search
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.hubspot.transport.errors import Forbidden
from hubspot_assets.sync.records import batches
from hubspot_assets.sync.records.gone import MassDeletion
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.sync.records.syncing import Syncing
from hubspot_assets_tests.variety import examples

CHANGES = ("create", "edit", "archive", "restore", "touching restore", "merge", "minting merge", "purge", "property")
ACCIDENTS = ("drop the table", "set the clock")
SYNCS = ("latest", "archived", "full", "window")
TROUBLES = ("none", "change meanwhile", "crash before a commit", "crash after a commit", "refusal", "faults")
PASSING = ("burst_limit", "locked", "server_error", "cloudflare", "reset", "truncated", "empty", "not_json")

number = st.integers(0, 1_000)
change = st.tuples(st.sampled_from(CHANGES), number, number)
accident = st.tuples(st.sampled_from(ACCIDENTS), number, number)
sync = st.tuples(st.sampled_from(SYNCS), st.sampled_from(TROUBLES), number, change)
history = st.lists(st.one_of(change, change, sync, sync, accident), min_size=1, max_size=14)


class Hasty(Clock):
    """Waits for nothing, and can be set."""

    wrong_by = 0.0
    """Seconds."""

    def time(self) -> float:
        return super().time() + self.wrong_by

    def sleep(self, seconds: float) -> None:
        super().sleep(0)


@pytest.fixture(scope="module")
def village() -> Iterator[Portal]:
    """45 tickets, ten a page, twenty a commit: there is much to cut short."""
    with (
        Portal.start(sizes={"tickets": 45}, archived_share=0.1, merged_share=0.1) as portal,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(scan, "PAGE_SIZE", 10)
        patch.setattr(search, "PAGE_SIZE", 10)
        patch.setattr(batches, "BATCH_ROWS", 10)
        yield portal


class Play:
    """One example: a portal as at its start, an empty warehouse, and what happens to them."""

    def __init__(self, portal: Portal, client: Client, clock: Hasty, folder: str) -> None:
        portal.reset()
        self.portal = portal
        self._clock = clock
        self._file = Path(folder, "hubspot.duckdb")
        self.warehouse = Crashing(self._file, chunk_rows=20)
        self.syncing = Syncing(portal, client, self.warehouse, "tickets")
        self._cut_short = False
        self._client = client
        self._ordered: set[str] = set()

    def order(self, what: str, first: int, second: int) -> tuple[str, dict[str, Any]] | None:
        """A change as an order to the portal; None where there is nothing to change."""
        truth = self.portal.truth("tickets")
        live, archived = sorted(truth.live), sorted(truth.archived)
        chosen, other = live[first % len(live)], live[second % len(live)]
        arguments: dict[str, Any] = {"type": "tickets"}
        match what:
            case "create":
                return "create", arguments | {"properties": {"subject": f"Born {first}"}}
            case "edit":
                names = ["subject", *sorted(self._made())]
                return "change", arguments | {"properties": {names[second % len(names)]: str(second)}, "ids": [chosen]}
            case "archive":
                return "archive", arguments | {"ids": [chosen]}
            case "purge":
                gone = archived[first % len(archived)] if archived and second % 2 else chosen
                return "purge", arguments | {"ids": [gone]}
            case "restore" | "touching restore" if archived:
                id_ = archived[first % len(archived)]
                # One that no sync has met, and that comes back as it was, only a full one can find.
                touch = what != "restore" or id_ not in self._met()
                return "restore", arguments | {"ids": [id_], "touch": touch}
            case "merge" | "minting merge" if chosen != other:
                return "merge", arguments | {"survivor": chosen, "absorbed": [other], "mint": what != "merge"}
            case "property":
                return self._property(f"made_{first % 3}", chosen, second)
        return None

    def _met(self) -> set[int]:
        """Ids that the table has, if there is one."""
        return set() if self.warehouse.schema(self.syncing.table) is None else set(self.syncing.rows(()))

    def _property(self, name: str, holder: int, value: int) -> tuple[str, dict[str, Any]]:
        """Create a property, or archive it, or bring it back."""
        if name in self._made():
            return "archive_property", {"type": "tickets", "name": name}
        # What comes back with another value, unseen by any sync meanwhile, only last-modified can tell.
        comes_back, values = name in self._ordered, {str(holder): str(value)}
        self._ordered.add(name)
        return "create_property", {"type": "tickets", "name": name, "values": values, "touch": comes_back}

    def _made(self) -> set[str]:
        """Properties that histories have made; what was to happen in the middle of a sync may not have."""
        definitions = property_definitions(self._client, "tickets")
        return {definition.name for definition in definitions if definition.name.startswith("made_")}

    def change(self, what: str, first: int, second: int) -> None:
        match what:
            case "drop the table":
                with duckdb.connect(self._file) as connection:
                    connection.execute(f"DROP TABLE IF EXISTS {self.syncing.table}")
            case "set the clock":
                self._clock.wrong_by = (first - 500) * 5_000.0
            case _:
                if order := self.order(what, first, second):
                    self.portal.order(order[0], **order[1])

    def sync(self, what: str, trouble: str, which: int, change: tuple[str, int, int]) -> None:
        """Sync, with some trouble at the `which`-th request or commit."""
        nth = [which % 12 + 1]
        match trouble:
            case "change meanwhile":
                if order := self.order(*change):
                    rule = {"kind": "run", "order": order[0], "arguments": order[1], "nth": nth, "times": 1}
                    self.portal.faults([rule])
            case "crash before a commit" | "crash after a commit":
                self.warehouse.crash(which % 4 + 1, after="after" in trouble)
            case "refusal":
                self.portal.faults([{"kind": "forbidden", "path": "search|/tickets[?]|batch", "nth": nth}])
            case "faults":
                self.portal.faults([{"kind": kind, "probability": 0.05, "seed": which} for kind in PASSING])
        try:
            self._begin(what, which)
        except (Crash, Forbidden, MassDeletion):
            self._cut_short = True
        self.portal.faults()
        self.warehouse.crash(0)

    def _begin(self, what: str, which: int) -> None:
        match what:
            case "latest":
                self.syncing.latest()
            case "archived":
                self.syncing.archived()
            case "full":
                self.syncing.full()
            case "window":
                end = self.portal.now() - timedelta(seconds=which % 7)
                self.syncing.latest(updated_after=end - timedelta(days=which + 1), updated_before=end)

    def end(self) -> None:
        """Plain syncs know all but what was purged; full ones know that too."""
        # An idle run does not ask for definitions.
        self.portal.change("tickets", {"subject": "Last"}, count=1)
        # The first may be the rest of a sync that was cut short, whose window ended then.
        runs = range(2 if self._cut_short else 1)
        for _ in runs:
            self.syncing.both()
        truth = self.portal.truth("tickets")
        # Who merged into a record that was purged before any sync met it, nobody can tell.
        orphaned = {gone for gone, survivor in truth.merged.items() if survivor in truth.purged}
        self.syncing.assert_equal(excused=truth.purged | orphaned)
        for _ in runs:
            self.syncing.full(allow_mass_deletion=True)
        self.syncing.archived()
        self.syncing.assert_equal(excused=orphaned)
        reasons = self.syncing.reasons()
        assert all(reasons[id_] in ("merged", "purged") for id_ in orphaned & self.syncing.rows(()).keys())


# The histories are short enough to be read as they are, and to shrink one takes minutes.
@settings(max_examples=examples(6), deadline=None, database=None, phases=(Phase.generate,))
@given(history)
def test_any_interleaving_of_changes_faults_crashes_and_syncs_ends_equal_to_the_portal(
    village: Portal, history
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(
            AccessToken(village.token), base_url=village.url, budgets=Budgets.unlimited(), clock=(clock := Hasty())
        ) as client,
    ):
        play = Play(village, client, clock, folder)
        for step in history:
            if len(step) == 3:
                play.change(*step)
            else:
                play.sync(*step)
        play.end()
