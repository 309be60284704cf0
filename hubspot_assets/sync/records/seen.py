"""SYNCS_SEEN: the ids that a running full read has met. What a table has beyond them is gone from HubSpot."""

import pyarrow as pa

from hubspot_assets.warehouse.base import Table

SEEN = Table(
    name="SYNCS_SEEN",
    schema=pa.schema([("SYNCID", pa.string()), ("OBJECTID", pa.int64())]),
    key=("SYNCID", "OBJECTID"),
    immutable=True,
    comment="Ids that a full read under way has met; empty when none is. For hubspot_assets itself.",
)
