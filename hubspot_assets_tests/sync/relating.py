"""Associations of one pair, and the syncs that keep them, as the tests of this folder speak of them."""

from dataclasses import dataclass, field
from typing import Any

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.associations import AssociationsSource
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.run import run
from hubspot_assets.warehouse.base import Warehouse


@dataclass
class Relating:
    """Two object types, and the associations between them in both directions."""

    portal: Portal
    client: Client
    warehouse: Warehouse
    names: tuple[str, str] = ("contacts", "companies")
    said: list[str] = field(default_factory=list)

    def records(self, *, archived: bool = False) -> None:
        """Bring the records of both types up to date."""
        self.portal.advance(2)
        for name in dict.fromkeys(self.names):
            for slice_ in (Slice.LATEST, Slice.ARCHIVED) if archived else (Slice.LATEST,):
                self.run(RecordsSource(self.client, STANDARD_OBJECT_TYPES[name], slice_))

    def associations(self, *, full: bool = False) -> dict[str, Report]:
        """Bring the associations up to date; what was done, by direction."""
        self.portal.advance(2)
        return {f"{one} to {other}": self.run(self.source(one, other, full=full)) for one, other in self.directions}

    def source(self, one: str, other: str, *, full: bool = False) -> AssociationsSource:
        """What brings one direction up to date."""
        return AssociationsSource(self.client, STANDARD_OBJECT_TYPES[one], STANDARD_OBJECT_TYPES[other], full=full)

    def tick(self) -> dict[str, Report]:
        """Do what a tick of the schedule does."""
        self.records()
        return self.associations()

    @property
    def directions(self) -> list[tuple[str, str]]:
        one, other = self.names
        return list(dict.fromkeys([(one, other), (other, one)]))

    def table(self, one: str, other: str) -> str:
        return f"ASSOCIATIONS_{one.upper()}_TO_{other.upper()}"

    def rows(self, one: str, other: str) -> list[dict[str, Any]]:
        return self.warehouse.read(self.table(one, other)).to_pylist()

    def stored(self, one: str, other: str) -> set[tuple[int, int, str, int, str | None]]:
        """The associations that stand in the table."""
        table = self.warehouse.read(self.table(one, other), where=[("REMOVEDAT", "is null", None)])
        return set(
            zip(
                table.column(0).to_pylist(),
                table.column(1).to_pylist(),
                *(table[name].to_pylist() for name in ("ASSOCIATIONCATEGORY", "ASSOCIATIONTYPEID", "LABEL")),
                strict=True,
            )
        )

    def assert_equal(self) -> None:
        """Each direction holds just what the portal has."""
        for one, other in self.directions:
            assert self.stored(one, other) == self.truth(one, other), (one, other)

    def truth(self, one: str, other: str) -> set[tuple[int, int, str, int, str | None]]:
        return {tuple(each) for each in self.portal.association_truth(one, other)}  # pyright: ignore[reportReturnType]

    def calls(self) -> int:
        calls = len(self.portal.requests())
        self.portal.clear_requests()
        return calls

    def run(self, source: RecordsSource | AssociationsSource) -> Report:
        """Run one source."""
        return run(source, self.warehouse, self.client, run_id="test", say=self.said.append)  # pyright: ignore[reportArgumentType]
