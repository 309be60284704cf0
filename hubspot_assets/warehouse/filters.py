"""Conditions on rows, as every destination understands them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

Comparison = Literal["=", "!=", "<", "<=", ">", ">=", "is null", "is not null", "in"]

Filter = tuple[str, Comparison, object]
"""Column, comparison, value.

The value of "is null" and "is not null" is ignored, that of "in" is a collection. As in SQL a NULL is neither
less nor more than anything; unlike there, "!=" is also true of a NULL.
"""

Filters = Sequence[Filter]
"""Conditions that must all hold; none means every row."""

Aggregate = Literal["max", "min", "sum", "count"]
"""What becomes of the values of a group; a NULL counts as no value, and a group without values gives NULL.

The answer has the type of the column, so `count` is for columns of whole numbers.
"""


def naive_utc(value: object) -> object:
    """A value as the warehouse compares it: an aware datetime as naive UTC, anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
