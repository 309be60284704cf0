"""What one sync did, for people and for plots."""

from dataclasses import dataclass
from datetime import datetime

from hubspot_assets.hubspot.records.plan import Strategy
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.records.request import Mode, Records
from hubspot_assets.tables.schema import RecordSchema
from hubspot_assets.warehouse.base import SchemaChange


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one sync of one slice of a table.

    Attributes:
        records: which slice.
        table: name of the table.
        mode: why it read what it read; None where nothing had changed and nothing was read.
        strategy: how it read.
        window: what it was asked to cover.
        covered_until: every change up to here is in the table; None where no sync has covered any.
        lag_seconds: how far that instant lay behind HubSpot's clock at the end.
        rows_read: records read from HubSpot, those read twice counted twice.
        rows_inserted: records the table did not have.
        rows_updated: records the table had otherwise.
        rows_unchanged: records that were in the table just so.
        rows_unparsed: records read with a value that did not fit its column's type.
        rows_merged: records newly marked as merged into another.
        rows_purged: records newly marked as purged.
        rows_in_slice: records the slice has now.
        rows_in_table: records the whole table has now.
        api_calls: requests made, retries included.
        rate_limited: answers 429 among them.
        seconds: how long it took.
        seconds_waiting: how long requests waited for the limits, summed over all requests in flight.
        schema: the columns written; None where nothing was read.
        schema_changes: what became different in the table's columns.
    """

    records: Records
    table: str
    window: Window
    covered_until: datetime | None
    lag_seconds: float | None
    rows_in_slice: int
    rows_in_table: int
    api_calls: int
    rate_limited: int
    seconds: float
    seconds_waiting: float
    mode: Mode
    strategy: Strategy
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_unparsed: int = 0
    rows_merged: int = 0
    rows_purged: int = 0
    schema: RecordSchema | None = None
    schema_changes: tuple[SchemaChange, ...] = ()

    @property
    def records_per_second(self) -> float:
        """Records read per second of the whole sync."""
        return self.rows_read / self.seconds if self.seconds else 0.0

    def sentence(self) -> str:
        """What was done, in words."""
        counts = {
            "inserted": self.rows_inserted,
            "updated": self.rows_updated,
            "unchanged": self.rows_unchanged,
            "marked as merged": self.rows_merged,
            "marked as purged": self.rows_purged,
            "with values that did not fit": self.rows_unparsed,
        }
        done = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing new"
        return f"{done}; {self.api_calls:,} API calls, {self.seconds:.1f} s"
