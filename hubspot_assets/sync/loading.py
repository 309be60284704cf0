"""Pages in, committed rows out: what a read has brought is kept at once, with the state that says so.

Every commit is one transaction of the rows and the row of SYNCS with the id ranges still outstanding. Whoever
reads the table next, be it a retry after a crash, finds rows and state of the same instant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_assets.hubspot.client import Client, Usage
from hubspot_assets.hubspot.id_ranges import Outstanding
from hubspot_assets.hubspot.pages import Page
from hubspot_assets.hubspot.plan import Strategy
from hubspot_assets.sync.merged import absorbed_records
from hubspot_assets.sync.progress import Progress
from hubspot_assets.sync.record_table import RecordTable
from hubspot_assets.sync.state import SyncRow, naive
from hubspot_assets.tables.pages import PageReader
from hubspot_assets.warehouse.base import Append, Counts, Filter, Merge, Stage, Warehouse, Write
from hubspot_assets.warehouse.syncs import SEEN, SYNCS

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
                    self.commit()
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
        writes: list[Write] = []
        if self._stage is not None:
            writes.append(Merge(self.table.table, self._stage))
        writes += self._with_next
        if self._seen:
            writes.append(Append(SEEN, self._seen_rows()))
        usage = self._client.usage() - self._usage_before
        self.row.api_calls, self.row.rate_limited = usage.calls, usage.rate_limited
        self.row.progress = {
            "rows_read": self.read.rows_before + self.row.rows_read,
            "outstanding": self.read.outstanding.to_json(),
            "sync_ids": self.read.sync_ids,
            "began_at": self.read.began_at.isoformat(),
        }
        stage = self._stage

        def sync_row(counts: Sequence[Counts]) -> Write:
            return Merge(SYNCS, self._counted(counts[0] if stage is not None else Counts()).to_arrow())

        try:
            counts = self.warehouse.commit(*writes, *others, sync_row)
        finally:
            if stage is not None:
                stage.close()
            self._stage = None
        self._seen, self._with_next = [], ()
        if stage is not None:
            self.row = self._counted(counts[0])
        return counts[len(writes) : len(writes) + len(others)]

    def close(self) -> None:
        """Give back what is staged and was not committed."""
        if self._stage is not None:
            self._stage.close()
            self._stage = None

    def _counted(self, counts: Counts) -> SyncRow:
        return replace(
            self.row,
            rows_inserted=self.row.rows_inserted + counts.inserted,
            rows_updated=self.row.rows_updated + counts.updated,
            rows_unchanged=self.row.rows_unchanged + counts.unchanged,
        )

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
