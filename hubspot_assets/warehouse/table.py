"""What a sync wants to exist: tables and views, and how what is stored came to differ from before."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

UNPARSED = "UNPARSED"
"""JSON column of the values that did not fit their column's type: `{"property name": "raw text"}`."""

PROPERTY = b"property"
"""Key in an Arrow field's metadata: the property the column holds, as UNPARSED names it."""

COMMENT = b"comment"
"""Key in an Arrow field's metadata: what a reader of the table should know about the column."""


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
        removal: Column of the instant at which a row was first known gone (REMOVEDAT, DELETEDAT); NULL while it is
            there. Only a table that has one can be the target of a `Replace`.
        immutable: Rows with one key never differ: what is stored is left alone, without a look at its values.
        comment: What a reader of the database should know about the table.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    version: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    removal: str | None = None
    immutable: bool = False
    comment: str | None = None

    def __post_init__(self) -> None:
        known = set(self.schema.names)
        removal = (self.removal,) if self.removal else ()
        named = (*self.key, *self.version, *self.provenance, *self.json, *removal)
        unknown = [column for column in named if column not in known]
        if unknown or not self.key:
            raise ValueError(f"table {self.name} needs key columns of its schema; not there: {unknown}")
        if self.immutable and self.removal:
            raise ValueError(f"rows of table {self.name} cannot be immutable and yet be marked in {self.removal}")


_DIGEST = re.compile(r"\[hubspot-assets [0-9a-f]{16}\]$")


@dataclass(frozen=True)
class View:
    """A view over tables of the same destination.

    Attributes:
        name: Upper-case name.
        query: A SELECT in the destination's dialect that names tables without their schema, so that it works
            wherever the schema is found.
        comment: What a reader of the database should know about the view.
    """

    name: str
    query: str
    comment: str = ""

    @property
    def stored_comment(self) -> str:
        """The comment as it is stored: it ends with a digest, by which a changed view is known."""
        digest = hashlib.sha256(f"{self.query}\0{self.comment}".encode()).hexdigest()[:16]
        return f"{self.comment} [hubspot-assets {digest}]".lstrip()

    @staticmethod
    def is_ours(stored_comment: str | None) -> bool:
        """Whether a stored comment is one that we wrote beside a view."""
        return stored_comment is not None and _DIGEST.search(stored_comment) is not None


@dataclass(frozen=True)
class SchemaChange:
    """One difference that `Warehouse.ensure` or `Warehouse.ensure_views` made.

    Attributes:
        table: Name of the table or view.
        kind: "created" (the table or view), "added" (a column), "widened" (a column, to text) or "replaced" (a view).
        column: Name of the column, None for a table or view as a whole.
        was: The destination's name of the type that a widened column had.
    """

    table: str
    kind: Literal["created", "added", "widened", "replaced"]
    column: str | None = None
    was: str | None = None
