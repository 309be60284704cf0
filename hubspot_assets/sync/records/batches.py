"""Pages of records to batches of typed rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_assets.hubspot.records.id_ranges import ALL_IDS, IdRange, Outstanding
from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.sync.records.merged import absorbed_records
from hubspot_assets.sync.records.record_table import RecordTable
from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.source import Batch, Rows
from hubspot_assets.sync.syncs import naive
from hubspot_assets.tables.pages import PageReader

BATCH_ROWS = 2_000
"""Rows turned into Arrow at once: enough that the fixed cost of a batch does not show."""
BATCH_BYTES = 16 * 2**20
"""Bytes of JSON turned into Arrow at once, where records are wide."""


class Batches:
    """Turns pages into batches, and keeps what only the end of the read needs to know.

    Args:
        table: The table that the records are for.
        sync_id: Goes into SYNCID of every row.
        seen_under: The sync id under which the ids met are noted; None where nobody asks what was not met.
        oldest: Of rows last modified before this instant, only the `older` ones are kept; None keeps all.
        older: Ids of records that the table has although they are older.

    Attributes:
        absorbed: Records merged away, by the records met so far: absorbed id to surviving id.
        read_again: How many records came more than once in one read: a range that is cut while it is read is read
            twice at the cut.
    """

    def __init__(
        self,
        table: RecordTable,
        sync_id: str,
        *,
        seen_under: str | None,
        oldest: datetime | None,
        older: pa.Array,
    ) -> None:
        self.absorbed: dict[int, int] = {}
        self.read_again = 0
        self._unmet = Outstanding()
        self._table = table
        self._reader = PageReader(table.schema, sync_id)
        self._seen_under = seen_under
        self._oldest = naive(oldest)
        self._older = older

    def of(self, pages: Iterable[Page], outstanding: Iterable[IdRange] = (ALL_IDS,)) -> Iterator[Batch]:
        """Yield batches of one read; also those that had come when an error or an interrupt ends it.

        Args:
            pages: What comes.
            outstanding: What is to be read.
        """
        self._unmet = Outstanding(outstanding)
        waiting: list[Page] = []
        try:
            for page in pages:
                waiting.append(page)
                if (
                    sum(each.rows for each in waiting) >= BATCH_ROWS
                    or sum(len(each.body) for each in waiting) >= BATCH_BYTES
                ):
                    full, waiting = waiting, []
                    yield self._batch(full)
        except GeneratorExit:
            raise
        except BaseException:
            # Also an interrupt: a canceled run goes on later from what it has read.
            if waiting:
                yield self._batch(waiting)
            raise
        if waiting:
            yield self._batch(waiting)

    def _batch(self, pages: Sequence[Page]) -> Batch:
        ends = tuple(page.covers for page in pages if page.covers is not None)
        if not any(page.rows for page in pages):
            return Batch((), 0, ends=ends)
        rows = self._reader.read(pages)
        read, parts = self._new(rows["OBJECTID"], pages), []
        if self._seen_under is not None:
            first = pa.repeat(pa.scalar(self._seen_under), rows.num_rows)
            parts.append(Rows(SEEN, pa.table({"SYNCID": first, "OBJECTID": rows["OBJECTID"]}, schema=SEEN.schema)))
        if self._oldest is not None:
            rows = rows.filter((pc.field("UPDATEDAT") >= self._oldest) | pc.field("OBJECTID").isin(self._older))
        self.absorbed.update(absorbed_records(rows, self._table.schema))
        unparsed = rows.num_rows - rows["UNPARSED"].null_count
        return Batch((Rows(self._table.table, rows), *parts), read, unparsed, ends)

    def _new(self, ids: pa.ChunkedArray, pages: Sequence[Page]) -> int:
        """Count the records that have not come before; those read by id were asked for once each."""
        if any(page.covers is None for page in pages):
            return len(ids)
        new = self._unmet.counts(sorted(set(ids.to_pylist())))
        for page in pages:
            if page.covers is not None:
                self._unmet.remove(page.covers)
        self.read_again += len(ids) - new
        return new
