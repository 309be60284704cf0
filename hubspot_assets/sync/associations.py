"""Bringing the associations of one directed pair of object types into line with HubSpot.

HubSpot moves no record's last-modified when an association changes (airbytehq/airbyte#27199, #44554), so what changed
in the warehouse decides whose associations are read again: records that a sync wrote, records associated with one
that a sync wrote, and those that the opposite direction of the pair says something else about. Everything is read at
first, when asked, and when that takes few requests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.associations import BATCH_SIZE, AssociationBatch, AssociationRead, PairNotAllowed
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.planned_ids import ids_of, ranges_of, within
from hubspot_assets.sync.run import UNAVAILABLE
from hubspot_assets.sync.source import Batch, Mode, Plan, Rows, Target, Unavailable, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.sync.upstream import upstream_of
from hubspot_assets.tables.associations import AssociationsTable
from hubspot_assets.warehouse.base import Filter, Warehouse, Write

FEW_REQUESTS = 20
"""So many are spent on everything rather than on finding out what can have changed."""

STRATEGY = "batch"
"""How associations are read (column STRATEGY of SYNCS)."""

LIVE: Filter = ("DELETIONREASON", "is null", None)
GONE: Filter = ("DELETIONREASON", "is not null", None)
STANDING: Filter = ("REMOVEDAT", "is null", None)


@dataclass(frozen=True, kw_only=True)
class AssociationsPlan(Plan):
    """What one sync of associations is going to do.

    Attributes:
        ids: The records to ask HubSpot about, ascending.
        gone: Records that HubSpot no longer has, whose associations end.
    """

    ids: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    gone: np.ndarray = field(default_factory=lambda: np.array([], np.int64))


@dataclass
class AssociationsSource:
    """The associations from the records of one object type to those of another.

    Attributes:
        client: The HubSpot client.
        from_type: Whose associations.
        to_type: To what.
        full: Whether to read everything.
        sync_id: The id of this sync.
    """

    client: Client
    from_type: ObjectType
    to_type: ObjectType
    full: bool = False
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self._table = AssociationsTable.of(self.from_type, self.to_type)
        self._reverse = AssociationsTable.of(self.to_type, self.from_type)
        self.name = f"{self.from_type.name} to {self.to_type.name}"
        self.target = Target(self._table.name)
        self._plan = AssociationsPlan(mode=Mode.INCREMENTAL, strategy=STRATEGY, idle=True)

    def look(self, state: State, warehouse: Warehouse) -> None:
        """See which syncs have written since, and whose associations may therefore be others."""
        self._table, self._reverse = (
            AssociationsTable.of(one, other, warehouse.schema(AssociationsTable.of(one, other).name))
            for one, other in ((self.from_type, self.to_type), (self.to_type, self.from_type))
        )
        now = self.client.now()
        mode = state.mode(full=self.full)
        upstream = upstream_of(warehouse, self._followed, state)
        unavailable = (state.notes or {}).get(UNAVAILABLE)
        interrupted = state.resumable(mode)
        if mode is Mode.INCREMENTAL and interrupted is None and (unavailable or not upstream):
            self._plan = AssociationsPlan(
                mode=mode,
                strategy=STRATEGY,
                covered_until=now,
                idle=True,
                sentence=unavailable or "nothing has changed",
                notes=state.notes,
            )
            return
        everything = mode is not Mode.INCREMENTAL
        ids, gone = self._everything(warehouse) if everything else self._changed(warehouse, upstream.new)
        if not everything and len(ids) and self._live(warehouse) <= FEW_REQUESTS * BATCH_SIZE:
            ids, gone = self._everything(warehouse)
        if interrupted is not None:
            # What changed since that one looked is read, whether it had read it or not.
            later = upstream_of(warehouse, self._followed, State(state.covered_until, notes=interrupted.work.notes))
            ids = np.union1d(ids[within(ids, interrupted.work.outstanding)], self._changed(warehouse, later.new)[0])
        self._plan = AssociationsPlan(
            mode=mode,
            strategy=STRATEGY,
            window=interrupted.window if interrupted else Window(None, now),
            covered_until=now,
            # A sync that wrote may have written nothing that matters here.
            idle=mode is Mode.INCREMENTAL and interrupted is None and not len(ids) and not len(gone),
            sentence=f"reads the associations of {len(ids):,} {self.from_type.label.lower()}"
            if len(ids) or len(gone)
            else "nothing has changed",
            table=self._table.table,
            interrupted=interrupted,
            notes=upstream.notes,
            ids=ids,
            gone=gone,
        )

    def plan(self, state: State, warehouse: Warehouse) -> AssociationsPlan:  # noqa: ARG002
        """Return what `look` found to be done; HubSpot has nothing to add."""
        return self._plan

    def read(self, plan: AssociationsPlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """End the associations of records that are gone, and read those of the others."""
        table = self._table.table
        for start in range(0, len(plan.gone), BATCH_SIZE):
            scopes = self._table.scopes(plan.gone[start : start + BATCH_SIZE])
            yield Batch((Rows(table, table.schema.empty_table(), scopes),), 0)
        read = AssociationRead(self.client, self.from_type.path, self.to_type.path, plan.ids.tolist())
        try:
            for batch in read:
                yield self._batch(batch, plan.ids)
        except (PairNotAllowed, Forbidden) as error:
            raise Unavailable(str(error)) from None

    def conclude(self, plan: AssociationsPlan, commits: Commits) -> Sequence[Write]:  # noqa: ARG002
        """Do nothing: each batch says everything about its records."""
        return ()

    def facts(self) -> dict[str, int]:
        """Return nothing: the counts say it all."""
        return {}

    @property
    def _followed(self) -> Sequence[str]:
        """The tables whose changes can change what this one should hold."""
        return tuple(dict.fromkeys((self.from_type.table, self.to_type.table, self._reverse.name)))

    def _batch(self, batch: AssociationBatch, planned: np.ndarray) -> Batch:
        whole = np.array(batch.whole, np.int64)
        rows = self._table.rows(batch.rows, batch.read_at, self.sync_id)
        part = Rows(self._table.table, rows, self._table.scopes(whole))
        return Batch((part,), len(whole), ends=ranges_of(whole, planned))

    def _live(self, warehouse: Warehouse) -> int:
        return warehouse.count(self.from_type.table, [LIVE])

    def _everything(self, warehouse: Warehouse) -> tuple[np.ndarray, np.ndarray]:
        """Every live record, and those that have associations here and are gone.

        What has associations and is in no table, as after that was dropped, only HubSpot can tell about.
        """
        live = ids_of(warehouse, self.from_type.table, "OBJECTID", [LIVE])
        standing = ids_of(warehouse, self._table.name, self._table.from_column, [STANDING])
        gone = self._gone(warehouse, np.setdiff1d(standing, live))
        return np.setdiff1d(np.union1d(live, standing), gone), gone

    def _gone(self, warehouse: Warehouse, ids: np.ndarray) -> np.ndarray:
        """Those of some records that a sync knew to be gone."""
        return ids_of(warehouse, self.from_type.table, "OBJECTID", [GONE, ("OBJECTID", "in", ids.tolist())])

    def _changed(self, warehouse: Warehouse, new: Mapping[str, Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
        """The live records whose associations may be others since some syncs wrote, and those that are gone since."""
        table = self._table
        written: Filter = ("SYNCID", "in", new[self.from_type.table])
        found = [ids_of(warehouse, self.from_type.table, "OBJECTID", [written])]
        partners = ids_of(warehouse, self.to_type.table, "OBJECTID", [("SYNCID", "in", new[self.to_type.table])])
        if len(partners):
            # Ended ones too: they are back with a partner that was restored.
            of_partners: Filter = (table.to_column, "in", partners.tolist())
            found.append(ids_of(warehouse, table.name, table.from_column, [of_partners]))
        if self._reverse.name != table.name and new[self._reverse.name]:
            found += self._disagreeing(warehouse, new[self._reverse.name])
        ids = np.unique(np.concatenate(found))
        live = ids_of(warehouse, self.from_type.table, "OBJECTID", [LIVE, ("OBJECTID", "in", ids.tolist())])
        return live, self._gone(warehouse, np.setdiff1d(ids, live))

    def _disagreeing(self, warehouse: Warehouse, new: Sequence[str]) -> Iterable[np.ndarray]:
        """The records of which the opposite direction says since that they have, or have not, what stands here."""
        table, reverse = self._table, self._reverse
        pair = [table.from_column, table.to_column]
        written: Filter = ("SYNCID", "in", new)
        if warehouse.schema(table.name) is None or warehouse.schema(reverse.name) is None:
            return
        for part in warehouse.missing(reverse.name, [written, STANDING], table.name, [STANDING], pair):
            yield part[table.from_column].to_numpy()
        ended: Filter = ("REMOVEDAT", "is not null", None)
        ids = ids_of(warehouse, reverse.name, table.from_column, [written, ended])
        if len(ids):
            yield ids
