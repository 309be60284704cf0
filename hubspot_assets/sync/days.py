"""What is read by days: events, e-mail events, changes of subscriptions.

HubSpot tells when something happened and not when it heard of it, so nothing but reading a day again finds what came
late. Recent days are therefore read again and again; what the table has already is left out before it is written.
However many days a launch is about, it is one read with several spans in flight, and one row of SYNCS.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Generic, Protocol, TypeVar

from hubspot_assets.hubspot.records.id_ranges import IdRange
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.span_read import Span, SpanPage
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.source import (
    Batch,
    Days,
    Interrupted,
    Mode,
    Plan,
    Rows,
    Target,
    Unavailable,
    Work,
    new_sync_id,
)
from hubspot_assets.sync.state import State
from hubspot_assets.warehouse.base import UNPARSED, Table, Warehouse, Write

Thing = TypeVar("Thing")

STRATEGY = "days"
"""How days are read (column STRATEGY of SYNCS)."""
DAY = timedelta(days=1)
DAYS_OF_A_SPAN = 8
"""Asked for as one, so that quiet days cost few requests; a busy span is cut while it is read. Today and the week
before are one."""
MOST_RECENT = timedelta(days=31)
"""A launch of more is a backfill, with a state of its own: the hourly launches would take its place in `SYNCS`."""
MOST_COMPARED = 100_000
"""Rows whose keys are held in memory; what busier days bring is left to the warehouse, which compares by itself."""


class DayTable(Protocol[Thing]):
    """One table that is read by days, and what only its family knows. Used once.

    Attributes:
        table: Its name.
        key: Its key columns.
        column: The column of the instant.
        of: What HubSpot is asked for (see `Span.of`).
        ahead: How far an instant may lie ahead of HubSpot's clock.
        remarks: What people should know of the reading, a sentence each.
    """

    table: str
    key: Sequence[str]
    column: str
    of: str
    ahead: timedelta
    remarks: tuple[str, ...]

    def recall(self, warehouse: Warehouse) -> None:
        """Learn what columns earlier syncs gave the table; HubSpot is not asked."""
        ...

    def read(self, client: Client, spans: Iterable[Span]) -> Iterable[SpanPage[Thing]]:
        """Read what happened in some spans."""
        ...

    def key_of(self, thing: Thing) -> tuple[object, ...]:
        """Return the values of the key columns as the warehouse gives them."""
        ...

    def rows(self, things: Sequence[Thing], *, read_at: datetime, sync_id: str) -> tuple[Rows, ...]:
        """Return rows, first those of the table, which may be wider than before."""
        ...


@dataclass(frozen=True, kw_only=True)
class DaysPlan(Plan):
    """What one sync of some days is going to do.

    Attributes:
        batches: What HubSpot has, begun to be read.
    """

    batches: Iterator[Batch] = field(default_factory=lambda: iter(()))


@dataclass
class DaysSource(Generic[Thing]):
    """Some days of one table.

    Attributes:
        client: The HubSpot client.
        day_table: The table.
        first: The first day (UTC).
        last: The last one, which is read too.
        sync_id: The id of this sync.
    """

    client: Client
    day_table: DayTable[Thing]
    first: date
    last: date
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self.name = f"{self.day_table.table.lower()} {_in_words(self.first, self.last)}"
        column, is_backfill = self.day_table.column, self.last - self.first > MOST_RECENT
        self.target = Target(
            table=self.day_table.table,
            slice=_in_words(self.first, self.last) if is_backfill else None,
            where=((column, ">=", _midnight(self.first)), (column, "<", _midnight(self.last + DAY))),
            days=Days(column, self.first, self.last),
        )
        self._warehouse: Warehouse | None = None
        self._exists = False
        self._known: frozenset[tuple[object, ...]] = frozenset()
        self._known_before = 0

    def look(self, state: State, warehouse: Warehouse) -> None:
        """See what the table has of these days."""
        self._warehouse = warehouse
        self.day_table.recall(warehouse)
        self._exists = warehouse.schema(self.day_table.table) is not None
        if 0 < state.rows <= MOST_COMPARED:
            stored = warehouse.read(self.day_table.table, self.day_table.key, self.target.where)
            self._known = frozenset(zip(*(stored[column].to_pylist() for column in self.day_table.key), strict=True))

    def plan(self, state: State, warehouse: Warehouse) -> DaysPlan:  # noqa: ARG002
        """Read until something is new: only that is worth a row of SYNCS."""
        now, interrupted = self.client.now(), self._interrupted(state)
        today = now.astimezone(UTC).date()
        days = self._days_left(interrupted)
        batches, begun = self._batches(_spans(days, self.day_table.of, now + self.day_table.ahead)), []
        try:
            for batch in batches:
                begun.append(batch)
                if batch.parts:
                    break
        except (MissingScopes, Forbidden) as error:
            if begun:
                raise
            raise Unavailable(str(error)) from None
        new = next((batch for batch in begun if batch.parts), None)
        idle = new is None and self._exists and not state.unfinished
        if new is None and not idle:
            # A table without a row is a table read to its end.
            new = Batch(self.day_table.rows((), read_at=now, sync_id=self.sync_id), 0)
            begun.append(new)
        tables = [part.table for part in new.parts] if new else [None]
        recent = self.last >= today
        return DaysPlan(
            mode=state.mode(full=False) if recent else Mode.WINDOW,
            strategy=STRATEGY,
            window=Window(_aware(self.first), _aware(self.last + DAY)),
            covered_until=now if recent else None,
            idle=idle,
            sentence=f"nothing new in {len(days):,} days" if idle else f"reads {len(days):,} days",
            table=tables[0],
            other_tables=tuple(each for each in tables[1:] if each is not None),
            interrupted=interrupted,
            remarks=self.day_table.remarks,
            batches=chain(begun, batches),
        )

    def read(self, plan: DaysPlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """Yield what is new; the table gets wider as soon as something is met that it has no column for."""
        written = plan.table
        try:
            for batch in plan.batches:
                if batch.parts and batch.parts[0].table is not written:
                    written = self._widened(batch.parts)
                yield batch
        except (MissingScopes, Forbidden) as error:
            raise Unavailable(str(error)) from None

    def conclude(self, plan: DaysPlan, commits: Commits) -> Sequence[Write]:  # noqa: ARG002
        """Do nothing: what happened stays."""
        return ()

    def facts(self) -> dict[str, int]:
        """Return how many of those read the table had already."""
        return {"rows_known_before": self._known_before}

    def _interrupted(self, state: State) -> Interrupted | None:
        """The sync that died over the same days; of others nothing is known to be read."""
        interrupted = state.interrupted
        return interrupted if interrupted is not None and interrupted.window.after == _aware(self.first) else None

    def _days_left(self, interrupted: Interrupted | None) -> Sequence[date]:
        """The days that a sync which died has not read, and those that went on when it began; all, where none did."""
        days = list(Days(self.day_table.column, self.first, self.last))
        if interrupted is None:
            return days
        left, began_on = interrupted.work.outstanding, interrupted.work.began_at.astimezone(UTC).date()
        return [each for each in days if each >= began_on - DAY or each.toordinal() in left]

    def _batches(self, spans: Iterable[Span]) -> Iterator[Batch]:
        for page in self.day_table.read(self.client, spans):
            new = [each for each in page.things if self.day_table.key_of(each) not in self._known]
            self._known_before += len(page.things) - len(new)
            parts = self.day_table.rows(new, read_at=page.read_at, sync_id=self.sync_id) if new else ()
            ends = (_ordinals(page.span),) if page.done else ()
            yield Batch(parts, len(page.things), _unparsed(parts), ends)

    def _widened(self, parts: Sequence[Rows]) -> Table:
        assert self._warehouse is not None
        self._warehouse.ensure(*(part.table for part in parts))
        return parts[0].table


def _spans(days: Sequence[date], of: str, until: datetime) -> list[Span]:
    """The spans that some days are asked for in; what lies after `until` has not happened."""
    # Whole seconds, since nobody has seen HubSpot asked for less.
    until = datetime.fromtimestamp(math.ceil(until.timestamp()), UTC)
    runs: list[list[date]] = []
    for each in days:
        if runs and each == runs[-1][-1] + DAY and len(runs[-1]) < DAYS_OF_A_SPAN:
            runs[-1].append(each)
        else:
            runs.append([each])
    spans = [Span(_aware(run[0]), min(_aware(run[-1] + DAY), until), of) for run in runs]
    return [each for each in spans if each.start < each.end]


def _ordinals(span: Span) -> IdRange:
    """The days of a span, counted as `date.toordinal` does; the last one may not be over."""
    return IdRange(span.start.toordinal(), (span.end - timedelta.resolution).toordinal() + 1)


def _unparsed(parts: Sequence[Rows]) -> int:
    if not parts or UNPARSED not in parts[0].rows.column_names:
        return 0
    return parts[0].rows.num_rows - parts[0].rows[UNPARSED].null_count


def _midnight(day: date) -> datetime:
    """When a day begins, as the warehouse stores it."""
    return datetime.combine(day, time.min)


def _aware(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _in_words(first: date, last: date) -> str:
    return f"{first}" if first == last else f"{first} to {last}"
