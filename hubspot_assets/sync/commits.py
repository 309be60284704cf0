"""Batches in, committed rows out: what a read has brought is kept at once, with the state that says so.

Every commit is one transaction of the rows and the row of SYNCS with the work still outstanding. Whoever reads the
table next, be it a retry after a crash, finds rows and state of the same instant.

The warehouse takes one chunk while the next is read: on two cores a first load without limits, where neither waits
for HubSpot, can be a fifth faster than with both taking turns.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.transport.client import Usage
from hubspot_assets.sync.progress import Progress
from hubspot_assets.sync.source import Batch, Rows, Work
from hubspot_assets.sync.syncs import SYNCS, SyncRow, progress_of
from hubspot_assets.warehouse.base import Counts, Merge, Replace, Stage, Table, Warehouse, Write


@dataclass
class _Chunk:
    """The rows that wait for the next commit, of one table and one way of writing."""

    table: Table
    stage: Stage
    scopes: list[pa.Table] = field(default_factory=list)

    def write(self, removed_at: datetime, sync_id: str) -> Write:
        if not self.scopes:
            return Merge(self.table, self.stage)
        scopes = pa.concat_tables(self.scopes)
        return Replace(
            self.table,
            self.stage,
            removed_at=removed_at,
            scope=tuple(scopes.column_names),
            scopes=scopes if scopes.num_columns else None,
            stamp={"SYNCID": sync_id},
        )


class Commits:
    """The rows of one sync on their way into its tables.

    Args:
        warehouse: Where to.
        row: The sync's row of SYNCS; its counters are kept here.
        work: The read that the sync carries on.
        used: What the sync has asked of HubSpot so far.
        progress: What tells people.
    """

    def __init__(
        self, warehouse: Warehouse, row: SyncRow, work: Work, *, used: Callable[[], Usage], progress: Progress
    ) -> None:
        self.warehouse = warehouse
        self.row = row
        self.work = work
        self._used = used
        self._progress = progress
        self._chunks: dict[tuple[str, bool], _Chunk] = {}
        self._with_next: list[Write] = []
        self._committer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hubspot-commit")
        self._committing: Future[tuple[Counts, Sequence[Counts]]] | None = None
        self._broken = False

    def add(self, batch: Batch) -> None:
        """Take a batch, and commit when enough has come together."""
        self._notice_a_refusal()
        for part in batch.parts:
            self._stage(part)
        self._progress.add(batch.read)
        self.row = replace(
            self.row,
            rows_read=self.row.rows_read + batch.read,
            rows_unparsed=self.row.rows_unparsed + batch.unparsed,
        )
        for part in batch.ends:
            self.work.outstanding.remove(part)
        if any(chunk.stage.full for chunk in self._chunks.values()):
            self._begin_commit()

    def write_with_next_commit(self, *writes: Write) -> None:
        """Leave writes that must be true as soon as there are rows."""
        self._with_next += writes

    def commit(self, *writes: Write) -> Sequence[Counts]:
        """Write what has come so far, and where the work stands, in one transaction.

        Args:
            writes: What must be true at the same instant.

        Returns:
            Counts of these writes.
        """
        self._begin_commit(*writes)
        return self._end_commit()

    def finish(
        self, at: datetime, covered_until: datetime | None, notes: Mapping[str, Any] | None, *writes: Write
    ) -> None:
        """Make the last commit, which says that the sync has finished.

        Args:
            at: HubSpot's time.
            covered_until: What the table covers now.
            notes: What the next sync is to know; None for nothing.
            writes: What must be true at the same instant.
        """
        self.row = replace(self.row, finished_at=at, covered_until=covered_until, progress=notes)
        self.commit(*writes)

    def keep(self) -> None:
        """Commit what has come so far before an error goes on, unless the warehouse is what failed."""
        if self._committing is not None or self._chunks:
            if self._broken:
                return
            self.commit()

    def close(self) -> None:
        """Let the commit under way come to its end, and give back what is staged and was not committed."""
        self._committer.shutdown()
        for chunk in self._chunks.values():
            chunk.stage.close()
        self._chunks = {}

    def _stage(self, part: Rows) -> None:
        # Rows to merge are in no scope, so they cannot be among those that replace scopes.
        way = part.table.name, part.scopes is not None
        if way in self._chunks and self._chunks[way].table != part.table:
            # It got wider: a stage takes the columns that it was made for.
            self._begin_commit()
        if way not in self._chunks:
            self._chunks[way] = _Chunk(part.table, self.warehouse.stage(part.table))
        chunk = self._chunks[way]
        if part.rows.num_rows:
            chunk.stage.write(part.rows)
        if part.scopes is not None:
            chunk.scopes.append(part.scopes)

    def _notice_a_refusal(self) -> None:
        """Raise what the commit under way met at once, not only when the next chunk is full."""
        if self._committing is not None and self._committing.done() and self._committing.exception() is not None:
            self._end_commit()

    def _begin_commit(self, *writes: Write) -> None:
        """Hand over what has come so far, once the warehouse has taken what was handed over before."""
        self._end_commit()
        chunks, self._chunks = self._chunks, {}
        with_next, self._with_next = self._with_next, []
        used = self._used()
        self.row = replace(self.row, strategy=self.work.strategy, api_calls=used.calls, rate_limited=used.rate_limited)
        row = self.row
        if row.finished_at is None:
            row = replace(row, progress=progress_of(self.work, row.rows_read))
        self._committing = self._committer.submit(self._write, chunks, with_next, writes, row)

    def _end_commit(self) -> Sequence[Counts]:
        """Wait for the commit under way, and count its rows; return the counts of its other writes."""
        if self._committing is None:
            return ()
        committing, self._committing = self._committing, None
        try:
            rows, others = committing.result()
        except BaseException:
            # What it had is gone from memory: a later commit would say that it is in the table.
            self._broken = True
            raise
        self.row = self.row.counting(rows)
        return others

    def _write(
        self, chunks: dict[tuple[str, bool], _Chunk], with_next: Sequence[Write], writes: Sequence[Write], row: SyncRow
    ) -> tuple[Counts, Sequence[Counts]]:
        """Commit chunks; return the counts of the target's rows, and of the other writes."""
        batches = [chunk.write(self.work.began_at, row.sync_id) for chunk in chunks.values()]

        def of_table(writes: Sequence[Write], counts: Sequence[Counts]) -> Sequence[Counts]:
            pairs = zip(writes, counts, strict=False)
            return [each for write, each in pairs if write.table.name == row.target.table]

        def of_target(counts: Sequence[Counts]) -> Counts:
            done, others = of_table(batches, counts), of_table((*with_next, *writes), counts[len(batches) :])
            return Counts(
                inserted=sum(each.inserted for each in done),
                # Marks are changes too: who follows this table must hear of them.
                updated=sum(each.updated for each in (*done, *others)),
                unchanged=sum(each.unchanged for each in done),
                removed=sum(each.removed for each in done),
            )

        def sync_row(counts: Sequence[Counts]) -> Write:
            return Merge(SYNCS, row.counting(of_target(counts)).to_arrow())

        try:
            counts = self.warehouse.commit(*batches, *with_next, *writes, sync_row)
        finally:
            for chunk in chunks.values():
                chunk.stage.close()
        return of_target(counts), counts[len(batches) + len(with_next) : -1]
