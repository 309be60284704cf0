"""Columns as HubSpot spells their values, typed at once, for satellites where a row at a time is too slow.

A value that does not fit fails the read. These tables have no place for raw text, and nothing is dropped silently.
"""

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
from hubspot_assets.warehouse.base import Table


def filled(table: Table, columns: Mapping[str, Any], *, read_at: datetime, sync_id: str) -> pa.Table:
    """Return rows of a satellite.

    Args:
        table: Which.
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
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if text is None else encodable(text) for text in texts], pa.string())


def encodable(text: str) -> str:
    """Return a text that a UTF-8 column can hold: itself, or its JSON escape where it has half a surrogate pair."""
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
    return pa.array([None if each is None or each == "" else int(each) for each in column], pa.int64())


def _instants(column: Sequence[Any]) -> pa.Array:
    if any(isinstance(each, datetime) for each in column):
        return pa.array([None if each is None else each.astimezone(UTC).replace(tzinfo=None) for each in column])
    texts = pa.array([None if each is None else str(each) for each in column], pa.string())
    instants, unfit = typed(texts, ColumnType.TIMESTAMP)
    if unfit:
        raise ValueError(f"{next(iter(unfit.values()))!r} is not an instant")
    return instants


def _decimals(column: Sequence[Any]) -> pa.Array:
    read: list[Decimal | None] = [None if each is None or each == "" else values.number(str(each)) for each in column]
    for each, number in zip(column, read, strict=True):
        if number is None and each not in (None, ""):
            raise ValueError(f"{each!r} is not a number")
    return pa.array(read, ColumnType.NUMBER.arrow)


_READERS: Mapping[pa.DataType, Callable[[Sequence[Any]], pa.Array]] = {
    pa.string(): text_array,
    pa.int64(): _integers,
    pa.timestamp("us"): _instants,
    ColumnType.NUMBER.arrow: _decimals,
}
