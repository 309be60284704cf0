"""The promises every destination keeps: Arrow rows go in, merged tables come out.

Rows are staged first, which holds no lock on the destination, and committed in one short transaction
together with whatever must be true at the same instant (the row of SYNCS, a patch of vanished records).
A table is always as it was before a commit or as it is after, never between.

Two data types need a word. Timestamps are naive UTC. JSON is text on this side of the line; the columns named
by `Table.json` are stored in the destination's own JSON type.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

import pyarrow as pa

UNPARSED = "UNPARSED"
"""JSON column of the values that did not fit their column's type: `{"property name": "raw text"}`."""

PROPERTY = b"property"
"""Key in an Arrow field's metadata: the property the column holds, as UNPARSED names it."""

COMMENT = b"comment"
"""Key in an Arrow field's metadata: what a reader of the table should know about the column."""

Comparison = Literal["=", "!=", "<", "<=", ">", ">=", "is null", "is not null", "in"]

Filter = tuple[str, Comparison, object]
"""Column, comparison, value.

The value of "is null" and "is not null" is ignored, that of "in" is a collection. As in SQL a NULL is neither
less nor more than anything; unlike there, "!=" is also true of a NULL.
"""

Filters = Sequence[Filter]
"""Conditions that must all hold; none means every row."""


class WarehouseError(Exception):
    """The destination cannot do what was asked; one sentence names cause and cure.

    Attributes:
        permanent: Trying again cannot help; only a person can.
    """

    permanent = True


class WarehouseBusy(WarehouseError):
    """Somebody else's use of the destination is in the way; later it may not be."""

    permanent = False


class WarehouseUnreachable(WarehouseError):
    """The destination does not answer, or breaks off, again and again; later it may not."""

    permanent = False


class TableNotFound(WarehouseError):
    """The destination has no such table."""


@dataclass(frozen=True)
class Table:
    """A table as a sync wants it; the stored one may have more columns, or text where this has a type.

    Attributes:
        name: Upper-case name.
        schema: Columns; the metadata of a field may carry `PROPERTY` and `COMMENT`.
        key: Columns that tell rows apart; never NULL.
        version: Columns that tell which of two rows with one key is newer, the weightiest first. A NULL is older
            than anything. Without a version, the row that comes later is the newer.
        provenance: Columns that say where a row came from. Rows that differ in nothing else are equal.
        json: Text columns that hold JSON.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    version: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    json: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = set(self.schema.names)
        unknown = [c for c in (*self.key, *self.version, *self.provenance, *self.json) if c not in known]
        if unknown or not self.key:
            raise ValueError(f"table {self.name} needs key columns of its schema; not there: {unknown}")


@dataclass(frozen=True)
class Counts:
    """What a write did, in rows.

    Attributes:
        inserted: Rows that the table did not have.
        updated: Rows that the table had, with other values.
        unchanged: Rows that the table had, equal or newer.
        deleted: Rows that a Delete removed.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0


@dataclass(frozen=True)
class SchemaChange:
    """One difference that `Warehouse.ensure` made.

    Attributes:
        table: Name of the table.
        kind: "created" (the table), "added" (a column) or "widened" (a column, to text).
        column: Name of the column, None for a created table.
        was: The destination's name of the type that a widened column had.
    """

    table: str
    kind: Literal["created", "added", "widened"]
    column: str | None = None
    was: str | None = None


class Stage(ABC):
    """Rows on their way into one table. Holds no lock, keeps memory bounded, is committed once and then closed.

    Not thread-safe: one thread writes.
    """

    @property
    @abstractmethod
    def rows(self) -> int:
        """Rows written so far, those with one key counted each time."""

    @property
    @abstractmethod
    def full(self) -> bool:
        """Whether it is time to commit this stage and begin another."""

    @abstractmethod
    def write(self, rows: pa.Table) -> None:
        """Adds rows, which may lack columns of the table but no key column.

        Raises:
            WarehouseError: If a key is NULL, or a column is unknown to the table.
        """

    @abstractmethod
    def close(self) -> None:
        """Gives back what the stage holds (memory, files), committed or not; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Merge:
    """Brings rows into a table by its key.

    A row wins unless the stored one is newer by `Table.version`; rows with one key collapse to the newest of them,
    or to the last one written. A row equal to the stored one leaves it alone. Columns that the table has and the
    rows lack keep what is stored.

    Attributes:
        table: Where to.
        rows: A stage of that table, or a few rows as they are.
    """

    table: Table
    rows: Stage | pa.Table


@dataclass(frozen=True)
class Patch:
    """Sets some columns of rows that are present; rows that are not are left out.

    Attributes:
        table: Where to.
        rows: The key columns, and those to set; rows with one key collapse as in a Merge.
        only_if_older_than: Columns of `rows` (none: patch always). A stored row is patched only if its values there
            are older than those of the patch.
    """

    table: Table
    rows: pa.Table
    only_if_older_than: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Append:
    """Adds rows as they are, whatever the table has already."""

    table: Table
    rows: pa.Table


@dataclass(frozen=True)
class Delete:
    """Removes the rows that meet the conditions."""

    table: Table
    where: Filters


Write = Merge | Patch | Append | Delete

WriteAfter = Callable[[Sequence[Counts]], Write]
"""A write that depends on what the writes before it in the same transaction have done: SYNCS says how many rows."""


class Warehouse(ABC):
    """A destination. Thread-safe; may be used by several processes at once.

    Every method raises WarehouseError when the destination cannot be reached or refuses.
    """

    chunk_rows: int
    """Rows after which a stage of ordinary width is full."""

    @abstractmethod
    def describe(self) -> str:
        """The destination in a few words fit for an error message: `DuckDB file /data/hubspot.duckdb`."""

    def tagged(self, tag: Mapping[str, str]) -> Warehouse:  # noqa: ARG002
        """The same destination; one that keeps a history of its statements says there who sent them.

        Args:
            tag: Who: asset, partition, run.
        """
        return self

    @abstractmethod
    def check(self) -> None:
        """Returns if the destination can be reached and written to, and writes nothing."""

    @abstractmethod
    def schema(self, table: str) -> pa.Schema | None:
        """The columns stored, in the types that `read` returns; None when there is no such table."""

    @abstractmethod
    def ensure(self, *tables: Table) -> list[SchemaChange]:
        """Creates what is missing, and widens columns to text where a type changed.

        Every stored value is kept, in HubSpot's spelling (`1500`, `0.5`, `true`, `2026-11-30`,
        `2026-11-30T14:03:00.123Z`), and the raw text that UNPARSED has for the property moves into the column. A
        stored column is never dropped and never narrowed. Repeating it changes nothing, and writes nothing.

        Raises:
            WarehouseError: Also if a key or version column is stored in a type that the table cannot use.
        """

    @abstractmethod
    def stage(self, table: Table) -> Stage:
        """An empty stage for rows of the table."""

    @abstractmethod
    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        """Does the writes in order, in one transaction; nothing is written when it raises. Tables must exist.

        Returns:
            One Counts per write.
        """

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Lets a destination that must be opened stay open for several reads of this thread.

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
    def missing(self, table: str, where: Filters, seen: str, seen_where: Filters, key: str) -> pa.Table:
        """The keys of one table that another lacks.

        Returns:
            One column, `key`: those of the rows of `table` that meet `where`, less those of the rows of `seen` that
            meet `seen_where`.

        Raises:
            TableNotFound: If either table does not exist.
        """


def conformed(table: Table, rows: pa.Table) -> pa.Table:
    """Rows in the types of the table, as every stage takes them.

    Raises:
        WarehouseError: If a key is missing or NULL, a column unknown to the table, or a value does not fit its type.
    """
    unknown = [column for column in rows.column_names if column not in table.schema.names]
    absent = [column for column in table.key if column not in rows.column_names]
    if unknown or absent:
        raise WarehouseError(
            f"rows for table {table.name} have columns it does not know ({', '.join(unknown) or 'none'}) "
            f"or lack key columns ({', '.join(absent) or 'none'})"
        )
    for column in table.key:
        if rows[column].null_count:
            raise WarehouseError(f"{rows[column].null_count} rows for table {table.name} have no {column}, its key")
    try:
        return rows.cast(pa.schema([table.schema.field(column) for column in rows.column_names]))
    except pa.ArrowException as error:
        raise WarehouseError(f"rows for table {table.name} do not fit its columns: {error}") from error


def naive_utc(value: object) -> object:
    """A value as the warehouse compares it: an aware datetime as naive UTC, anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
