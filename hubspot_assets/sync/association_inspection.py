"""Looking at the associations of a pair after the fact: do both directions agree, and are the records known?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import numpy as np

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.sync.finding import Finding
from hubspot_assets.sync.planned_ids import ids_of
from hubspot_assets.sync.records.goal import SEARCH_LAG
from hubspot_assets.tables.associations import AssociationsTable
from hubspot_assets.warehouse.base import Filter, Filters, Warehouse

MOST_COMPARED = 10_000
"""Pairs that only one direction has, beyond which it does not matter how many more there are."""
MOST_NAMED = 5
"""Examples in a sentence."""

STANDING: Filter = ("REMOVEDAT", "is null", None)

Pair = tuple[int, int]


@dataclass(frozen=True)
class AssociationInspection:
    """The associations from one object type to another, in the warehouse.

    What changed less than an hour before one of the tables was brought into line is tolerated: a record may be known
    that late (`SEARCH_LAG`), and its associations with it.

    Attributes:
        warehouse: Where they are.
        from_type: Whose associations.
        to_type: To what.
    """

    warehouse: Warehouse
    from_type: ObjectType
    to_type: ObjectType

    @property
    def table_names(self) -> tuple[str, str]:
        """The table of this direction, and that of the opposite one."""
        one, other = self.from_type, self.to_type
        return AssociationsTable.of(one, other).name, AssociationsTable.of(other, one).name

    def agreement(self, covered: datetime | None, opposite_covered: datetime | None) -> Finding:
        """Compare the pairs of records with those of the opposite direction.

        Args:
            covered: When this direction was last brought into line.
            opposite_covered: When the other one was.
        """
        here, there = self._table(self.from_type, self.to_type), self._table(self.to_type, self.from_type)
        if here is None or there is None or covered is None or opposite_covered is None:
            return Finding(False, "One of the two directions was never synced to its end: materialize both.")
        columns = [here.from_column, here.to_column]
        only_here = self._only(here.name, there.name, columns, covered, opposite_covered)
        only_there = self._only(there.name, here.name, columns, opposite_covered, covered)
        facts = {f"only_in_{here.name}": len(only_here), f"only_in_{there.name}": len(only_there)}
        if not only_here and not only_there:
            return Finding(True, f"{here.name} and {there.name} have the same pairs.", facts)
        said = [
            f"{_number(only)} stand in {one} and not in {other}: {self._examples(only)}."
            for one, other, only in ((here.name, there.name, only_here), (there.name, here.name, only_there))
            if only
        ]
        cure = "Materialize both with `full: true`; if it stays, HubSpot itself answers the two differently."
        return Finding(False, f"{' '.join(said)} {cure}", facts)

    def known(self, from_covered: datetime | None, to_covered: datetime | None) -> Finding:
        """Look for associations from or to a record that the record tables do not have.

        Args:
            from_covered: Up to when the records that they are from are complete.
            to_covered: Likewise of those that they are to.
        """
        table = self._table(self.from_type, self.to_type)
        if table is None or from_covered is None or to_covered is None:
            return Finding(False, "The records were never synced to their end: materialize them.")
        said, facts = [], {}
        before: Filter = ("INGESTEDAT", "<", min(from_covered, to_covered) - SEARCH_LAG)
        for object_type, column in ((self.from_type, table.from_column), (self.to_type, table.to_column)):
            ids = ids_of(self.warehouse, table.name, column, [STANDING, before])
            strangers = np.setdiff1d(ids, ids_of(self.warehouse, object_type.table, "OBJECTID", []))
            facts[f"not_in_{object_type.table}"] = len(strangers)
            if len(strangers):
                examples = ", ".join(map(str, strangers[:MOST_NAMED].tolist()))
                said.append(f"{len(strangers):,} records that {object_type.table} does not have, such as {examples}.")
        if not said:
            return Finding(True, "Every associated record is in its table.", facts)
        cure = "Materialize these records with `full: true`, then the associations."
        return Finding(False, f"There are associations with {' '.join(said)} {cure}", facts)

    def _table(self, one: ObjectType, other: ObjectType) -> AssociationsTable | None:
        stored = self.warehouse.schema(AssociationsTable.of(one, other).name)
        return None if stored is None else AssociationsTable.of(one, other, stored)

    def _only(
        self, here: str, there: str, columns: list[str], covered: datetime, other_covered: datetime
    ) -> list[Pair]:
        """Pairs that stand in one table only, and long enough for the other to have them."""
        early: Filters = (STANDING, ("INGESTEDAT", "<", other_covered - SEARCH_LAG))
        found: set[Pair] = set(islice(self._missing(here, early, there, columns), MOST_COMPARED))
        if found:
            # What the other one has seen end lately may not have been noticed here.
            lately: Filter = ("REMOVEDAT", ">=", covered - SEARCH_LAG)
            first: Filter = (columns[0], "in", sorted({one for one, _ in found}))
            ended = self.warehouse.read(there, columns, [lately, first])
            found -= set(zip(*(ended[column].to_pylist() for column in columns), strict=True))
        return sorted(found)

    def _missing(self, here: str, where: Filters, there: str, columns: list[str]) -> Iterator[Pair]:
        for part in self.warehouse.missing(here, where, there, [STANDING], columns):
            yield from zip(*(part[column].to_pylist() for column in columns), strict=True)

    def _examples(self, pairs: list[Pair]) -> str:
        one, other = self.from_type.singular_label.lower(), self.to_type.singular_label.lower()
        return ", ".join(f"{one} {first} with {other} {second}" for first, second in pairs[:MOST_NAMED])


def _number(pairs: list[Pair]) -> str:
    return f"{'At least ' if len(pairs) >= MOST_COMPARED else ''}{len(pairs):,} pairs"
