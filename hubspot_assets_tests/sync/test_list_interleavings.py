"""Whatever people, faults, crashes and syncs do to lists, in whatever order, the tables end equal to the portal."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot import list_members
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.sync.listing import Listing
from hubspot_assets_tests.sync.records.crashing import Crash, Crashing
from hubspot_assets_tests.variety import examples

number = st.integers(0, 99)
change = st.tuples(st.sampled_from(("join", "leave", "edit", "process", "settle", "delete", "make")), number, number)
sync = st.tuples(
    st.sampled_from(("tick", "lists", "members", "full")),
    st.sampled_from(("none", "crash before", "crash after", "change meanwhile")),
    number,
)
history = st.lists(st.one_of(change, change, sync), min_size=2, max_size=16)


@pytest.fixture(scope="module")
def village() -> Iterator[Portal]:
    """Ten members a page, twenty a commit: there is much to cut short."""
    with (
        Portal.start(sizes={"contacts": 100}, properties={"contacts": 8}) as portal,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(list_members, "PAGE_SIZE", 10)
        yield portal


class Play:
    """One example: three lists, an empty warehouse, and what happens to them."""

    def __init__(self, portal: Portal, client: Client, folder: str) -> None:
        portal.reset()
        self.portal, self.warehouse = portal, Crashing(Path(folder, "hubspot.duckdb"), chunk_rows=20)
        self.listing = Listing(portal, client, self.warehouse)
        self.contacts = portal.ids("contacts")
        for size in (45, 20, 0):
            self.listing.make("contacts", size)

    def change(self, what: str, which: int, first: int) -> tuple[str, dict[str, object]]:
        """A change as an order to the portal."""
        lists = sorted(int(each["listId"]) for each in self.portal.lists())
        chosen: dict[str, object] = {"id": lists[which % len(lists)]}
        match what:
            case "join" | "leave":
                return f"{what}_list", chosen | {"records": self.contacts[first : first + which % 7 + 1]}
            case "edit":
                return "put_list", chosen | {"version": first + 2}
            case "process" | "settle":
                return "put_list", chosen | {"status": "PROCESSING" if what == "process" else "COMPLETE"}
            case "delete" if len(lists) > 1:
                return "remove_list", chosen
        return "put_list", {"id": None, "type": "contacts"}

    def sync(self, what: str, trouble: str, which: int) -> None:
        if trouble == "change meanwhile":
            order, arguments = self.change(("join", "leave", "delete")[which % 3], which, which)
            rule = {"kind": "run", "order": order, "arguments": arguments, "nth": [which % 6 + 1], "times": 1}
            self.portal.faults([rule])
        elif trouble != "none":
            self.warehouse.crash(which % 3 + 1, after=trouble == "crash after")
        try:
            match what:
                case "tick" | "full":
                    self.listing.tick(full=what == "full")
                case "lists":
                    self.listing.lists()
                case "members":
                    self.listing.memberships()
        except Crash:
            pass
        self.portal.faults()
        self.warehouse.crash(0)

    def end(self, *, tells_all: bool) -> None:
        if tells_all:
            self.listing.tick()
            self.listing.assert_equal()
        self.listing.tick(full=True)
        self.listing.assert_equal()
        reports = self.listing.tick()
        assert all(report.idle for report in reports) or any(
            each["processingStatus"] == "PROCESSING" for each in self.portal.lists()
        )


@settings(max_examples=examples(5), deadline=None, database=None, phases=(Phase.generate,))
@given(history, st.sampled_from(("on_time", "late", "frozen")), st.booleans())
def test_any_interleaving_of_changes_crashes_and_syncs_ends_equal_to_the_portal(
    village: Portal, history, stamps: str, descending: bool
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(AccessToken(village.token), base_url=village.url, budgets=Budgets.unlimited()) as client,
    ):
        play = Play(village, client, folder)
        village.behavior(list_stamps=stamps, join_order_descending=descending)
        for what, one, other in history:
            if isinstance(one, str):
                play.sync(what, one, other)
            else:
                order, arguments = play.change(what, one, other)
                village.order(order, **arguments)
                village.advance(1)
        play.end(tells_all=stamps == "on_time")
