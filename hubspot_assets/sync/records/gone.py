"""Records that are gone from HubSpot: merged away, purged, or only thought to be gone.

A read that did not meet a record proves little: it may have been archived, restored behind the cursor, or merged
since. So each missing id is asked for by name before it is marked, and marks that would take more than a fifth of
the live records are refused: that is what a token that lost its access looks like.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.records.pages import Page, Results
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.decoding import decoded
from hubspot_assets.sync.records.merged import absorbed_records, last_survivors, merged_ids_column
from hubspot_assets.sync.records.record_table import RecordTable
from hubspot_assets.sync.records.request import Slice
from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.source import Work
from hubspot_assets.sync.syncs import naive
from hubspot_assets.warehouse.base import Filter, Patch, Warehouse

MOST_PURGED = 0.20
"""Share of the live records that a full sync marks as purged unless allowed to mark more."""
A_HANDFUL = 10
"""So many are always believed: of a table of four records, one is a quarter."""
SAMPLE = 1_000
"""Missing records asked for first, from all over the table, where marking all of them would be refused."""

IN_RECYCLE_BIN: Filter = ("ARCHIVED", "=", True)


class MassDeletion(Exception):
    """A full read would mark more records as purged than is plausible; none was marked."""

    permanent = True

    def __init__(self, table: str, purged: int, live: int) -> None:
        super().__init__(
            f"HubSpot no longer has {purged:,} or more of the {live:,} live records of {table}. That is more than "
            f"{MOST_PURGED:.0%}, so none was marked as purged. If they really were deleted, launch again with "
            "`allow_mass_deletion: true`; if not, check what the token may see."
        )
        self.purged = purged
        self.live = live


def missing(warehouse: Warehouse, table: str, slice_: Slice, work: Work, absorbed: Mapping[int, int]) -> list[int]:
    """Return the ids of live (or archived) records that a full read did not meet, less those read since it began."""
    filters: list[Filter] = [
        Slice.LATEST.filter if slice_ is Slice.LATEST else IN_RECYCLE_BIN,
        ("INGESTEDAT", "<", naive(work.began_at)),
    ]
    met: list[Filter] = [("SYNCID", "=", work.sync_ids[0])]
    ids: set[int] = set()
    for part in warehouse.missing(table, filters, SEEN.name, met, ["OBJECTID"]):
        ids.update(part["OBJECTID"].to_pylist())
    return sorted(ids - absorbed.keys())


@dataclass
class MissingRecords:
    """What became of records that a read did not meet.

    Attributes:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        properties: The properties that rows carry.
        ids: The missing records.
        table: Their table, for the error.
        live: How many live records the table has.
        guarded: Whether a mass deletion is refused.
        purged: Those that HubSpot has neither live nor archived; complete once `found` is exhausted.
    """

    client: Client
    object_type_path: str
    properties: list[str]
    ids: list[int]
    table: str
    live: int
    guarded: bool
    purged: list[int] = field(default_factory=list)

    def found(self) -> Iterator[Page]:
        """Ask HubSpot for each missing record, live first, then archived.

        Yields:
            Pages of those that exist after all.

        Raises:
            MassDeletion: Too many exist no more.
        """
        asked = self._sample() if self.guarded and len(self.ids) > self._most else []
        yield from self._ask(asked)
        if asked and len(self.purged) * len(self.ids) > len(asked) * self._most:
            # To ask for a fifth of a large table by name would take an hour, and the answer is known by now.
            raise MassDeletion(self.table, round(len(self.purged) * len(self.ids) / len(asked)), self.live)
        yield from self._ask(sorted(set(self.ids) - set(asked)))

    @property
    def _most(self) -> float:
        return max(MOST_PURGED * self.live, A_HANDFUL)

    def _sample(self) -> list[int]:
        """Ids from all over the table, so many that a share of them is the share of all."""
        every = -(-len(self.ids) // SAMPLE)
        return self.ids[::every]

    def _ask(self, ids: Sequence[int]) -> Iterator[Page]:
        for start in range(0, len(ids), batch_read.BATCH_SIZE):
            left = ids[start : start + batch_read.BATCH_SIZE]
            for archived in (False, True):
                if not left:
                    break
                page = batch_read.page(self.client, self.object_type_path, left, self.properties, archived=archived)
                met = {int(record.id) for record in decoded(page.body, Results).results}
                left = [id_ for id_ in left if id_ not in met]
                if page.rows:
                    yield page
            self.purged += left
            if self.guarded and len(self.purged) > self._most:
                raise MassDeletion(self.table, len(self.purged), self.live)


def purged_patch(table: RecordTable, ids: Sequence[int], began_at: datetime, sync_id: str) -> Patch:
    """Mark records as purged, as of the beginning of the read that missed them."""
    return _patch(table, ids, "purged", began_at, sync_id)


def merged_patch(
    warehouse: Warehouse, table: RecordTable, absorbed: Mapping[int, int], known_at: datetime, sync_id: str
) -> Patch:
    """Mark the stored records that others have absorbed.

    Call it when everything read is committed: an absorbed record may have been read just before it was merged.
    """
    survivors = last_survivors(absorbed)
    stored = warehouse.read(table.table.name, ["OBJECTID", "MERGEDINTO"], [("OBJECTID", "in", list(survivors))])
    ids = [row["OBJECTID"] for row in stored.to_pylist() if row["MERGEDINTO"] != survivors[row["OBJECTID"]]]
    return _patch(table, ids, "merged", known_at, sync_id, pa.array([survivors[id_] for id_ in ids], pa.int64()))


def absorbed_in_earlier_syncs(warehouse: Warehouse, table: RecordTable, work: Work) -> dict[int, int]:
    """Return what the rows tell that those syncs of this read committed which died before they could mark anything."""
    earlier = list(work.sync_ids[:-1])
    column = merged_ids_column(table.schema)
    if not earlier or column is None:
        return {}
    rows = warehouse.read(
        table.table.name, ["OBJECTID", column], [("SYNCID", "in", earlier), (column, "is not null", None)]
    )
    return absorbed_records(rows, table.schema)


def _patch(
    table: RecordTable,
    ids: Sequence[int],
    reason: str,
    known_at: datetime,
    sync_id: str,
    survivors: pa.Array | None = None,
) -> Patch:
    instant = pa.array([naive(known_at)] * len(ids), pa.timestamp("us"))
    columns = {
        "OBJECTID": pa.array(ids, pa.int64()),
        "ARCHIVED": pa.array([False] * len(ids)),
        "DELETEDAT": instant,
        "DELETIONREASON": pa.array([reason] * len(ids)),
        "MERGEDINTO": survivors if survivors is not None else pa.nulls(len(ids), pa.int64()),
        # A page read before the record was gone must not bring it back.
        "INGESTEDAT": instant,
        "SYNCID": pa.array([sync_id] * len(ids), pa.string()),
    }
    return Patch(table.table, pa.table(columns), only_if_older_than=("INGESTEDAT",))
