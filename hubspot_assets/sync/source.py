"""What every family of tables implements, and what passes between a family and the path that all of them take.

One materialization is the same for all: look at the state, plan, read, commit as it goes, conclude, report. `run.py`
drives it, `commits.py` keeps rows and state true at the same instant, `state.py` remembers. A family says only what
differs: what there is to read, how it is read, and what only the end can tell.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pyarrow as pa

from hubspot_assets.hubspot.records.id_ranges import IdRange, Outstanding
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.sync.criteria import Criterion, Values
from hubspot_assets.warehouse.base import Filters, Table, Warehouse, Write

if TYPE_CHECKING:
    from hubspot_assets.sync.commits import Commits
    from hubspot_assets.sync.state import State


class Unavailable(Exception):
    """The account has no such thing: its plan lacks it, or HubSpot does not offer it. Nothing is wrong with the rest.

    The message is for people. A source raises it from `plan` or `read`; the sync then ends well, and says so. Once
    something has been read it is a failure like any other.
    """

    permanent = True


class Mode(StrEnum):
    """Why a sync reads what it reads (column MODE of SYNCS)."""

    INITIAL = "initial"
    """Nothing is stored yet: everything, or everything since `HUBSPOT_UPDATED_AFTER`."""
    INCREMENTAL = "incremental"
    """What changed since the covered instant."""
    WINDOW = "window"
    """A window asked for in the run's config; moves no covered instant."""
    FULL = "full"
    """Everything, authoritatively: what HubSpot no longer has is marked."""


@dataclass(frozen=True, slots=True)
class Days:
    """Several days of a table.

    Attributes:
        column: The column of the instant, which tells the day of a row (UTC).
        first: The first day.
        last: The last one, which is among them.
    """

    column: str
    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Target:
    """The table that a source keeps true, or the slice of it; the state of a sync is kept under this.

    Attributes:
        table: Name of the table.
        object_type_id: HubSpot's id of the type that the table is of; None where it holds several.
        slice: The part that the source is about: `latest`, `archived`, a day; None for the whole table.
        where: The rows of the slice.
        criteria: The settings that choose what of HubSpot's data it holds.
        days: The days that a launch is about, which its report tells one by one; None where it is about no days.
    """

    table: str
    object_type_id: str | None = None
    slice: str | None = None
    where: Filters = ()
    criteria: tuple[Criterion, ...] = ()
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table.

    Attributes:
        table: Where they belong.
        rows: The rows; they may lack columns, but no key column.
        scopes: Without it, the rows are merged. With it, they replace what is stored in these scopes: a table of the
            scope columns, in which scopes without rows stand too.
    """

    table: Table
    rows: pa.Table
    scopes: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source has read at once.

    Attributes:
        parts: The rows, by table.
        read: How many of HubSpot's things came with it that had not come before, for progress and report.
        unparsed: How many rows have values that did not fit their column.
        ends: The parts of the outstanding work that are done once these rows are kept.
    """

    parts: tuple[Rows, ...]
    read: int
    unparsed: int = 0
    ends: tuple[IdRange, ...] = ()


@dataclass(slots=True)
class Work:
    """One read, which several syncs may have to share because some of them died.

    Attributes:
        sync_ids: The syncs that took part, this one last.
        began_at: When the first of them began to read, by HubSpot's clock.
        outstanding: What has not been read yet.
        strategy: How it is read.
        rows_before: How many rows the earlier syncs committed.
        notes: What the first of them was to leave to the next sync: what has changed since is read in any case.
        criteria: What the settings asked for when it began.
    """

    sync_ids: tuple[str, ...]
    began_at: datetime
    outstanding: Outstanding
    strategy: str
    rows_before: int = 0
    notes: Mapping[str, Any] | None = None
    criteria: Values = field(default_factory=dict)

    def begin_again(self, strategy: str) -> None:
        """Read everything after all, in another way; what has come so far is kept."""
        self.strategy = strategy
        self.outstanding = Outstanding()


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A sync that committed something and then died.

    Attributes:
        mode: Why it read.
        window: What it read; its end is the instant that its rows cover once the rest is read.
        work: Its work as of its last commit.
    """

    mode: Mode
    window: Window
    work: Work


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one sync is going to do. Families extend it by what their reading needs.

    Attributes:
        mode: Why.
        strategy: How (column STRATEGY of SYNCS).
        window: The span of changes to read; without a beginning, everything.
        covered_until: Every change up to here is in the table once this sync has finished; None where it covers none.
        everything: All that there is will be read, whatever the mode.
        idle: Nothing has changed, so nothing is read and nothing written.
        sentence: What is about to be done, for people (`reads every record, by scan`).
        table: The table as this sync writes it; None where it is idle.
        other_tables: Further tables that it writes.
        interrupted: The sync that this one goes on with.
        expected: About how many things there are to read; None where HubSpot does not tell.
        first_writes: What must be true as soon as there are rows.
        notes: What the next sync of the target is to know once this one has finished; None for nothing.
        remarks: What people should know besides, a sentence each.
    """

    mode: Mode
    strategy: str
    window: Window = field(default_factory=Window)
    covered_until: datetime | None = None
    everything: bool = False
    idle: bool = False
    sentence: str = ""
    table: Table | None = None
    other_tables: tuple[Table, ...] = ()
    interrupted: Interrupted | None = None
    expected: int | None = None
    first_writes: tuple[Write, ...] = ()
    notes: Mapping[str, Any] | None = None
    remarks: tuple[str, ...] = ()


P = TypeVar("P", bound=Plan)


class Source(Protocol[P]):
    """One table, or one slice of it, and how it is brought into line with HubSpot. Used once.

    Attributes:
        name: For people (`contacts latest`).
        target: What the state is kept under.
        sync_id: The id of this sync, which every row that it writes carries.
    """

    name: str
    target: Target
    sync_id: str

    def look(self, state: "State", warehouse: Warehouse) -> None:
        """Read what the plan needs of the warehouse; HubSpot is not asked, since others wait to open the warehouse."""
        ...

    def plan(self, state: "State", warehouse: Warehouse) -> P:
        """Decide what this sync does, by what earlier ones left behind and by what HubSpot tells cheaply.

        Raises:
            Unavailable: The account has no such thing.
        """
        ...

    def read(self, plan: P, work: Work) -> Iterator[Batch]:
        """Read what `work` has outstanding: concurrently, in flat memory, in any order.

        Raises:
            Unavailable: The account has no such thing; it is not asked for again before a full read.
        """
        ...

    def conclude(self, plan: P, commits: "Commits") -> Sequence[Write]:
        """Do what only the end can tell: what is purged, merged, removed.

        Args:
            plan: What was to be done.
            commits: Takes further batches; its `commit()` makes what was read so far readable in the warehouse.

        Returns:
            Writes that go into the last commit, together with the row of SYNCS that says the sync has finished.
        """
        ...

    def facts(self) -> dict[str, int]:
        """Return counts that only this family has, for the report (`rows_purged`)."""
        ...


def new_sync_id() -> str:
    """Make the id of one sync."""
    return str(uuid.uuid4())
