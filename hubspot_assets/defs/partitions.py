"""The partitions of an object type: a partition is a slice of its table."""

import dagster as dg

LATEST = "latest"
ARCHIVED = "archived"

RECORD_PARTITIONS = dg.StaticPartitionsDefinition([LATEST, ARCHIVED])
"""Live records, and those in HubSpot's recycle bin.

Not days: records leave the day they were modified in, an old day of the recycle bin can never be read again, and
thousands of partition events cost more than the sync. A window is asked for in the run's config.
"""
