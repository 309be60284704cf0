"""Bringing the table of one object type into line with HubSpot: its live records, or its archived ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.account import granted_scopes
from hubspot_assets.hubspot.limits.budgets import Budget
from hubspot_assets.hubspot.properties import Definitions, property_definitions
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.records.plan import Strategy, choose
from hubspot_assets.hubspot.records.scan import Scan, property_list_is_long
from hubspot_assets.hubspot.records.search import Count, Search, SearchUnreliable, Window, changed_in
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes, NotSearchable
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.criteria import Choice, Since
from hubspot_assets.sync.records.backfill import backfill
from hubspot_assets.sync.records.batches import Batches
from hubspot_assets.sync.records.goal import Goal, decide
from hubspot_assets.sync.records.gone import (
    MissingRecords,
    absorbed_in_earlier_syncs,
    merged_patch,
    missing,
    purged_patch,
)
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.record_table import PROPERTY_DEFINITIONS, RecordTable, has_properties_to_backfill
from hubspot_assets.sync.records.request import RecordsRequest, Slice
from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.source import Batch, Mode, Plan, Target, Unavailable, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.warehouse.base import Delete, Filter, Warehouse, Write


@dataclass(frozen=True, kw_only=True)
class RecordsPlan(Plan):
    """What one sync of records is going to do.

    Attributes:
        records: The table, and what its properties need; None where the sync is idle.
        count: What search told about the records to read; None where it could not.
        rows_before: How many rows the slice had.
        unfinished: Syncs that died since the last one that finished, and may have left ids in SYNCS_SEEN.
    """

    records: RecordTable | None = None
    count: Count | None = None
    rows_before: int = 0
    unfinished: tuple[str, ...] = ()


@dataclass
class RecordsSource:
    """The live or the archived records of one object type.

    Attributes:
        client: The HubSpot client.
        object_type: Whose records.
        slice: Which of them.
        request: What this launch asks for beyond bringing the table up to date.
        updated_after: A first load reads only what was modified since; None for everything.
        property_filter: Which properties to read.
        say: Takes lines for people.
        sync_id: The id of this sync.
    """

    client: Client
    object_type: ObjectType
    slice: Slice
    request: RecordsRequest = field(default_factory=RecordsRequest)
    updated_after: datetime | None = None
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)
    say: Callable[[str], object] = print
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self.name = f"{self.object_type.name} {self.slice.value}"
        self.target = Target(
            self.object_type.table,
            self.object_type.object_type_id,
            self.slice.value,
            (self.slice.filter,),
            (
                Since.of("HUBSPOT_UPDATED_AFTER", self.updated_after),
                Choice.of("HUBSPOT_ALLOW_PROPERTIES", self.property_filter.allow),
                Choice.of("HUBSPOT_DENY_PROPERTIES", self.property_filter.deny),
            ),
        )
        self._facts = {"rows_merged": 0, "rows_purged": 0}
        self._incomplete = False
        # pa.array of a list would import pandas: half a second for a tick that finds nothing.
        self._older = pa.nulls(0, pa.int64())
        self._batches: Batches | None = None

    def look(self, state: State, warehouse: Warehouse) -> None:
        """See whether stored records lack values of a property, and which are older than what is to be read."""
        self._incomplete = has_properties_to_backfill(warehouse, self.object_type, self.property_filter)
        if self.updated_after is not None and state.rows_in_table:
            older: Filter = ("UPDATEDAT", "<", self.updated_after)
            self._older = warehouse.read(self.object_type.table, ["OBJECTID"], [older])["OBJECTID"].combine_chunks()

    def plan(self, state: State, warehouse: Warehouse) -> RecordsPlan:
        """Ask search how much there is to read, and choose the way that takes fewer seconds."""
        goal = decide(self.slice, self.request, state, updated_after=self.updated_after)
        count = self._count(goal.window)
        goal = goal.ending(self.client.now())
        covered_until = None if goal.mode is Mode.WINDOW else goal.window.before
        if self._nothing_to_do(goal, count):
            since = f" since {goal.window.after:%Y-%m-%d %H:%M:%S}" if goal.window.after else ""
            return RecordsPlan(
                mode=goal.mode,
                strategy=Strategy.SEARCH.value,
                window=goal.window,
                covered_until=covered_until,
                idle=True,
                sentence=f"nothing has changed{since}",
            )
        definitions = property_definitions(self.client, self.object_type.path)
        table = RecordTable.compare(warehouse, self.object_type, definitions, self.property_filter)
        strategy = self._strategy(goal, count, state, table.property_names)
        # Where there are no rows, none lacks values; else a property is not complete before this sync has finished.
        complete = self.slice is Slice.LATEST and state.rows == 0
        return RecordsPlan(
            mode=goal.mode,
            strategy=strategy.value,
            window=goal.window,
            covered_until=covered_until,
            everything=strategy is Strategy.SCAN and goal.mode is not Mode.WINDOW,
            sentence=self._sentence(goal, strategy, count),
            table=table.table,
            other_tables=(PROPERTY_DEFINITIONS, SEEN),
            interrupted=goal.interrupted,
            expected=count.matches if count and self.slice is Slice.LATEST else None,
            first_writes=tuple(table.definition_writes(self.client.now() if complete else None)),
            records=table,
            count=count,
            remarks=_left_out(definitions),
            rows_before=state.rows,
            unfinished=state.unfinished,
        )

    def read(self, plan: RecordsPlan, work: Work) -> Iterator[Batch]:
        """Read by search or scan; then what records stored before lack of new properties."""
        assert plan.records is not None
        self._batches = self._new_batches(plan, plan.records, work)
        try:
            yield from self._batches.of(self._pages(plan, plan.records, work), work.outstanding.ranges)
        except SearchUnreliable as error:
            self.say(f"{self.name}: {error}; reads every record instead, by scan")
            work.begin_again(Strategy.SCAN.value)
            yield from self._batches.of(self._pages(plan, plan.records, work), work.outstanding.ranges)
        new = plan.records.to_backfill
        reads_all = plan.window.after is None and plan.interrupted is None
        if new and self._completes(plan) and not reads_all:
            names = ", ".join(definition.name for definition in new[:5]) + (", ..." if len(new) > 5 else "")
            self.say(f"{self.name}: reads the values of {len(new)} new properties ({names})")
            yield from self._batches.of(backfill(self.client, plan.records, records=plan.rows_before))

    def conclude(self, plan: RecordsPlan, commits: Commits) -> Sequence[Write]:
        """Mark what is gone, and note which properties are complete now."""
        assert plan.records is not None
        assert self._batches is not None
        warehouse, work, table, batches = commits.warehouse, commits.work, plan.records, self._batches
        writes: list[Write] = []
        batches.absorbed = {**absorbed_in_earlier_syncs(warehouse, table, work), **batches.absorbed}
        if plan.mode is Mode.FULL:
            commits.commit()
            purged = self._purged(plan, commits, batches)
            self._facts["rows_purged"] = len(purged)
            writes.append(purged_patch(table, purged, work.began_at, self.sync_id))
        if met := (*plan.unfinished, *(work.sync_ids[:1] if plan.mode is Mode.FULL else ())):
            writes.append(Delete(SEEN, [("SYNCID", "in", met)]))
        if batches.absorbed:
            commits.commit()
            merged = merged_patch(warehouse, table, batches.absorbed, self.client.now(), self.sync_id)
            self._facts["rows_merged"] = merged.rows.num_rows
            writes.append(merged)
        if self._completes(plan) and table.to_backfill:
            writes += table.definition_writes(self.client.now())
        return writes

    def facts(self) -> dict[str, int]:
        """Return how many records were newly marked as merged into another, and as purged, and how many came twice."""
        return {**self._facts, "rows_read_again": self._batches.read_again if self._batches is not None else 0}

    def _count(self, window: Window) -> Count | None:
        """Ask search how much there is to read; None where the object type cannot be searched."""
        groups = changed_in(window, self.object_type.last_modified_property)
        try:
            return Search(self.client, self.object_type.path, ["hs_object_id"], groups).count()
        except NotSearchable as error:
            self.say(f"{self.name}: {error}")
            return None
        except (MissingScopes, Forbidden) as error:
            granted = granted_scopes(self.client) if self.object_type.subscription is not None else None
            if granted is None or granted.isdisjoint(self.object_type.scopes):
                raise
            # The scope is held, so it is the subscription that does not include the type.
            raise Unavailable(f"{error} {self.object_type.label} need {self.object_type.subscription}.") from None

    def _nothing_to_do(self, goal: Goal, count: Count | None) -> bool:
        return (
            goal.mode in (Mode.INCREMENTAL, Mode.WINDOW)
            and goal.interrupted is None
            and count is not None
            and count.matches == 0
            and not self._incomplete
        )

    def _strategy(self, goal: Goal, count: Count | None, state: State, properties: Sequence[str]) -> Strategy:
        if goal.interrupted is not None:
            return Strategy(goal.interrupted.work.strategy)
        if goal.everything or count is None:
            # A scan reads the primary store, so it also meets what the search index does not know yet.
            return Strategy.SCAN
        records = state.rows
        if state.covered_until is None or self.updated_after is not None:
            # The table does not hold all that a scan would read.
            everything = self._count(Window())
            records = everything.matches if everything else count.matches
        return choose(
            matches=count.matches,
            records=max(records, count.matches),
            long_property_list=property_list_is_long(properties),
            lists_per_second=self.client.budgets.per_second(Budget.BURST),
        )

    def _sentence(self, goal: Goal, strategy: Strategy, count: Count | None) -> str:
        after = goal.window.after
        what = "every record" if after is None else f"what changed since {after:%Y-%m-%d %H:%M:%S}"
        if self.slice is Slice.ARCHIVED:
            what = "the recycle bin"
        elif count is not None:
            what += f", about {count.matches:,} records"
        how = f"goes on reading {what}" if goal.interrupted else f"reads {what}"
        return f"{how}, by {strategy.value}"

    def _new_batches(self, plan: RecordsPlan, table: RecordTable, work: Work) -> Batches:
        oldest = None if plan.mode is Mode.WINDOW else self.updated_after
        keeps_seen = plan.mode is Mode.FULL and plan.rows_before > 0
        seen_under = work.sync_ids[0] if keeps_seen else None
        return Batches(
            table,
            self.sync_id,
            seen_under=seen_under,
            oldest=oldest,
            older=self._older,
        )

    def _pages(self, plan: RecordsPlan, table: RecordTable, work: Work) -> Iterator[Page]:
        highest_id = plan.count.highest_id if plan.count else None
        path, properties, ranges = self.object_type.path, table.property_names, work.outstanding.ranges
        if work.strategy == Strategy.SEARCH:
            groups = changed_in(plan.window, self.object_type.last_modified_property)
            search = Search(self.client, path, properties, groups)
            return search.pages(ranges, expected=plan.expected, highest_id=highest_id)
        scan = Scan(self.client, path, properties, archived=self.slice is Slice.ARCHIVED)
        return scan.pages(ranges, expected=plan.expected, highest_id=highest_id)

    def _completes(self, plan: RecordsPlan) -> bool:
        """Whether this sync gives new properties the values that rows stored before it lack."""
        return self.slice is Slice.LATEST and plan.mode is not Mode.WINDOW and plan.rows_before > 0

    def _purged(self, plan: RecordsPlan, commits: Commits, batches: Batches) -> list[int]:
        """Find the records that HubSpot has no more, and keep those that it has after all."""
        assert plan.records is not None
        table, path = self.object_type.table, self.object_type.path
        missed = missing(commits.warehouse, table, self.slice, commits.work, batches.absorbed)
        live = commits.warehouse.count(table, (Slice.LATEST.filter,))
        guarded = self.slice is Slice.LATEST and not self.request.allow_mass_deletion
        records = MissingRecords(self.client, path, plan.records.property_names, missed, table, live, guarded)
        for batch in batches.of(records.found()):
            commits.add(batch)
        return records.purged


def _left_out(definitions: Definitions) -> tuple[str, ...]:
    """Say which properties the token sees and may not read."""
    if not definitions.refused:
        return ()
    scopes = sorted({scope for each in definitions.refused.values() for scope in each})
    return (
        f"The token may not read the values of {len(definitions.refused)} properties, which are left out "
        f"({', '.join(sorted(definitions.refused)[:10])}); give it {' or '.join(scopes)} to have them.",
    )
