"""Whole columns of text to typed columns, at the speed of Arrow's casts.

The casts here read a part of what `values` reads and refuse a whole column for one value beyond it (the tests
hold them to that). So a column that casts is right; in one that does not, what is spelt as usual is cast and the
rest goes through `values`. DuckDB's TRY_CAST is no replacement: it rounds numbers, reads ` 1`, `1_000`, `epoch` and
datetimes without a zone, and guarded against these by patterns it takes about five times as long.
"""

# pyarrow.compute makes its functions at import, where pyright cannot see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_assets.tables import values
from hubspot_assets.tables.schema import ColumnType

Unfit = Mapping[int, str]
"""Row -> text of the values that do not fit their column."""


def typed(texts: pa.Array, column_type: ColumnType) -> tuple[pa.Array, Unfit]:
    """Read a column of text as values of a type.

    Args:
        texts: Strings; null and "" both mean that there is no value.
        column_type: The type to read them as.

    Returns:
        An array of the column type, null where there is no value or where it does not fit; and the texts that
        do not fit, by row.
    """
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), column_type.arrow), {}
    texts = without_blanks(texts)
    if column_type is ColumnType.TEXT:
        return texts, {}
    try:
        return _CASTS[column_type](texts), {}
    except pa.ArrowInvalid:
        array = _with_nulls(texts, column_type)
    rows = pc.indices_nonzero(pc.and_(pc.is_valid(texts), pc.is_null(array)))
    return array, dict(zip(rows.to_pylist(), texts.take(rows).to_pylist(), strict=True))


def without_blanks(texts: pa.Array) -> pa.Array:
    """Return the same texts, with null for ""."""
    return pc.if_else(pc.not_equal(texts, ""), texts, pa.scalar(None, texts.type))


def _number(texts: pa.Array) -> pa.Array:
    # Beyond 28 integer digits Arrow's cast may overflow unnoticed: it reads 4E28 as 59717633079... Up to 28
    # characters without an exponent cannot get there.
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > 28 or pc.any(pc.match_substring(pc.ascii_lower(texts), "e")).as_py():
        raise pa.ArrowInvalid("a number that might overflow")
    return pc.cast(texts, ColumnType.NUMBER.arrow)


def _boolean(texts: pa.Array) -> pa.Array:
    # Arrow's own cast also takes "0" and "1", which are not HubSpot's booleans.
    lowered = pc.ascii_lower(texts)
    true = pc.equal(lowered, "true")
    if not pc.all(pc.or_(true, pc.equal(lowered, "false")), min_count=0).as_py():
        raise pa.ArrowInvalid("neither true nor false")
    return true


def _date(texts: pa.Array) -> pa.Array:
    return _within_years(pc.cast(texts, ColumnType.DATE.arrow), date.min, date.max)


def _timestamp(texts: pa.Array) -> pa.Array:
    # By milliseconds with a zone, so that finer fractions and datetimes without a zone are refused.
    milliseconds = pc.cast(texts, pa.timestamp("ms", "UTC"))
    naive = pc.cast(milliseconds, pa.timestamp("us", "UTC")).view(ColumnType.TIMESTAMP.arrow)
    return _within_years(naive, datetime.min, datetime.max)


def _within_years(array: pa.Array, first: object, last: object) -> pa.Array:
    """Refuse the year 0, which Arrow reads and neither Python nor Snowflake knows, and what lies past 9999."""
    extremes = pc.min_max(array)
    first, last = pa.scalar(first, array.type), pa.scalar(last, array.type)
    if pc.less(extremes["min"], first).as_py() or pc.greater(extremes["max"], last).as_py():
        raise pa.ArrowInvalid("outside the years 1 to 9999")
    return array


_CASTS: Mapping[ColumnType, Callable[[pa.Array], pa.Array]] = {
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _timestamp,
}

_VALUES: Mapping[ColumnType, Callable[[str], Any]] = {
    ColumnType.NUMBER: values.number,
    ColumnType.BOOLEAN: values.boolean,
    ColumnType.DATE: values.date,
    ColumnType.TIMESTAMP: values.timestamp,
}

_DAY = r"[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
# The usual spellings, which all cast: of numbers up to 28 characters, of days those of a real calendar.
_USUAL: Mapping[ColumnType, str] = {
    ColumnType.NUMBER: r"^-?[0-9]{1,17}(\.[0-9]{1,9})?$",
    ColumnType.BOOLEAN: r"^(true|false)$",
    ColumnType.DATE: f"^{_DAY}$",
    ColumnType.TIMESTAMP: rf"^{_DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,3}})?Z$",
}


def _with_nulls(texts: pa.Array, column_type: ColumnType) -> pa.Array:
    """Read a column that does not cast as a whole: null where a text does not fit."""
    usual = pc.match_substring_regex(texts, _USUAL[column_type])
    nothing = pa.scalar(None, texts.type)
    cast = _CASTS[column_type](pc.if_else(usual, texts, nothing))
    others = pc.if_else(usual, nothing, texts).dictionary_encode()
    read = [_VALUES[column_type](text) for text in others.dictionary.to_pylist()]
    return pc.coalesce(cast, pa.array(read, column_type.arrow).take(others.indices))
