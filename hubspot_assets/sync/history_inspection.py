"""Looking at the versions of properties after the fact: is the newest one what the record says?"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.sync.finding import Finding
from hubspot_assets.sync.planned_ids import ids_of
from hubspot_assets.sync.property_history import LIVE, PROPERTIES, chosen_columns, digest_of
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.source import Target
from hubspot_assets.sync.state import read_state
from hubspot_assets.sync.upstream import upstream_of
from hubspot_assets.tables.columns import typed
from hubspot_assets.tables.property_history import history_table
from hubspot_assets.tables.schema import ColumnType
from hubspot_assets.warehouse.base import UNPARSED, Filter, Filters, Warehouse

MOST_VALUES = 100_000
"""Values compared at most; of more, records are chosen evenly."""
MOST_NAMED = 5
"""Examples in a sentence."""

_TYPES = {each.arrow: each for each in ColumnType}


@dataclass(frozen=True)
class HistoryInspection:
    """The versions of chosen properties of one object type, beside its records.

    Attributes:
        warehouse: Where both are.
        object_type: Whose.
        property_filter: Which properties.
    """

    warehouse: Warehouse
    object_type: ObjectType
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)

    def newest(self) -> Finding:
        """Compare the newest version of each property with the record's value.

        Records that changed since versions were last read are left out, and so are versions younger than the record.
        """
        table = history_table(self.object_type).name
        state = read_state(self.warehouse, Target(table, self.object_type.object_type_id))
        columns = chosen_columns(self.warehouse, self.object_type, self.property_filter)
        if state.covered_until is None:
            return Finding(False, f"{table} was never synced to its end: materialize its asset.")
        if (state.notes or {}).get(PROPERTIES) != digest_of(columns):
            return Finding(
                True, "The properties are others than when versions were last read; the next sync reads them."
            )
        if not columns:
            return Finding(True, "No property is chosen.")
        late = upstream_of(self.warehouse, [self.object_type.table], state).new[self.object_type.table]
        settled: list[Filter] = [LIVE, *(("SYNCID", "!=", sync_id) for sync_id in late)]
        ids = ids_of(self.warehouse, self.object_type.table, "OBJECTID", settled)
        ids = _evenly(ids, MOST_VALUES // len(columns), state.covered_until)
        of_ids: Filter = ("OBJECTID", "in", ids.tolist())
        records = self.warehouse.read(
            self.object_type.table, ["OBJECTID", "UPDATEDAT", UNPARSED, *columns.values()], [of_ids]
        )
        newest = self._newest(table, [of_ids, ("NAME", "in", list(columns))])
        return _compared(records, columns, newest, table)

    def _newest(self, table: str, where: Filters) -> "Newest":
        versions = self.warehouse.read(table, ["OBJECTID", "NAME", "UPDATEDAT", "VALUE"], where)
        newest: Newest = {}
        for id_, name, at, value in zip(*(column.to_pylist() for column in versions.columns), strict=True):
            known = newest.get((id_, name))
            if known is None or at > known[0]:
                newest[id_, name] = at, [value]
            elif at == known[0]:
                known[1].append(value)
        return newest


Newest = dict[tuple[int, str], tuple[datetime, list[str]]]
"""By record and property: the instant of the newest version, and what was set in that millisecond."""


def _compared(records: pa.Table, columns: Mapping[str, str], newest: Newest, table: str) -> Finding:
    compared, silent, differences = 0, [], []
    unparsed = [json.loads(text) if text else {} for text in records[UNPARSED].to_pylist()]
    rows = list(zip(records["OBJECTID"].to_pylist(), records["UPDATEDAT"].to_pylist(), unparsed, strict=True))
    for name, column in columns.items():
        type_ = _TYPES[records.schema.field(column).type]
        values = records[column].to_pylist()
        told = [newest.get((id_, name)) for id_, _, _ in rows]
        if not any(told) and any(value is not None for value in values):
            silent.append(name)
            continue
        meant = _meant([version[1] if version else [""] for version in told], type_)
        for (id_, updated_at, raw), value, version, possible in zip(rows, values, told, meant, strict=True):
            if version is not None and updated_at is not None and version[0] > updated_at:
                continue
            compared += 1
            if (raw.get(name, value)) not in possible:
                differences.append((id_, name, value, version[1][0] if version else None))
    facts: dict[str, Any] = {"values_compared": compared, "values_that_differ": len(differences)}
    if silent:
        facts["properties_without_versions"] = silent
    aside = f" HubSpot keeps no versions of {', '.join(silent[:MOST_NAMED])}." if silent else ""
    if not differences:
        return Finding(
            True, f"The newest of the versions is the record's value, in {compared:,} of them.{aside}", facts
        )
    examples = "; ".join(
        f"{name} of {id_} is {value!s:.40}, its newest version {version!s:.40}"
        for id_, name, value, version in differences[:MOST_NAMED]
    )
    cure = "Materialize the records, then their property history with `full: true`; if it stays, report it."
    said = f"{len(differences):,} of {compared:,} values differ from their newest version in {table}: {examples}."
    return Finding(False, f"{said} {cure}{aside}", facts)


def _meant(texts: Sequence[Sequence[str]], type_: ColumnType) -> Iterator[list[object]]:
    """What texts mean, as values of a column, or raw where they do not fit it."""
    flat = [text for each in texts for text in each]
    array, unfit = typed(pa.array(flat, pa.string()), type_)
    values = iter([unfit.get(row, value) for row, value in enumerate(array.to_pylist())])
    return ([next(values) for _ in each] for each in texts)


def _evenly(ids: np.ndarray, most: int, at: datetime) -> np.ndarray:
    """At most so many of some ids, others at other times."""
    step = max(-(-len(ids) // max(most, 1)), 1)
    return ids[int(at.timestamp()) % step :: step]
