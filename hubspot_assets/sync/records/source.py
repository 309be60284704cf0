"""Bringing the table of one object type into line with HubSpot: its live records, or its archived ones."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.properties import property_definitions
from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.plan import Strategy, choose
from hubspot_assets.hubspot.records.scan import Scan, property_list_is_long
from hubspot_assets.hubspot.records.search import Count, Search, SearchUnreliable, Window, changed_in
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, NotFound
from hubspot_assets.sync.progress import Progress
from hubspot_assets.sync.records.backfill import backfill
from hubspot_assets.sync.records.goal import decide
from hubspot_assets.sync.records.gone import (
    MissingRecords,
    absorbed_in_earlier_syncs,
    merged_patch,
    missing,
    purged_patch,
)
from hubspot_assets.sync.records.loading import Loading, Read
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.record_table import PROPERTY_DEFINITIONS, RecordTable, has_properties_to_backfill
from hubspot_assets.sync.records.request import Mode, Records, SyncRequest
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.state import SyncRow, read_state
from hubspot_assets.sync.syncs import SEEN, SYNCS
from hubspot_assets.warehouse.base import Delete, SchemaChange, Warehouse, Write


@dataclass(frozen=True)
class RecordsSync:
    """A sync of one object type, ready to be written into a warehouse.

    Attributes:
        client: the HubSpot client.
        object_type: whose records to sync.
        run_id: who launched it (column RUNID of SYNCS).
        request: what this launch asks for beyond bringing the table up to date.
        updated_after: a first load reads only what was modified since; None for everything.
        property_filter: which properties to read.
        say: takes lines for people.
    """

    client: Client
    object_type: ObjectType
    run_id: str
    request: SyncRequest = field(default_factory=SyncRequest)
    updated_after: datetime | None = None
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)
    say: Callable[[str], object] = print

    def write_to(self, warehouse: Warehouse, records: Records) -> Report:
        """Bring one slice of the table into line with HubSpot.

        Raises:
            HubSpotError: HubSpot refused, or could not be reached for long.
            WarehouseError: the destination refused, or could not be reached for long.
            MassDeletion: a full sync found implausibly many records gone.
        """
        return _Execution(self, warehouse, records).run()


class _Execution:
    """A `RecordsSync` applied to one slice of one table, once."""

    def __init__(self, sync: RecordsSync, warehouse: Warehouse, records: Records) -> None:
        self._sync = sync
        self._client = sync.client
        self._type = sync.object_type
        self._warehouse = warehouse
        self._records = records
        self._name = f"{sync.object_type.name} {records.value}"
        self._began = time.monotonic()
        self._began_at = datetime.now(UTC)
        self._usage_before = sync.client.usage()
        self._marked = {"purged": 0, "merged": 0}
        with warehouse.reading():
            self._state = read_state(warehouse, sync.object_type.table, records)
            self._incomplete = has_properties_to_backfill(warehouse, sync.object_type, sync.property_filter)
        self._goal = decide(records, sync.request, self._state, updated_after=sync.updated_after)

    def run(self) -> Report:
        count = self._count(self._goal.window)
        self._goal = self._goal.ending(self._client.now())
        if self._nothing_to_do(count):
            after = self._goal.window.after
            since = f" since {after:%Y-%m-%d %H:%M:%S}" if after else ""
            self._sync.say(f"{self._name}: nothing has changed{since}")
            row = replace(self._row(Strategy.SEARCH), covered_until=self._covered_until)
            return self._report(row, (self._state.rows, self._state.rows_in_table))
        definitions = property_definitions(self._client, self._type.path)
        table = RecordTable.compare(self._warehouse, self._type, definitions, self._sync.property_filter)
        strategy = self._strategy(count, table.property_names)
        self._announce(strategy, count)
        changes = self._warehouse.ensure(table.table, PROPERTY_DEFINITIONS, SYNCS, SEEN)
        loading = self._loading(table, strategy, count)
        try:
            self._read(loading, count)
            self._backfill(loading)
            self._finish(loading)
        finally:
            loading.close()
        with self._warehouse.reading():
            name = table.table.name
            rows = self._warehouse.count(name, (self._records.filter,)), self._warehouse.count(name)
        report = self._report(loading.row, rows, table, changes)
        self._sync.say(f"{self._name}: {report.sentence()}")
        return report

    def _count(self, window: Window) -> Count | None:
        """Ask search how much there is to read; None where the object type cannot be searched."""
        groups = changed_in(window, self._type.last_modified_property)
        try:
            return Search(self._client, self._type.path, ["hs_object_id"], groups).count()
        except (BadRequest, NotFound):
            return None

    def _nothing_to_do(self, count: Count | None) -> bool:
        return (
            self._goal.mode in (Mode.INCREMENTAL, Mode.WINDOW)
            and self._goal.interrupted is None
            and count is not None
            and count.matches == 0
            and not self._incomplete
        )

    def _strategy(self, count: Count | None, properties: Sequence[str]) -> Strategy:
        if self._goal.interrupted is not None:
            return self._goal.interrupted.strategy
        if self._goal.everything or count is None:
            # A scan reads the primary store, so it also meets what the search index does not know yet.
            return Strategy.SCAN
        records = self._state.rows
        if self._state.covered_until is None or self._sync.updated_after is not None:
            # The table does not hold all that a scan would read.
            everything = self._count(Window())
            records = everything.matches if everything else count.matches
        return choose(
            matches=count.matches,
            records=max(records, count.matches),
            long_property_list=property_list_is_long(properties),
        )

    def _announce(self, strategy: Strategy, count: Count | None) -> None:
        after = self._goal.window.after
        what = "every record" if after is None else f"what changed since {after:%Y-%m-%d %H:%M:%S}"
        if self._records is Records.ARCHIVED:
            what = "the recycle bin"
        elif count is not None:
            what += f", about {count.matches:,} records"
        how = f"goes on reading {what}" if self._goal.interrupted else f"reads {what}"
        self._sync.say(f"{self._name}: {how}, by {strategy.value}")

    def _row(self, strategy: Strategy) -> SyncRow:
        return SyncRow(
            sync_id=str(uuid.uuid4()),
            table=self._type.table,
            records=self._records,
            window=self._goal.window,
            mode=self._goal.mode,
            strategy=strategy,
            started_at=self._client.now(),
            run_id=self._sync.run_id,
        )

    def _loading(self, table: RecordTable, strategy: Strategy, count: Count | None) -> Loading:
        row, interrupted = self._row(strategy), self._goal.interrupted
        expected = count.matches if count else None
        if self._records is Records.ARCHIVED:
            expected = None
        if interrupted is None:
            read = Read((row.sync_id,), self._began_at, Outstanding())
        else:
            read = Read(
                (*interrupted.sync_ids, row.sync_id),
                interrupted.began_at,
                interrupted.outstanding,
                interrupted.rows_read,
            )
            expected = max(expected - interrupted.rows_read, 0) if expected is not None else None
        loading = Loading(
            self._warehouse,
            table,
            row,
            read,
            client=self._client,
            usage_before=self._usage_before,
            progress=Progress(self._name, expected, self._sync.say),
            keeps_seen=self._authoritative and self._state.rows > 0,
            oldest=None if self._goal.mode is Mode.WINDOW else self._sync.updated_after,
        )
        # Where there are no rows, none lacks values; else a property is not complete before this sync has finished.
        complete = self._records is Records.LATEST and self._state.rows == 0
        loading.write_with_next_commit(*table.definition_writes(self._client.now() if complete else None))
        return loading

    @property
    def _covered_until(self) -> datetime | None:
        """The instant up to which the table is complete once this sync has finished."""
        return None if self._goal.mode is Mode.WINDOW else self._goal.window.before

    @property
    def _authoritative(self) -> bool:
        return self._goal.mode is Mode.FULL

    @property
    def _completes(self) -> bool:
        """Whether this sync gives new properties the values that rows stored before it lack."""
        return self._records is Records.LATEST and self._goal.mode is not Mode.WINDOW and self._state.rows > 0

    def _read(self, loading: Loading, count: Count | None) -> None:
        highest_id = count.highest_id if count else None
        expected = count.matches if count and self._records is Records.LATEST else None
        path, properties = self._type.path, loading.table.property_names
        if loading.row.strategy is Strategy.SEARCH:
            groups = changed_in(self._goal.window, self._type.last_modified_property)
            search = Search(self._client, path, properties, groups)
            try:
                ranges = loading.read.outstanding.ranges
                loading.add(search.pages(ranges, expected=expected, highest_id=highest_id))
                return
            except SearchUnreliable as error:
                self._sync.say(f"{self._name}: {error}; reads every record instead, by scan")
                loading.begin_again(Strategy.SCAN)
        scan = Scan(self._client, path, properties, archived=self._records is Records.ARCHIVED)
        loading.add(scan.pages(loading.read.outstanding.ranges, expected=expected, highest_id=highest_id))

    def _backfill(self, loading: Loading) -> None:
        new = loading.table.to_backfill
        reads_all = self._goal.everything and self._goal.interrupted is None
        if new and self._completes and not reads_all:
            names = ", ".join(definition.name for definition in new[:5]) + (", ..." if len(new) > 5 else "")
            self._sync.say(f"{self._name}: reads the values of {len(new)} new properties ({names})")
            loading.add(backfill(self._client, loading.table, records=self._state.rows))

    def _finish(self, loading: Loading) -> None:
        """Mark what is gone, and write the row of SYNCS that says the sync has finished."""
        marks: list[Write] = []
        loading.absorbed = {**absorbed_in_earlier_syncs(loading), **loading.absorbed}
        if self._authoritative:
            loading.commit()
            marks += self._purge(loading)
            met = (*self._state.unfinished, loading.read.sync_ids[0])
            marks.append(Delete(SEEN, [("SYNCID", "in", met)]))
        if loading.absorbed:
            loading.commit()
            merged = merged_patch(loading, datetime.now(UTC))
            self._marked["merged"] = merged.rows.num_rows
            marks.append(merged)
        now = self._client.now()
        if self._completes and loading.table.to_backfill:
            marks += loading.table.definition_writes(now)
        loading.row = replace(loading.row, finished_at=now, covered_until=self._covered_until)
        loading.commit(*marks)

    def _purge(self, loading: Loading) -> list[Write]:
        records = MissingRecords(
            self._client,
            self._type.path,
            loading.table.property_names,
            missing(loading, self._records),
            table=self._type.table,
            live=self._warehouse.count(self._type.table, (Records.LATEST.filter,)),
            guarded=self._records is Records.LATEST and not self._sync.request.allow_mass_deletion,
        )
        loading.add(records.found())
        self._marked["purged"] = len(records.purged)
        return [purged_patch(loading, records.purged)]

    def _report(
        self,
        row: SyncRow,
        rows: tuple[int, int],
        table: RecordTable | None = None,
        changes: Sequence[SchemaChange] = (),
    ) -> Report:
        """What was done; `rows` counts those of the slice and those of the whole table."""
        usage = self._client.usage() - self._usage_before
        covered_until = row.covered_until or self._state.covered_until
        return Report(
            records=self._records,
            table=self._type.table,
            window=self._goal.window,
            mode=row.mode,
            strategy=row.strategy,
            covered_until=covered_until,
            lag_seconds=(self._client.now() - covered_until).total_seconds() if covered_until else None,
            rows_in_slice=rows[0],
            rows_in_table=rows[1],
            rows_read=row.rows_read,
            rows_inserted=row.rows_inserted,
            rows_updated=row.rows_updated,
            rows_unchanged=row.rows_unchanged,
            rows_unparsed=row.rows_unparsed,
            rows_merged=self._marked["merged"],
            rows_purged=self._marked["purged"],
            api_calls=usage.calls,
            rate_limited=usage.rate_limited,
            seconds=time.monotonic() - self._began,
            seconds_waiting=usage.seconds_waiting,
            schema=table.schema if table else None,
            schema_changes=tuple(changes),
        )
