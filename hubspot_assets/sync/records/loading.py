"""Pages in, committed rows out: what a read has brought is kept at once, with the state that says so.

Every commit is one transaction of the rows and the row of SYNCS with the id ranges still outstanding. Whoever
reads the table next, be it a retry after a crash, finds rows and state of the same instant.

The warehouse takes one chunk while the next is read: on two cores a first load without limits, where neither waits
for HubSpot, is up to a fifth faster than with both taking turns.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.records.plan import Strategy
from hubspot_assets.hubspot.transport.client import Client, Usage
from hubspot_assets.sync.progress import Progress
from hubspot_assets.sync.records.merged import absorbed_records
from hubspot_assets.sync.records.record_table import RecordTable
from hubspot_assets.sync.state import SyncRow, naive
from hubspot_assets.sync.syncs import SEEN, SYNCS
from hubspot_assets.tables.pages import PageReader
from hubspot_assets.warehouse.base import Counts, Filter, Merge, Stage, Warehouse, Write

BATCH_ROWS = 2_000
"""Rows turned into Arrow at once: enough that the fixed cost of a batch does not show."""
BATCH_BYTES = 16 * 2**20
"""Bytes of JSON turned into Arrow at once, where records are wide."""


@dataclass(frozen=True, slots=True)
class Read:
    """One read of an object type, which several syncs may have to share because some of them died.

    Attributes:
        sync_ids: the syncs that took part, this one last.
        began_at: when the first of them began, by this machine's clock.
        outstanding: the id ranges not read yet.
        rows_before: how many rows the earlier ones committed.
    """

    sync_ids: tuple[str, ...]
    began_at: datetime
    outstanding: Outstanding
    rows_before: int = 0


class Loading:
    """The rows of one sync on their way into the table.

    Args:
        warehouse: where to.
        table: the table as this sync writes it.
        row: the sync's row of SYNCS; its counters are kept here.
        read: the read that the sync carries on.
        client: whose usage is written down.
        usage_before: the client's usage when the sync began.
        progress: what tells people.
        keeps_seen: whether the ids met must be known in the end, to tell what is gone.
        oldest: of rows last modified before this instant, only those that the table has are kept.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        table: RecordTable,
        row: SyncRow,
        read: Read,
        *,
        client: Client,
        usage_before: Usage,
        progress: Progress,
        keeps_seen: bool = False,
        oldest: datetime | None = None,
    ) -> None:
        self.warehouse = warehouse
        self.table = table
        self.row = row
        self.read = read
        self.absorbed: dict[int, int] = {}
        """Records merged away, by the ids met so far: absorbed id to surviving id."""
        self._client = client
        self._usage_before = usage_before
        self._progress = progress
        self._keeps_seen = keeps_seen
        self._oldest = naive(oldest)
        self._older_stored = self._ids_older_than(oldest)
        self._reader = PageReader(table.schema, row.sync_id)
        self._stage: Stage | None = None
        self._pages: list[Page] = []
        self._with_next: tuple[Write, ...] = ()
        self._seen: list[pa.ChunkedArray] = []
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hubspot-commit")
        self._committing: Future[tuple[Counts, Sequence[Counts]]] | None = None

    def add(self, pages: Iterable[Page]) -> None:
        """Take pages as they come, and commit whenever the stage is full."""
        for page in pages:
            self._pages.append(page)
            self._progress.add(page.rows)
            if (
                sum(waiting.rows for waiting in self._pages) >= BATCH_ROWS
                or sum(len(waiting.body) for waiting in self._pages) >= BATCH_BYTES
            ):
                self._convert()
                if self._stage is not None and self._stage.full:
                    self._begin_commit()
        self._convert()

    def begin_again(self, strategy: Strategy) -> None:
        """Read everything after all, in another way; what has come so far is kept."""
        self._convert()
        self.row = replace(self.row, strategy=strategy)
        self.read = replace(self.read, outstanding=Outstanding())

    def write_with_next_commit(self, *writes: Write) -> None:
        """Leave writes that must be true as soon as there are rows."""
        self._with_next = writes

    def commit(self, *others: Write) -> Sequence[Counts]:
        """Write what has come so far, and where the read stands, in one transaction.

        Args:
            others: writes that must be true at the same instant.

        Returns:
            Counts of the other writes.
        """
        self._convert()
        self._begin_commit(*others)
        return self._end_commit()

    def close(self) -> None:
        """Let the commit under way come to its end, and give back what is staged and was not committed."""
        self._committer.shutdown()
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def _begin_commit(self, *others: Write) -> None:
        """Hand over what has come so far, once the warehouse has taken what was handed over before."""
        self._end_commit()
        stage, self._stage = self._stage, None
        writes: list[Write] = [] if stage is None else [Merge(self.table.table, stage)]
        writes += self._with_next
        if self._seen:
            writes.append(Merge(SEEN, self._seen_rows()))
        self._seen, self._with_next = [], ()
        usage = self._client.usage() - self._usage_before
        self.row.api_calls, self.row.rate_limited = usage.calls, usage.rate_limited
        progress = {
            "rows_read": self.read.rows_before + self.row.rows_read,
            "outstanding": self.read.outstanding.to_json(),
            "sync_ids": self.read.sync_ids,
            "began_at": self.read.began_at.isoformat(),
        }
        row = replace(self.row, progress=progress)
        self._committing = self._committer.submit(self._write, stage, writes, others, row)

    def _end_commit(self) -> Sequence[Counts]:
        """Wait for the commit under way, and count its rows; the counts of its other writes."""
        if self._committing is None:
            return ()
        committing, self._committing = self._committing, None
        rows, others = committing.result()
        self.row = _counted(self.row, rows)
        return others

    def _write(
        self, stage: Stage | None, writes: Sequence[Write], others: Sequence[Write], row: SyncRow
    ) -> tuple[Counts, Sequence[Counts]]:
        """Commit one chunk; the counts of its rows, and of the other writes."""

        def of_rows(counts: Sequence[Counts]) -> Counts:
            return counts[0] if stage is not None else Counts()

        def sync_row(counts: Sequence[Counts]) -> Write:
            return Merge(SYNCS, _counted(row, of_rows(counts)).to_arrow())

        try:
            counts = self.warehouse.commit(*writes, *others, sync_row)
        finally:
            if stage is not None:
                stage.close()
        return of_rows(counts), counts[len(writes) : len(writes) + len(others)]

    def _convert(self) -> None:
        pages, self._pages = self._pages, []
        if any(page.rows for page in pages):
            self._keep(self._reader.read(pages))
        for page in pages:
            if page.covers is not None:
                self.read.outstanding.remove(page.covers)

    def _keep(self, rows: pa.Table) -> None:
        self.row.rows_read += rows.num_rows
        if self._keeps_seen:
            self._seen.append(rows["OBJECTID"])
        if self._oldest is not None:
            rows = rows.filter((pc.field("UPDATEDAT") >= self._oldest) | pc.field("OBJECTID").isin(self._older_stored))
        self.row.rows_unparsed += rows.num_rows - rows["UNPARSED"].null_count
        self.absorbed.update(absorbed_records(rows, self.table.schema))
        if self._stage is None:
            self._stage = self.warehouse.stage(self.table.table)
        self._stage.write(rows)

    def _ids_older_than(self, oldest: datetime | None) -> pa.Array:
        if oldest is None:
            return pa.array([], pa.int64())
        older: Filter = ("UPDATEDAT", "<", oldest)
        return self.warehouse.read(self.table.table.name, ["OBJECTID"], [older])["OBJECTID"].combine_chunks()

    def _seen_rows(self) -> pa.Table:
        ids = pa.chunked_array([chunk for ids in self._seen for chunk in ids.chunks], pa.int64())
        first = pa.array([self.read.sync_ids[0]] * len(ids), pa.string())
        return pa.table({"SYNCID": first, "OBJECTID": ids}, schema=SEEN.schema)


def _counted(row: SyncRow, counts: Counts) -> SyncRow:
    return replace(
        row,
        rows_inserted=row.rows_inserted + counts.inserted,
        rows_updated=row.rows_updated + counts.updated,
        rows_unchanged=row.rows_unchanged + counts.unchanged,
    )
