"""What can be done to tables within one commit, and what it did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from hubspot_assets.warehouse.errors import WarehouseError
from hubspot_assets.warehouse.filters import Filters
from hubspot_assets.warehouse.stage import Stage, conformed
from hubspot_assets.warehouse.table import Table


@dataclass(frozen=True)
class Counts:
    """What a write did, in rows.

    Attributes:
        inserted: Rows that the table did not have.
        updated: Rows that the table had, with other values or marked as gone.
        unchanged: Rows that the table had, equal or newer.
        deleted: Rows that a Delete took out of the table.
        removed: Rows that a Replace marked as gone.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Merge:
    """Brings rows into a table by its key.

    A row wins unless the stored one is newer by `Table.version`; rows with one key collapse to the newest of them,
    or to the last one written. A row equal to the stored one leaves it alone, and so does every row of a table that
    is immutable. Columns that the table has and the rows lack keep what is stored.

    Attributes:
        table: Where to.
        rows: A stage of that table, or a few rows as they are.
    """

    table: Table
    rows: Stage | pa.Table


@dataclass(frozen=True)
class Replace:
    """Says that the rows of some scopes are now exactly these.

    Rows are merged as in a Merge. One that was marked as gone and is among them again loses the mark, which counts
    as an update. Stored rows of the scopes that are not among them, and carry no mark, get it; rows marked before
    keep their instant. A batch without rows empties its scopes. Doing it again changes nothing.

    Where the table has a version, a stored row that is newer than the batch keeps its values, marked or not, and a
    missing one whose version holds an instant after `removed_at` was written by a later reader and stays unmarked.

    Attributes:
        table: Where to; it has a `Table.removal`.
        rows: A stage of that table, or rows as they are; what they have in the removal column does not count.
        removed_at: The instant that missing rows are marked with.
        scope: Key columns whose values make up a scope; none: the whole table is one.
        scopes: The scopes that are replaced, one a row, in the columns of `scope`; needed when there is a `scope`.
        stamp: Values of further columns that rows get together with the mark, as a rule provenance.
    """

    table: Table
    rows: Stage | pa.Table
    removed_at: datetime = field(kw_only=True)
    scope: tuple[str, ...] = field(default=(), kw_only=True)
    scopes: pa.Table | None = field(default=None, kw_only=True)
    stamp: Mapping[str, object] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        table = self.table
        if table.removal is None:
            raise ValueError(f"table {table.name} has no removal column; rows that are gone cannot be marked")
        if not set(self.scope) <= set(table.key):
            raise ValueError(f"a scope of table {table.name} is made of key columns, not of {', '.join(self.scope)}")
        if (self.scopes.column_names if self.scopes is not None else []) != list(self.scope):
            raise ValueError(f"the scopes replaced in table {table.name} need the columns {', '.join(self.scope)}")
        if unknown := set(self.stamp) - set(table.schema.names):
            raise ValueError(f"table {table.name} has no column {', '.join(sorted(unknown))} to stamp")

    @property
    def removal(self) -> str:
        """The column of the mark."""
        assert self.table.removal is not None
        return self.table.removal

    @property
    def mark(self) -> Mapping[str, object]:
        """What a row that is gone gets, by column."""
        return {self.removal: self.removed_at, **self.stamp}

    @property
    def instants(self) -> tuple[str, ...]:
        """The version columns that are instants; one after `removed_at` shows a later reader."""
        return tuple(c for c in self.table.version if pa.types.is_timestamp(self.table.schema.field(c).type))

    @property
    def is_empty(self) -> bool:
        """Whether not one scope is replaced."""
        return self.scopes is not None and not self.scopes.num_rows

    @property
    def scope_table(self) -> Table:
        """A table of scopes, to load them like rows."""
        schema = pa.schema([self.table.schema.field(c) for c in self.scope])
        return Table(self.table.name, schema, key=self.scope)

    def refuse_strays(self, rows: pa.Table) -> None:
        """See to it that all rows belong to scopes that are replaced.

        Args:
            rows: At least the columns of `scope`.

        Raises:
            WarehouseError: If some do not.
        """
        if self.scopes is None:
            return
        scope = list(self.scope)
        listed = conformed(self.scope_table, self.scopes)
        found = rows.select(scope).group_by(scope).aggregate([])
        if strays := found.join(listed, scope, join_type="left anti").num_rows:
            raise WarehouseError(
                f"rows for table {self.table.name} belong to {strays} scopes that are not to be replaced "
                f"({', '.join(scope)}); nothing was written"
            )


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
class Delete:
    """Takes the rows that meet the conditions out of a table."""

    table: Table
    where: Filters


Write = Merge | Replace | Patch | Delete

WriteAfter = Callable[[Sequence[Counts]], Write]
"""A write that depends on what the writes before it in the same commit have done: SYNCS says how many rows."""


def is_idle(write: Write | WriteAfter) -> bool:
    """Whether a write cannot change anything, whatever is stored."""
    match write:
        case Merge() | Patch():
            return not length(write.rows)
        case Replace():
            return write.is_empty and not length(write.rows)
    return False


def length(rows: Stage | pa.Table) -> int:
    """How many rows there are, those with one key counted each time."""
    return rows.rows if isinstance(rows, Stage) else rows.num_rows
