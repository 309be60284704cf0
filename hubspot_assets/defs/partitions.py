"""The partitions of an object type: a partition is a slice of its table."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    import pyarrow as pa

    from hubspot_assets.warehouse.base import Filters

LATEST = "latest"
ARCHIVED = "archived"
MARKETING = "marketing"
"""The tick of what has no partitions and a schedule of its own."""

RECORD_PARTITIONS = dg.StaticPartitionsDefinition([LATEST, ARCHIVED])
"""Live records, and those in HubSpot's recycle bin.

Not days: records leave the day they were modified in, an old day of the recycle bin can never be read again, and
thousands of partition events cost more than the sync. A window is asked for in the run's config.
"""


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run that materializes a range of partitions."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


_MARKS = ("DELETIONREASON", "DELETEDAT", "REMOVEDAT")
"""Columns that are NULL as long as HubSpot has what the row stands for."""


def rows_of(
    schema: "pa.Schema | None", partitions: Collection[str] | None, *, deleted: bool, day_column: str | None = None
) -> "Filters":
    """Choose the rows of a table that a downstream asset gets.

    Args:
        schema: The table's columns; None where there is no table.
        partitions: The partitions asked for; None by an asset that has none.
        deleted: Whether an asset without partitions asks for what is gone as well.
        day_column: The column that tells the day of a row, where partitions are days.
    """
    if day_column and partitions:
        first, last = date.fromisoformat(min(partitions)), date.fromisoformat(max(partitions))
        midnight, next_midnight = (datetime.combine(day, time.min) for day in (first, last + timedelta(days=1)))
        return [(day_column, ">=", midnight), (day_column, "<", next_midnight)]
    marks = [mark for mark in _MARKS if schema is not None and mark in schema.names]
    live: Filters = [(mark, "is null", None) for mark in marks]
    if partitions is None:
        return () if deleted else live
    if set(partitions) == {LATEST}:
        return live
    if set(partitions) == {ARCHIVED}:
        return [("DELETIONREASON", "is not null", None)]
    return ()
