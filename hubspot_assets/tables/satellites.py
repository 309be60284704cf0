"""What the tables around the records have in common: how their columns are declared, and how columns are filled."""

# pyarrow.compute makes its functions at import, where pyright cannot see them.
# pyright: reportAttributeAccessIssue=false

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.tables import values
from hubspot_assets.tables.columns import typed
from hubspot_assets.tables.schema import ColumnType
from hubspot_assets.warehouse.base import COMMENT, Table

TEXT = pa.string()
INTEGER = pa.int64()
BOOLEAN = pa.bool_()
INSTANT = pa.timestamp("us")
DECIMAL = ColumnType.NUMBER.arrow

Column = tuple[str, pa.DataType, str]
"""Name, type, and what a reader of the table should know about it."""

_PROVENANCE: Sequence[Column] = (
    ("INGESTEDAT", INSTANT, "When HubSpot answered, by HubSpot's clock (UTC)."),
    ("SYNCID", TEXT, "The row of SYNCS that wrote this row."),
)
REMOVAL: Mapping[str, str] = {
    "REMOVEDAT": "When a sync first knew that it is no longer so; NULL while it is.",
    "DELETEDAT": "When a sync first knew that HubSpot no longer has it; NULL while it has.",
}


def field(name: str, type_: pa.DataType, comment: str) -> pa.Field:
    """Return a column with its comment."""
    return pa.field(name, type_, metadata={COMMENT: comment.encode()})


def satellite(
    name: str,
    columns: Sequence[Column],
    *,
    key: tuple[str, ...],
    comment: str,
    removal: str | None = None,
    json: tuple[str, ...] = (),
    immutable: bool = False,
) -> Table:
    """Return a table of these columns, of the instant of removal where it has one, and of where a row came from."""
    removed: Sequence[Column] = ((removal, INSTANT, REMOVAL[removal]),) if removal else ()
    return Table(
        name=name,
        schema=pa.schema([field(*column) for column in (*columns, *removed, *_PROVENANCE)]),
        key=key,
        provenance=("INGESTEDAT", "SYNCID"),
        json=json,
        removal=removal,
        immutable=immutable,
        comment=comment,
    )


def filled(table: Table, columns: Mapping[str, Any], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return rows of a satellite's table.

    Args:
        table: Made by `satellite`.
        columns: By column name, sequences of equal length, in HubSpot's spelling: instants as ISO 8601 text or epoch
            milliseconds, ids as text. Columns that are not here are NULL.
        read_at: When HubSpot answered (aware).
        sync_id: The sync that writes them.

    Raises:
        UnreadableAnswer: A value does not fit its column.
    """
    count = len(next(iter(columns.values())))
    constants = {"INGESTEDAT": read_at.astimezone(UTC).replace(tzinfo=None), "SYNCID": sync_id}
    arrays = []
    for column in table.schema:
        if column.name in constants:
            arrays.append(pa.repeat(pa.scalar(constants[column.name], column.type), count))
        elif column.name in columns:
            arrays.append(_array(columns[column.name], column, table.name))
        else:
            arrays.append(pa.nulls(count, column.type))
    return pa.table(arrays, schema=table.schema)


def text_array(texts: Sequence[str | None]) -> pa.Array:
    """Return a column of texts; half a surrogate pair, which no UTF-8 column can hold, as its JSON escape."""
    try:
        return pa.array(texts, TEXT)
    except UnicodeEncodeError:
        return pa.array([None if text is None else _encodable(text) for text in texts], TEXT)


def json_text(value: object) -> str | None:
    """Return a value as compact JSON text; None for nothing."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)[1:-1]
    return text


def _array(column: Any, field_: pa.Field, table: str) -> pa.Array:  # noqa: ANN401
    if isinstance(column, pa.Array):
        return column if column.type == field_.type else column.cast(field_.type)
    try:
        return _READERS.get(field_.type, _as_it_is(field_.type))(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError, OverflowError) as error:
        raise UnreadableAnswer(
            f"HubSpot sent a value that does not fit the column {field_.name} of {table}: {error}."
        ) from error


def _as_it_is(type_: pa.DataType) -> Callable[[Sequence[Any]], pa.Array]:
    return lambda column: pa.array(column, type_)


def _integers(column: Sequence[Any]) -> pa.Array:
    return pa.array([None if each is None or each == "" else int(each) for each in column], INTEGER)


def _instants(column: Sequence[Any]) -> pa.Array:
    if any(isinstance(each, datetime) for each in column):
        return pa.array([None if each is None else each.astimezone(UTC).replace(tzinfo=None) for each in column])
    texts = pa.array([None if each is None else str(each) for each in column], TEXT)
    instants, unfit = typed(texts, ColumnType.TIMESTAMP)
    if unfit:
        raise ValueError(f"{next(iter(unfit.values()))!r} is not an instant")
    return instants


def _decimals(column: Sequence[Any]) -> pa.Array:
    read: list[Decimal | None] = [None if each is None or each == "" else values.number(str(each)) for each in column]
    for each, number in zip(column, read, strict=True):
        if number is None and each not in (None, ""):
            raise ValueError(f"{each!r} is not a number")
    return pa.array(read, DECIMAL)


_READERS: Mapping[pa.DataType, Callable[[Sequence[Any]], pa.Array]] = {
    TEXT: text_array,
    INTEGER: _integers,
    INSTANT: _instants,
    DECIMAL: _decimals,
}
