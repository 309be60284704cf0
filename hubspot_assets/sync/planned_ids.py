"""Ids of records that a follower plans to read, as arrays: which there are, which are left, which are done."""

from collections.abc import Sequence

import numpy as np

from hubspot_assets.hubspot.records.id_ranges import IdRange, Outstanding
from hubspot_assets.warehouse.base import Filter, Warehouse


def ids_of(warehouse: Warehouse, table: str, column: str, where: Sequence[Filter]) -> np.ndarray:
    """The different values of a column of ids, ascending; none where there is no such table."""
    if warehouse.schema(table) is None:
        return np.array([], np.int64)
    return np.unique(warehouse.read(table, [column], where)[column].to_numpy())


def within(ids: np.ndarray, outstanding: Outstanding) -> np.ndarray:
    """Which of some ids lie in what is outstanding."""
    inside = np.zeros(len(ids), bool)
    for range_ in outstanding.ranges:
        inside |= (ids >= range_.start) & (ids < (range_.stop if range_.stop is not None else np.iinfo(np.int64).max))
    return inside


def ranges_of(done: np.ndarray, planned: np.ndarray) -> tuple[IdRange, ...]:
    """The ranges of ids of which, among all planned, none but those done are in.

    Args:
        done: Some of the planned ids.
        planned: All of them, ascending.
    """
    places = np.sort(np.searchsorted(planned, done))
    if not len(places):
        return ()
    starts = places[np.concatenate(([True], np.diff(places) > 1))]
    ends = places[np.concatenate((np.diff(places) > 1, [True]))]
    return tuple(
        IdRange(int(planned[start]) if start else 0, int(planned[end + 1]) if end + 1 < len(planned) else None)
        for start, end in zip(starts, ends, strict=True)
    )
