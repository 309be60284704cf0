"""Lists, and the syncs that keep them, as the tests of this folder speak of them."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.lists import ListsReading, MembershipsSource
from hubspot_assets.sync.reference import ReferenceSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.tables.lists import LISTS
from hubspot_assets.warehouse.base import Warehouse


@dataclass
class Listing:
    """The lists of a portal, and a warehouse that is to hold them."""

    portal: Portal
    client: Client
    warehouse: Warehouse
    list_id: int = 0

    def make(self, type: str, size: int, id: int | None = None) -> int:
        """Make a list of the first records of a type; its id, which the tests go on with."""
        self.list_id = self.portal.put_list(id, type=type)
        self.portal.join_list(self.list_id, self.portal.ids(type)[:size])
        return self.list_id

    def tick(self, *, full: bool = False) -> tuple[Report, Report]:
        """Do what a tick of the schedule does."""
        self.portal.advance(2)
        reading = ListsReading(self.client)
        return self._lists(reading), self._memberships(reading, full)

    def lists(self) -> Report:
        """Bring the lists alone up to date."""
        return self._lists(ListsReading(self.client))

    def memberships(self, *, full: bool = False) -> Report:
        """Bring the members alone up to date."""
        return self._memberships(ListsReading(self.client), full)

    def _lists(self, reading: ListsReading) -> Report:
        return self._run(ReferenceSource(self.client, "lists", LISTS, reading.lists))

    def _memberships(self, reading: ListsReading, full: bool) -> Report:
        return self._run(MembershipsSource(reading, full))

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.warehouse.read(table).to_pylist()

    def requests(self) -> list[str]:
        """The paths that were asked for since the last call."""
        paths = [each["path"] for each in self.portal.requests()]
        self.portal.clear_requests()
        return paths

    def assert_equal(self) -> None:
        """The tables hold just what the portal has."""
        self.assert_equal_members()
        there = {int(row["LISTID"]): row for row in self.rows("LISTS") if row["DELETEDAT"] is None}
        truth = {int(each["listId"]): each for each in self.portal.lists()}
        assert {id_: row["LISTSIZE"] for id_, row in there.items()} == {
            id_: int(each["additionalProperties"]["hs_list_size"]) for id_, each in truth.items()
        }
        assert {id_: row["NAME"] for id_, row in there.items()} == {id_: each["name"] for id_, each in truth.items()}

    def assert_equal_members(self) -> None:
        """The members that stand in the table are those of the portal, with the instants of joining."""
        rows = self.warehouse.read("LIST_MEMBERSHIPS", where=[("REMOVEDAT", "is null", None)]).to_pylist()
        stored = [
            (int(row["LISTID"]), row["OBJECTID"], round(row["MEMBERSHIPAT"].replace(tzinfo=UTC).timestamp() * 1_000))
            for row in rows
        ]
        assert len(stored) == len(set(stored))
        assert set(stored) == self.portal.members()

    def _run(self, source: MembershipsSource | ReferenceSource) -> Report:
        return run(source, self.warehouse, self.client, run_id="test", say=print)  # pyright: ignore[reportArgumentType]
