"""What one sync did, for people and for plots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.source import Mode, Target
from hubspot_assets.warehouse.base import Counts, SchemaChange, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one sync of one target.

    Attributes:
        target: The table, and the slice of it.
        window: What it was asked to cover.
        mode: Why it read what it read.
        strategy: How it read.
        idle: Whether nothing had changed, so that nothing was read.
        unavailable: What the account does not have, in a sentence; None where it has it.
        covered_until: Every change up to here is in the table; None where no sync has covered any.
        lag_seconds: How far that instant lay behind HubSpot's clock at the end.
        rows_read: Things read from HubSpot, each counted once.
        counts: Rows that the table did not have, had otherwise, had just so, and that are gone from HubSpot.
        rows_unparsed: Rows with a value that did not fit its column's type.
        facts: Counts that only this family has.
        rows_in_slice: Rows that the slice has now.
        rows_in_table: Rows that the whole table has now.
        rows_by_day: Rows that each day has now, where it was about days.
        api_calls: Requests made, retries included.
        rate_limited: Answers 429 among them.
        seconds: How long it took.
        seconds_waiting: How long requests waited for the limits, summed over all requests in flight.
        table: The table as it was written; None where nothing was read.
        schema_changes: What became different in the columns.
        remarks: What people should know besides, a sentence each.
        views: The views that were looked at, where it was about views.
    """

    target: Target
    window: Window
    mode: Mode
    strategy: str
    covered_until: datetime | None
    lag_seconds: float | None
    rows_in_slice: int
    rows_in_table: int
    api_calls: int
    rate_limited: int
    seconds: float
    seconds_waiting: float
    rows_by_day: Mapping[date, int] = field(default_factory=dict)
    idle: bool = False
    unavailable: str | None = None
    rows_read: int = 0
    counts: Counts = field(default_factory=Counts)
    rows_unparsed: int = 0
    facts: Mapping[str, int] = field(default_factory=dict)
    table: Table | None = None
    schema_changes: tuple[SchemaChange, ...] = ()
    remarks: tuple[str, ...] = ()
    views: tuple[str, ...] = ()

    @property
    def records_per_second(self) -> float:
        """Return things read per second of the whole sync."""
        return self.rows_read / self.seconds if self.seconds else 0.0

    def sentence(self) -> str:
        """Say what was done."""
        counts = {
            "inserted": self.counts.inserted,
            "updated": self.counts.updated,
            "unchanged": self.counts.unchanged,
            "gone from HubSpot": self.counts.removed,
            **{name.removeprefix("rows_").replace("_", " "): count for name, count in self.facts.items()},
            "with values that did not fit": self.rows_unparsed,
        }
        done = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing new"
        return f"{done}; {self.api_calls:,} API calls, {self.seconds:.1f} s"

    def result(self) -> str:
        """Say first of all whether anything was written."""
        if self.unavailable is not None:
            return "Not available in this account; nothing was written."
        if self.idle:
            return "Nothing had changed; nothing was read or written."
        counts = {
            "inserted": self.counts.inserted,
            "updated": self.counts.updated,
            "gone from HubSpot": self.counts.removed,
        }
        written = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"Written: {written}." if written else f"Read {self.rows_read:,}, all as they stood; no row was written."
