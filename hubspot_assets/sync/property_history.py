"""Keeping every version that HubSpot ever showed of chosen properties.

HubSpot keeps a bounded number of versions for each property and gives them by id only, so the records whose rows have
changed in the warehouse are read again, and what was read once stays, also when HubSpot has dropped it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

import numpy as np

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.property_history import HistoryBatch, HistoryRead
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.criteria import Choice
from hubspot_assets.sync.planned_ids import ids_of, ranges_of, within
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.records.record_table import PROPERTY_DEFINITIONS
from hubspot_assets.sync.source import Batch, Mode, Plan, Rows, Target, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.sync.upstream import upstream_of
from hubspot_assets.tables.property_history import history_table, version_rows
from hubspot_assets.warehouse.base import Filter, Filters, Warehouse, Write

STRATEGY = "batch"
"""How versions are read (column STRATEGY of SYNCS)."""
PROPERTIES = "properties"
"""Key of a sync's notes: which properties it read."""

LIVE: Filter = ("DELETIONREASON", "is null", None)
ARCHIVED: Filter = ("DELETIONREASON", "=", "archived")


def chosen_columns(warehouse: Warehouse, object_type: ObjectType, property_filter: PropertyFilter) -> Mapping[str, str]:
    """Return the columns of the properties that the records' table has, as far as they are chosen, by property."""
    if warehouse.schema(PROPERTY_DEFINITIONS.name) is None:
        return {}
    of_type: Filters = (
        ("OBJECTTYPEID", "=", object_type.object_type_id),
        ("COLUMNNAME", "is not null", None),
        ("ARCHIVED", "!=", True),
    )
    rows = warehouse.read(PROPERTY_DEFINITIONS.name, ["NAME", "COLUMNNAME"], of_type).to_pylist()
    columns = {row["NAME"]: row["COLUMNNAME"] for row in rows}
    return {name: columns[name] for name in sorted(filter(property_filter.admits, columns))}


def digest_of(properties: Iterable[str]) -> str:
    """Return a text that is the same for the same choice of properties."""
    return hashlib.sha256(" ".join(properties).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class HistoryPlan(Plan):
    """What one sync of versions is going to do.

    Attributes:
        live: Live records to read, ascending.
        archived: Records to read from the recycle bin, ascending.
        properties: The properties.
    """

    live: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    archived: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    properties: Sequence[str] = ()


@dataclass
class PropertyHistorySource:
    """The versions of chosen properties of one object type.

    Attributes:
        client: The HubSpot client.
        object_type: Whose records.
        property_filter: Which of the properties that the records' table has.
        full: Whether to read every record.
        sync_id: The id of this sync.
    """

    client: Client
    object_type: ObjectType
    property_filter: PropertyFilter = field(default_factory=PropertyFilter)
    full: bool = False
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self._table = history_table(self.object_type)
        self.name = f"{self.object_type.name} property history"
        chosen = Choice.of("HUBSPOT_PROPERTY_HISTORY", self.property_filter.allow)
        self.target = Target(self._table.name, self.object_type.object_type_id, criteria=(chosen,))
        self._plan = HistoryPlan(mode=Mode.INCREMENTAL, strategy=STRATEGY, idle=True)

    def look(self, state: State, warehouse: Warehouse) -> None:
        """See which records have changed since, and which properties are to be read."""
        now, properties = self.client.now(), list(chosen_columns(warehouse, self.object_type, self.property_filter))
        digest = digest_of(properties)
        mode = state.mode(full=self.full)
        if mode is Mode.INCREMENTAL and (state.notes or {}).get(PROPERTIES) != digest:
            mode = Mode.FULL
        upstream = upstream_of(warehouse, [self.object_type.table], state)
        interrupted = state.resumable(mode)
        if interrupted is not None and (interrupted.work.notes or {}).get(PROPERTIES) != digest:
            # What that one has read is stored; of other properties it has read nothing.
            interrupted = None
        written: Filters = () if mode is not Mode.INCREMENTAL else self._written(upstream.new)
        live, archived = (self._ids(warehouse, (each, *written)) for each in (LIVE, ARCHIVED))
        if interrupted is not None:
            # What changed since that one looked is read, whether it had read it or not.
            later = upstream_of(
                warehouse, [self.object_type.table], State(state.covered_until, notes=interrupted.work.notes)
            )
            anew = [self._ids(warehouse, (each, *self._written(later.new))) for each in (LIVE, ARCHIVED)]
            left = interrupted.work.outstanding
            live, archived = (
                np.union1d(ids[within(ids, left)], new) for ids, new in zip((live, archived), anew, strict=True)
            )
        count = len(live) + len(archived)
        self._plan = HistoryPlan(
            mode=mode,
            strategy=STRATEGY,
            window=interrupted.window if interrupted else Window(None, now),
            covered_until=now,
            idle=mode is Mode.INCREMENTAL and interrupted is None and not count,
            sentence=f"reads the versions of {len(properties):,} properties of {count:,} records"
            if count
            else "nothing has changed",
            table=self._table,
            interrupted=interrupted,
            expected=count,
            notes={**upstream.notes, PROPERTIES: digest},
            live=live,
            archived=archived,
            properties=properties,
        )

    def plan(self, state: State, warehouse: Warehouse) -> HistoryPlan:  # noqa: ARG002
        """Return what `look` found to be done; HubSpot has nothing to add."""
        return self._plan

    def read(self, plan: HistoryPlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """Read the live records, then those in the recycle bin."""
        planned = np.union1d(plan.live, plan.archived)
        for ids, archived in ((plan.live, False), (plan.archived, True)):
            read = HistoryRead(self.client, self.object_type.path, ids.tolist(), plan.properties, archived=archived)
            for batch in read if len(ids) and plan.properties else ():
                yield self._batch(batch, planned)

    def conclude(self, plan: HistoryPlan, commits: Commits) -> Sequence[Write]:  # noqa: ARG002
        """Do nothing: versions never go."""
        return ()

    def facts(self) -> dict[str, int]:
        """Return nothing: the counts say it all."""
        return {}

    def _batch(self, batch: HistoryBatch, planned: np.ndarray) -> Batch:
        rows = version_rows(
            self._table,
            self.object_type.object_type_id,
            batch.rows,
            read_at=batch.read_at.astimezone(UTC),
            sync_id=self.sync_id,
        )
        return Batch((Rows(self._table, rows),), len(batch.done), ends=ranges_of(np.array(batch.done), planned))

    def _written(self, new: Mapping[str, Sequence[str]]) -> Filters:
        return (("SYNCID", "in", new[self.object_type.table]),)

    def _ids(self, warehouse: Warehouse, where: Filters) -> np.ndarray:
        return ids_of(warehouse, self.object_type.table, "OBJECTID", where)
