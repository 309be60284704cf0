"""Records that are gone from HubSpot: merged away, purged, or only thought to be gone.

A read that did not meet a record proves little: it may have been archived, restored behind the cursor, or merged
since. So each missing id is asked for by name before it is marked, and marks that would take more than a fifth of
the live records are refused: that is what a token that lost its access looks like.
"""

from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa

from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.records.pages import Page, Results
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.decoding import decoded
from hubspot_assets.sync.records.loading import Loading
from hubspot_assets.sync.records.merged import absorbed_records, last_survivors, merged_ids_column
from hubspot_assets.sync.records.request import Records
from hubspot_assets.sync.state import naive
from hubspot_assets.sync.syncs import SEEN
from hubspot_assets.warehouse.base import Filter, Patch

MOST_PURGED = 0.20
"""Share of the live records that a full sync marks as purged unless allowed to mark more."""

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


def missing(loading: Loading, records: Records) -> list[int]:
    """Ids of live (or archived) records that a full read of them did not meet, less those read since it began."""
    parts = loading.warehouse.missing(
        loading.table.table.name,
        [
            Records.LATEST.filter if records is Records.LATEST else IN_RECYCLE_BIN,
            ("INGESTEDAT", "<", naive(loading.read.began_at)),
        ],
        SEEN.name,
        [("SYNCID", "=", loading.read.sync_ids[0])],
        ["OBJECTID"],
    )
    ids = {id_ for part in parts for id_ in part["OBJECTID"].to_pylist()}
    return sorted(ids - loading.absorbed.keys())


class MissingRecords:
    """What became of records that a read did not meet.

    Args:
        client: the HubSpot client.
        object_type_path: how object endpoints spell the type.
        properties: the properties that rows carry.
        ids: the missing records.
        table: their table, for the error.
        live: how many live records the table has.
        guarded: whether a mass deletion is refused.
    """

    def __init__(
        self,
        client: Client,
        object_type_path: str,
        properties: list[str],
        ids: list[int],
        *,
        table: str,
        live: int,
        guarded: bool,
    ) -> None:
        self._client = client
        self._type = object_type_path
        self._properties = properties
        self._ids = ids
        self._table = table
        self._live = live
        self._guarded = guarded
        self.purged: list[int] = []
        """Those that HubSpot has neither live nor archived; complete once `found` is exhausted."""

    def found(self) -> Iterator[Page]:
        """Ask HubSpot for each missing record, live first, then archived.

        Yields:
            Pages of those that exist after all.

        Raises:
            MassDeletion: too many exist no more.
        """
        for start in range(0, len(self._ids), batch_read.BATCH_SIZE):
            left = self._ids[start : start + batch_read.BATCH_SIZE]
            for archived in (False, True):
                if not left:
                    break
                page = batch_read.page(self._client, self._type, left, self._properties, archived=archived)
                met = {int(record.id) for record in decoded(page.body, Results).results}
                left = [id_ for id_ in left if id_ not in met]
                if page.rows:
                    yield page
            self.purged += left
            if self._guarded and len(self.purged) > MOST_PURGED * self._live:
                raise MassDeletion(self._table, len(self.purged), self._live)


def purged_patch(loading: Loading, ids: list[int]) -> Patch:
    """Mark records as purged, as of the beginning of the read that missed them."""
    return _patch(loading, ids, "purged", loading.read.began_at)


def merged_patch(loading: Loading, known_at: datetime) -> Patch:
    """Mark the stored records that others have absorbed.

    Call it when everything read is committed: an absorbed record may have been read just before it was merged.
    """
    absorbed = last_survivors(loading.absorbed)
    stored = loading.warehouse.read(
        loading.table.table.name, ["OBJECTID", "MERGEDINTO"], [("OBJECTID", "in", list(absorbed))]
    )
    ids = [row["OBJECTID"] for row in stored.to_pylist() if row["MERGEDINTO"] != absorbed[row["OBJECTID"]]]
    survivors = pa.array([absorbed[id_] for id_ in ids], pa.int64())
    return _patch(loading, ids, "merged", known_at, survivors)


def absorbed_in_earlier_syncs(loading: Loading) -> dict[int, int]:
    """What the rows tell that those syncs of this read committed which died before they could mark anything."""
    earlier = list(loading.read.sync_ids[:-1])
    column = merged_ids_column(loading.table.schema)
    if not earlier or column is None:
        return {}
    rows = loading.warehouse.read(
        loading.table.table.name,
        ["OBJECTID", column],
        [("SYNCID", "in", earlier), (column, "is not null", None)],
    )
    return absorbed_records(rows, loading.table.schema)


def _patch(
    loading: Loading, ids: list[int], reason: str, known_at: datetime, survivors: pa.Array | None = None
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
    }
    return Patch(loading.table.table, pa.table(columns), only_if_older_than=("INGESTEDAT",))
