"""Looking at a table after the fact: does it hold what it should, and if not, what is to be done."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.properties import property_definitions
from hubspot_assets.hubspot.records.search import Search, Window, changed_in
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, NotFound
from hubspot_assets.sync.criteria import Since, remarks
from hubspot_assets.sync.finding import Finding
from hubspot_assets.sync.records.goal import SEARCH_LAG
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.source import Target
from hubspot_assets.sync.state import read_state
from hubspot_assets.warehouse.base import Filters, Warehouse

CLOCKS_APART = timedelta(minutes=5)
"""How far HubSpot's own clocks may differ."""
MOST_UNPARSED = 0.01
"""Share of rows with values that do not fit their column, beyond which the column's type deserves a look."""
MOST_READ = 10_000
"""Rows read to tell which properties these values are of."""
MOST_NAMED = 10
"""Properties named in a sentence."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """An object type's table beside HubSpot.

    Attributes:
        client: The HubSpot client.
        warehouse: Where the table is.
        object_type: Whose table.
        property_filter: Which properties the table is to have.
        updated_after: The table holds only records modified since; None for all.
    """

    client: Client
    warehouse: Warehouse
    object_type: ObjectType
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)
    updated_after: datetime | None = None

    def records(self, covered_until: datetime | None) -> Finding:
        """Compare HubSpot's own count of live records with the table's.

        Args:
            covered_until: The table's covered instant; what changed since, or was not an hour old then, is tolerated.
        """
        table = self.object_type.table
        stored = self.warehouse.count(table, (Slice.LATEST.filter,))
        if covered_until is None:
            return Finding(False, f"{table} was never synced to its end: materialize latest.", {"warehouse": stored})
        since = covered_until - SEARCH_LAG
        recent: Filters = (Slice.LATEST.filter, ("UPDATEDAT", ">=", since))
        try:
            counted = self._count(Window(self.updated_after))
            changed = max(self._count(Window(since)), self.warehouse.count(table, recent))
        except (BadRequest, NotFound):
            return Finding(
                True, "HubSpot does not count these records: they cannot be searched.", {"warehouse": stored}
            )
        facts = {"hubspot": counted, "warehouse": stored, "difference": stored - counted, "changed_meanwhile": changed}
        both = f"HubSpot counts {counted:,} live records, {table} holds {stored:,}"
        if abs(stored - counted) <= changed:
            return Finding(True, f"{both}; {changed:,} changed meanwhile.", facts)
        if stored < counted and (said := self._narrower()):
            return Finding(False, f"{both}. {said}", facts, severe=True)
        if stored < counted:
            cure = "Materialize latest; if the difference stays, with full: true, and report it: none may be missing."
            return Finding(False, f"{both}, and only {changed:,} changed meanwhile. {cure}", facts, severe=True)
        cure = "Records went since: materialize archived; if the difference stays, latest with full: true."
        return Finding(False, f"{both}, and only {changed:,} changed meanwhile. {cure}", facts)

    def duplicates(self) -> Finding:
        """Look for ids that stand in more than one row."""
        table = self.object_type.table
        rows = self.warehouse.duplicates(table, ("OBJECTID",))
        facts = {"duplicate_rows": rows}
        if not rows:
            return Finding(True, "Every record stands in one row.", facts)
        cure = "Something else writes into this table, or it was copied: drop it, and materialize both partitions."
        return Finding(False, f"{rows:,} rows of {table} repeat an OBJECTID. {cure}", facts, severe=True)

    def future(self) -> Finding:
        """Look for rows that claim to be modified later than HubSpot's clock shows."""
        table, now = self.object_type.table, self.client.now()
        rows = self.warehouse.count(table, (("UPDATEDAT", ">", now + CLOCKS_APART),))
        facts = {"rows_modified_in_the_future": rows, "hubspot_time": now}
        if not rows:
            return Finding(True, "No row claims to be modified in the future.", facts)
        cure = f"They keep out later changes: delete them from {table}, then materialize latest with full: true."
        sentence = f"{rows:,} rows claim to be modified after {now:%Y-%m-%d %H:%M} UTC, HubSpot's time. {cure}"
        return Finding(False, sentence, facts, severe=True)

    def unparsed(self) -> Finding:
        """Measure the share of rows with values that do not fit the type of their column."""
        table = self.object_type.table
        if self.warehouse.schema(table) is None:
            return Finding(True, "There is no row yet.", {"rows": 0, "rows_unparsed": 0, "share_unparsed": 0.0})
        misfits: Filters = (("UNPARSED", "is not null", None),)
        rows, unparsed = self.warehouse.count(table), self.warehouse.count(table, misfits)
        share = unparsed / rows if rows else 0.0
        facts: dict[str, Any] = {"rows": rows, "rows_unparsed": unparsed, "share_unparsed": share}
        if not unparsed:
            return Finding(True, "Every value fits its column.", facts)
        by_property: Counter[str] = Counter()
        if unparsed <= MOST_READ:
            for text in self.warehouse.read(table, ["UNPARSED"], misfits)["UNPARSED"].to_pylist():
                by_property.update(json.loads(text).keys())
            facts["by_property"] = dict(by_property.most_common(MOST_NAMED))
        names = f" ({', '.join(facts['by_property'])})" if by_property else ""
        said = f"{unparsed:,} of {rows:,} rows have values that do not fit their column{names}; UNPARSED keeps them."
        if share <= MOST_UNPARSED:
            return Finding(True, said, facts)
        return Finding(False, f"{said} Correct them in HubSpot, or change the property's type there to text.", facts)

    def properties(self, before: Mapping[str, str] | None) -> Finding:
        """Compare the properties with those of the last inspection.

        Args:
            before: The type of each property then; None the first time. The facts hold this mapping as `properties`.
        """
        types = {each.name: each.type for each in property_definitions(self.client, self.object_type.path)}
        # What the lists of properties leave out today is nobody's loss, whatever they said then.
        now, before = self._admitted(types), self._admitted(types if before is None else before)
        added, gone = sorted(now.keys() - before.keys()), sorted(before.keys() - now.keys())
        retyped = [
            f"{name} ({before[name]} to {now[name]})"
            for name in sorted(now.keys() & before.keys())
            if now[name] != before[name]
        ]
        unmatched = [
            pattern for pattern in self.property_filter.allow if not any(fnmatchcase(name, pattern) for name in types)
        ]
        facts = {
            "properties_added": len(added),
            "properties_gone": len(gone),
            "properties_retyped": len(retyped),
            "properties": types,
        }
        said = [f"{len(now):,} properties."]
        if added:
            said.append(f"New, and columns with the next sync that finds a change: {_names(added)}.")
        if gone:
            said.append(
                f"Gone from HubSpot (archived, or hidden from the token): {_names(gone)}; their columns keep what they "
                "hold. Adapt what reads them."
            )
        if retyped:
            said.append(f"Of another type now: {_names(retyped)}; their columns become text. Adapt what reads them.")
        if unmatched:
            said.append(
                f"HUBSPOT_ALLOW_PROPERTIES asks for what HubSpot does not have: {_names(unmatched)}. Restore the "
                "property, or correct the list."
            )
        return Finding(not (gone or retyped or unmatched), " ".join(said), facts, severe=bool(unmatched))

    def _narrower(self) -> str:
        """Say that the table was loaded by another `HUBSPOT_UPDATED_AFTER`, where that is why it has fewer records."""
        table = self.object_type.table
        held = read_state(self.warehouse, Target(table, slice=Slice.LATEST.value, where=(Slice.LATEST.filter,))).held
        return " ".join(remarks((Since.of("HUBSPOT_UPDATED_AFTER", self.updated_after),), held, table))

    def _admitted(self, types: Mapping[str, str]) -> Mapping[str, str]:
        return {name: type_ for name, type_ in types.items() if self.property_filter.admits(name)}

    def _count(self, window: Window) -> int:
        groups = changed_in(window, self.object_type.last_modified_property)
        return Search(self.client, self.object_type.path, ["hs_object_id"], groups).count().matches


def _names(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
