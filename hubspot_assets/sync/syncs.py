"""The state of the syncs, kept beside the data and written in the same transaction.

Drop a table's data and its rows here, and its next sync starts afresh.
"""

import pyarrow as pa

from hubspot_assets.warehouse.base import Table

_INSTANT = pa.timestamp("us")

SYNCS = Table(
    name="SYNCS",
    schema=pa.schema(
        [
            ("SYNCID", pa.string()),
            ("TABLENAME", pa.string()),
            ("RECORDS", pa.string()),
            ("WINDOWSTART", _INSTANT),
            ("WINDOWEND", _INSTANT),
            ("COVEREDUNTIL", _INSTANT),
            ("MODE", pa.string()),
            ("STRATEGY", pa.string()),
            ("ROWSREAD", pa.int64()),
            ("ROWSINSERTED", pa.int64()),
            ("ROWSUPDATED", pa.int64()),
            ("ROWSUNCHANGED", pa.int64()),
            ("ROWSUNPARSED", pa.int64()),
            ("APICALLS", pa.int64()),
            ("RATELIMITED", pa.int64()),
            ("STARTEDAT", _INSTANT),
            ("FINISHEDAT", _INSTANT),
            ("RUNID", pa.string()),
            ("PROGRESS", pa.string()),
        ]
    ),
    key=("SYNCID",),
    comment=(
        "What each sync of HubSpot did, and where the next one goes on: one row per materialization that wrote "
        "something. Drop a table and its next sync loads it afresh."
    ),
)
"""One row per materialization; FINISHEDAT is NULL, and PROGRESS says what is done, until it has finished."""

SEEN = Table(
    name="SYNCS_SEEN",
    schema=pa.schema(
        [
            ("SYNCID", pa.string()),
            ("OBJECTID", pa.int64()),
        ]
    ),
    key=("SYNCID", "OBJECTID"),
    immutable=True,
    comment="Internal: ids that a full sync under way has met, to tell what is gone from HubSpot. Empty in between.",
)
"""The ids that a running full scan has met; what a table has beyond them is gone from HubSpot."""
