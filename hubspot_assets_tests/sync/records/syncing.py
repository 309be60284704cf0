"""One table, one portal, and the syncs between them, as the tests of this folder speak of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import RecordsRequest, Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.warehouse.base import Warehouse
from hubspot_assets_tests.truth import assert_equals_portal


@dataclass
class Syncing:
    """Syncs of one object type into one warehouse."""

    portal: Portal
    client: Client
    warehouse: Warehouse
    name: str = "tickets"
    updated_after: datetime | None = None
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)
    said: list[str] = field(default_factory=list)

    def latest(self, **request: Any) -> Report:
        return self._run(Slice.LATEST, request)

    def archived(self) -> Report:
        return self._run(Slice.ARCHIVED, {})

    def full(self, **request: Any) -> Report:
        return self.latest(full=True, **request)

    def both(self) -> None:
        self.latest()
        self.archived()

    def _run(self, slice_: Slice, request: dict[str, Any]) -> Report:
        # HubSpot's clock is only known to half a second: let what just happened be older than that.
        self.portal.advance(2)
        source = RecordsSource(
            client=self.client,
            object_type=STANDARD_OBJECT_TYPES[self.name],
            slice=slice_,
            request=RecordsRequest(**request),
            updated_after=self.updated_after,
            property_filter=self.property_filter,
            say=self.said.append,
        )
        return run(source, self.warehouse, self.client, run_id="test", say=self.said.append)

    def reconnected(self) -> "Syncing":
        """The same as a new process would see it."""
        client = Client(self.client.credential, base_url=self.client.base_url, budgets=self.client.budgets)
        return replace(self, client=client)

    @property
    def table(self) -> str:
        return STANDARD_OBJECT_TYPES[self.name].table

    def assert_equal(self, *, excused: Collection[int] = ()) -> int:
        """Every record and value of the portal is in the table, but for some ids; how many records."""
        return assert_equals_portal(self.warehouse, self.portal, self.name, excused=excused)

    def rows(self, columns: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """The table by record id."""
        chosen = None if columns is None else ["OBJECTID", *columns]
        return {row["OBJECTID"]: row for row in self.warehouse.read(self.table, chosen).to_pylist()}

    def row(self, id_: int) -> dict[str, Any]:
        return self.rows()[id_]

    def reasons(self) -> dict[int, str]:
        """Why records are not live, by id."""
        rows = self.rows(["DELETIONREASON"])
        return {id_: row["DELETIONREASON"] for id_, row in rows.items() if row["DELETIONREASON"]}

    def syncs(self) -> list[dict[str, Any]]:
        """Rows of SYNCS, the oldest first."""
        return sorted(self.warehouse.read("SYNCS").to_pylist(), key=lambda row: row["STARTEDAT"])

    def definition(self, property_: str) -> dict[str, Any]:
        """The row of PROPERTY_DEFINITIONS."""
        type_id = STANDARD_OBJECT_TYPES[self.name].object_type_id
        where = [("OBJECTTYPEID", "=", type_id), ("NAME", "=", property_)]
        [row] = self.warehouse.read("PROPERTY_DEFINITIONS", where=where).to_pylist()  # pyright: ignore[reportArgumentType]
        return row

    def calls(self, path: str = "") -> int:
        """Requests since the last call of this."""
        calls = len(self.portal.requests(path))
        self.portal.clear_requests()
        return calls
