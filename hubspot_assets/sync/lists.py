"""Bringing lists, and who is in them, into line with HubSpot.

All lists are read at each sync, 500 a request. Members cost a request per 250, so they are read of those lists only
of which HubSpot tells something else than when their members were last read, and of all of them once a week, since
how fresh that is nobody documents. Where it looks as if records had only joined, those that joined lately are read;
as many as HubSpot counts must then be stored, or the list is read whole.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from hubspot_assets.hubspot.list_members import JoinedSince, Members, MembersRead
from hubspot_assets.hubspot.lists import RecordList, lists
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.list_stamps import Change, Stamp, Stamps
from hubspot_assets.sync.planned_ids import ranges_of, within
from hubspot_assets.sync.reference import Answer
from hubspot_assets.sync.source import Batch, Interrupted, Mode, Plan, Rows, Target, Unavailable, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.tables.lists import LIST_MEMBERSHIPS, list_rows, membership_rows
from hubspot_assets.warehouse.base import Aggregate, Filter, Filters, Warehouse, Write

STRATEGY = "lists"
"""How members are read (column STRATEGY of SYNCS)."""
STAMPS = "stamps"
"""Key of a sync's notes: what HubSpot told of each list when its members were read."""
WHOLE_AT = "whole_at"
"""Key of a sync's notes: when the members of all lists were last read."""
WEEK = timedelta(days=7) - timedelta(hours=1)
"""How long nothing but what HubSpot tells is gone by; a little less, so that a daily schedule keeps the day."""

MILLISECOND = timedelta(milliseconds=1)
"""What HubSpot's instants are told to."""

STANDING: Filter = ("REMOVEDAT", "is null", None)


class ListsReading:
    """The lists of an account, asked for once by all that need them.

    Args:
        client: The HubSpot client.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    @cached_property
    def found(self) -> Mapping[int, RecordList]:
        """All lists, by id."""
        return {int(each.list_id): each for each in lists(self.client)}

    def lists(self, sync_id: str) -> Answer:
        """Return all lists."""
        read_at = self.client.now()
        return Answer(list_rows(list(self.found.values()), read_at=read_at, sync_id=sync_id))


@dataclass(frozen=True, kw_only=True)
class MembershipsPlan(Plan):
    """What one sync of members is going to do.

    Attributes:
        lists: Ids of the lists whose members may be others, ascending; those that are gone too.
        joined: Questions for those of them that records seem only to have joined.
    """

    lists: np.ndarray = field(default_factory=lambda: np.array([], np.int64))
    joined: Mapping[int, JoinedSince] = field(default_factory=dict)


@dataclass
class MembershipsSource:
    """The members of all lists.

    Attributes:
        reading: The lists.
        full: Whether to read the members of all of them.
        sync_id: The id of this sync.
    """

    reading: ListsReading
    full: bool = False
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self.name = "list memberships"
        self.target = Target(LIST_MEMBERSHIPS.name)
        self._expected: dict[int, set[int | None]] = {}
        self._lists_read = 0

    def look(self, state: State, warehouse: Warehouse) -> None:
        """Look at nothing: only HubSpot knows which lists have moved."""

    def plan(self, state: State, warehouse: Warehouse) -> MembershipsPlan:
        """See what HubSpot tells of the lists, and what it told when their members were last read."""
        now, notes = self.reading.client.now(), state.notes or {}
        mode = state.mode(full=self.full)
        if mode is Mode.INCREMENTAL and now - _instant(notes.get(WHOLE_AT)) >= WEEK:
            mode = Mode.FULL
        interrupted = state.resumable(mode)
        try:
            told = Stamps.of(self.reading.found)
        except (MissingScopes, Forbidden) as error:
            raise Unavailable(str(error)) from None
        before = _stamps(notes) if mode is Mode.INCREMENTAL else dict.fromkeys(_stored(warehouse))
        changes = {id_: stamp.since(before.get(id_)) for id_, stamp in told.items()}
        moved = {id_ for id_, change in changes.items() if change is not Change.NONE}
        ids = np.array(sorted(moved | (before.keys() - told.keys())), np.int64)
        if interrupted is not None:
            ids = _left(ids, told, interrupted)
        joined = {id_ for id_ in ids.tolist() if changes.get(id_) is Change.JOINS}
        idle = mode is Mode.INCREMENTAL and interrupted is None and not len(ids)
        return MembershipsPlan(
            mode=mode,
            strategy=STRATEGY,
            window=interrupted.window if interrupted else Window(None, now),
            covered_until=now,
            idle=idle,
            sentence="nothing has changed" if idle else f"reads the members of {len(ids):,} of {len(told):,} lists",
            table=LIST_MEMBERSHIPS,
            interrupted=interrupted,
            expected=sum(_size(self.reading.found[id_]) or 0 for id_ in ids.tolist() if id_ in told.keys() - joined),
            notes={
                STAMPS: told.to_text(),
                WHOLE_AT: notes.get(WHOLE_AT) if mode is Mode.INCREMENTAL else now.isoformat(),
            },
            lists=ids,
            joined=_questions(warehouse, joined),
        )

    def read(self, plan: MembershipsPlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """End the memberships of lists that are gone, and read those of the others, the largest lists first."""
        gone = np.array([id_ for id_ in plan.lists.tolist() if id_ not in self.reading.found], np.int64)
        if len(gone):
            nobody = LIST_MEMBERSHIPS.schema.empty_table()
            yield Batch((Rows(LIST_MEMBERSHIPS, nobody, _scopes(gone)),), 0, ends=ranges_of(gone, plan.lists))
        for members in self._read(plan.lists.tolist(), plan.joined):
            if members.whole:
                yield self._whole(members, plan)
            else:
                # Only once they are counted, it is known whether these are all that changed.
                id_ = int(members.list_id)
                self._expected[id_] = {members.total, _size(self.reading.found[id_])}
                yield Batch((Rows(LIST_MEMBERSHIPS, self._rows(members)),), len(members))

    def conclude(self, plan: MembershipsPlan, commits: Commits) -> Sequence[Write]:
        """Count the members of the lists of which only a part was read; where it cannot be all, read them whole."""
        if self._expected:
            commits.commit()
            counts = {id_: count for id_, (count, _) in _known(commits.warehouse, self._expected).items()}
            wrong = [id_ for id_, expected in self._expected.items() if counts.get(id_, 0) not in expected]
            for members in self._read(wrong, {}):
                commits.add(self._whole(members, plan))
        return ()

    def facts(self) -> dict[str, int]:
        """Return how many lists were read."""
        return {"lists_read": self._lists_read}

    def _read(self, ids: Iterable[int], joined: Mapping[int, JoinedSince]) -> Iterator[Members]:
        """Members of lists, many at once; the largest first, so that none is left to be read alone in the end."""
        found = self.reading.found
        there = sorted((id_ for id_ in ids if id_ in found), key=lambda id_: -(_size(found[id_]) or 0))
        for members in MembersRead(self.reading.client, [joined.get(id_, str(id_)) for id_ in there]):
            self._lists_read += 1
            yield members

    def _whole(self, members: Members, plan: MembershipsPlan) -> Batch:
        """All members of a list."""
        id_ = np.array([int(members.list_id)])
        rows = Rows(LIST_MEMBERSHIPS, self._rows(members), _scopes(id_))
        return Batch((rows,), len(members), ends=ranges_of(id_, plan.lists))

    def _rows(self, members: Members) -> pa.Table:
        of_list = self.reading.found[int(members.list_id)]
        return membership_rows(members, of_list.object_type_id, sync_id=self.sync_id)


def _instant(noted: Any) -> datetime:  # noqa: ANN401
    return datetime.fromisoformat(noted) if noted else datetime.min.replace(tzinfo=UTC)


def _stamps(notes: Mapping[str, Any] | None) -> Mapping[int, Stamp]:
    return Stamps.from_text(notes[STAMPS]) if notes and STAMPS in notes else {}


def _size(found: RecordList) -> int | None:
    return None if found.size is None else int(found.size)


def _stored(warehouse: Warehouse) -> set[int]:
    """The lists that have members in the table."""
    if warehouse.schema(LIST_MEMBERSHIPS.name) is None:
        return set()
    found = warehouse.aggregate(LIST_MEMBERSHIPS.name, ["LISTID"], {}, [STANDING])
    return {int(each) for each in found["LISTID"].to_pylist()}


def _known(warehouse: Warehouse, ids: Collection[int]) -> Mapping[int, tuple[int, datetime]]:
    """How many members the table has of each of some lists, and when the last of them joined; of none, nothing."""
    if not ids:
        return {}
    of_lists: Filters = [STANDING, ("LISTID", "in", [str(id_) for id_ in ids])]
    values: Mapping[str, Aggregate] = {"OBJECTID": "count", "MEMBERSHIPAT": "max"}
    rows = warehouse.aggregate(LIST_MEMBERSHIPS.name, ["LISTID"], values, of_lists).to_pylist()
    return {int(row["LISTID"]): (row["OBJECTID"], row["MEMBERSHIPAT"].replace(tzinfo=UTC)) for row in rows}


def _questions(warehouse: Warehouse, ids: Collection[int]) -> Mapping[int, JoinedSince]:
    """Ask for those who joined after the last that are known; who joined in the same millisecond will be counted."""
    return {id_: JoinedSince(str(id_), at + MILLISECOND) for id_, (_, at) in _known(warehouse, ids).items()}


def _left(ids: np.ndarray, told: Stamps, interrupted: Interrupted) -> np.ndarray:
    """What an earlier sync left to be read, or read before it became something else."""
    then, outstanding = _stamps(interrupted.work.notes), within(ids, interrupted.work.outstanding)
    moved = [told[id_].since(then.get(id_)) is not Change.NONE if id_ in told else id_ in then for id_ in ids.tolist()]
    return ids[outstanding | np.array(moved, bool)]


def _scopes(ids: np.ndarray) -> pa.Table:
    return pa.table({"LISTID": pa.array([str(each) for each in ids.tolist()], pa.string())})
