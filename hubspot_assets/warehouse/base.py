"""The promises every destination keeps: Arrow rows go in, merged tables come out.

Rows are staged first, which holds no lock on the destination, and committed in one short transaction
together with whatever must be true at the same instant (the row of SYNCS, a patch of vanished records).
A table is always as it was before a commit or as it is after, never between.

A destination without transactions over several tables keeps a weaker promise that is enough: it writes the tables
in the order of their last writes, each whole or not at all. Put rows first and the row of SYNCS last, so that it
never speaks of rows that are not there yet. Who dies between them leaves a commit that is completed by whoever reads
next within `reading`: state that was asked for there is that of the rows.

Two conventions: timestamps are naive UTC, and JSON is text on this side of the line; the columns named by
`Table.json` are stored in the destination's own JSON type.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Self

import pyarrow as pa

from hubspot_assets.warehouse.errors import TableNotFound, WarehouseBusy, WarehouseError, WarehouseUnreachable
from hubspot_assets.warehouse.filters import Aggregate, Comparison, Filter, Filters, naive_utc
from hubspot_assets.warehouse.sql import Dialect
from hubspot_assets.warehouse.stage import Stage, conformed
from hubspot_assets.warehouse.table import COMMENT, PROPERTY, UNPARSED, SchemaChange, Table, View
from hubspot_assets.warehouse.writes import Counts, Delete, Merge, Patch, Replace, Write, WriteAfter

__all__ = [
    "COMMENT",
    "PROPERTY",
    "UNPARSED",
    "Aggregate",
    "Comparison",
    "Counts",
    "Delete",
    "Filter",
    "Filters",
    "Merge",
    "Patch",
    "Replace",
    "SchemaChange",
    "Stage",
    "Table",
    "TableNotFound",
    "View",
    "Warehouse",
    "WarehouseBusy",
    "WarehouseError",
    "WarehouseUnreachable",
    "Write",
    "WriteAfter",
    "conformed",
    "naive_utc",
]


class Warehouse(ABC):
    """A destination. Thread-safe; may be used by several processes at once.

    Every method raises WarehouseError when the destination cannot be reached or refuses.
    """

    chunk_rows: int
    """Rows after which a stage of ordinary width is full."""

    has_views: bool = True
    """Whether `ensure_views` works; readers of a destination without views run the queries themselves."""

    @property
    @abstractmethod
    def dialect(self) -> Dialect:
        """The SQL of the destination, from which `warehouse.views` builds queries."""

    @abstractmethod
    def describe(self) -> str:
        """The destination in a few words fit for an error message: `DuckDB file /data/hubspot.duckdb`."""

    def tagged(self, tag: Mapping[str, str]) -> Self:  # noqa: ARG002
        """The same destination; one that keeps a history of its statements says there who sent them.

        Args:
            tag: Who: asset, partition, run.
        """
        return self

    @abstractmethod
    def check(self) -> None:
        """Return if the destination can be reached and written to; write nothing."""

    @abstractmethod
    def schema(self, table: str) -> pa.Schema | None:
        """The columns stored, in the types that `read` returns; None when there is no such table."""

    @abstractmethod
    def ensure(self, *tables: Table) -> list[SchemaChange]:
        """Create what is missing, and widen columns to text where a type changed.

        Every stored value is kept, in HubSpot's spelling (`1500`, `0.5`, `true`, `2026-11-30`,
        `2026-11-30T14:03:00.123Z`), and the raw text that UNPARSED has for the property moves into the column. A
        stored column is never dropped and never narrowed. Repeating it changes nothing, and writes nothing.

        Raises:
            WarehouseError: Also if a key or version column is stored in a type that the table cannot use.
        """

    def ensure_views(self, *views: View) -> list[SchemaChange]:
        """Create views, and replace those whose query or comment differs from what is stored.

        Repeating it changes nothing, and writes nothing.

        Raises:
            WarehouseError: If there is a table of that name or somebody else's view, if a query is refused, or if
                the destination has no views.
        """
        names = ", ".join(view.name for view in views)
        raise WarehouseError(f"{self.describe()} keeps no views, so it cannot have {names}.")

    @abstractmethod
    def drop(self, *tables: str) -> None:
        """Take tables away with all their rows, one after the other; a name that no table has is left out.

        A view over such a table stays, and answers again once the table is there again.
        """

    @abstractmethod
    def stage(self, table: Table) -> Stage:
        """An empty stage for rows of the table."""

    @abstractmethod
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        """Do the writes in order, in one transaction; nothing is written when it raises. Tables must exist.

        Where a destination has no transaction over several tables, it may also have been begun; see above.

        Returns:
            One Counts per write.
        """

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let a destination that must be opened stay open for several reads of this thread.

        A commit that was cut short is completed before the first of them.

        Nothing else belongs into the block: others may have to wait for its end, and a write is refused.
        """
        yield

    @abstractmethod
    def read(self, table: str, columns: Sequence[str] | None = None, where: Filters = ()) -> pa.Table:
        """Rows of a table or view, in no particular order.

        Raises:
            TableNotFound: If there is no such table.
        """

    @abstractmethod
    def count(self, table: str, where: Filters = ()) -> int:
        """How many rows of a table meet the conditions; 0 when there is no such table."""

    @abstractmethod
    def duplicates(self, table: str, key: Sequence[str]) -> int:
        """How many rows of a table repeat the key of another; 0 when there is no such table."""

    @abstractmethod
    def aggregate(
        self, table: str, by: Sequence[str], values: Mapping[str, Aggregate], where: Filters = ()
    ) -> pa.Table:
        """One row per group of rows, computed by the destination: what is asked of SYNCS does not cost more each year.

        Args:
            table: Name of the table.
            by: Columns that make up a group; none: all rows are one.
            values: What to compute of which columns.
            where: Conditions on the rows.

        Returns:
            The columns of `by` and of `values` under their own names and types; groups without rows are not there.

        Raises:
            TableNotFound: If there is no such table.
        """

    @abstractmethod
    def count_by_day(self, table: str, column: str, where: Filters = ()) -> Mapping[date, int]:
        """Return how many rows a table has of each day, computed by the destination.

        Args:
            table: Name of the table.
            column: A column of instants; a day is one in UTC.
            where: Conditions on the rows.

        Returns:
            Counts by day; days without rows are not there.

        Raises:
            TableNotFound: If there is no such table.
        """

    @abstractmethod
    def missing(
        self, table: str, where: Filters, seen: str, seen_where: Filters, key: Sequence[str]
    ) -> Iterator[pa.Table]:
        """The keys of one table that another lacks.

        The answer is taken before this returns, and waits on disk: it may have any size, and who works through it
        may write to the destination meanwhile.

        Args:
            table: The table whose keys are asked for.
            where: Conditions on its rows.
            seen: The table that lacks them.
            seen_where: Conditions on its rows.
            key: Columns that both tables have.

        Returns:
            Tables of the columns `key`: those of the rows of `table` that meet `where`, less those of the rows of
            `seen` that meet `seen_where`.

        Raises:
            TableNotFound: If either table does not exist.
        """
