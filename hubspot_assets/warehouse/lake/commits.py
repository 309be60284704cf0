"""Commits to a lake: every table has a log of its own, so they come one after the other.

All is drawn up first, on this machine: what cannot be done is known before anything is written. The files go up, then
a record of what comes after the first table (`redo.py`). The entry in the log of the first table is the commit; the
others follow in the order of their last writes, so that the row of SYNCS comes last. If this process dies between, or
the store does not answer for long, whoever reads next does the rest.

Each entry is put there by a conditional write. Whoever comes second draws up anew.
"""

import contextlib
import logging
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from hubspot_assets.warehouse.base import Counts, Table, TableNotFound, WarehouseBusy, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.file import is_short_of_memory
from hubspot_assets.warehouse.lake import redo
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.desk import MEMORY, Desk, most_memory
from hubspot_assets.warehouse.lake.draft import Draft
from hubspot_assets.warehouse.lake.log import Logs, Outrun
from hubspot_assets.warehouse.lake.redo import Redo
from hubspot_assets.warehouse.lake.small_files import SmallFiles
from hubspot_assets.warehouse.lake.snapshot import DataFile, opened
from hubspot_assets.warehouse.writes import is_idle

ATTEMPTS = 10

OLD = timedelta(days=1)
"""Age of a record whose commit was never made, after which its writer is dead."""

_log = logging.getLogger(__name__)


class Committer:
    """Commits to the tables of one bucket, one commit at a time.

    Args:
        bucket: Where they are.
        logs: Their logs.
        small_files: Copies of small files.
        wait: Seconds before a commit that came second is drawn up anew.
    """

    def __init__(self, bucket: Bucket, logs: Logs, small_files: SmallFiles, *, wait: float = 0.5) -> None:
        self._bucket = bucket
        self._logs = logs
        self._small_files = small_files
        self._wait = wait
        self._turn = threading.Lock()
        self._memory = MEMORY

    def commit(self, writes: Sequence[Write | WriteAfter]) -> list[Counts]:
        """Do the writes in order.

        Raises:
            TableNotFound: If a table does not exist; nothing is written.
            WarehouseBusy: If others were always faster.
        """
        with self._turn:
            for attempt in range(ATTEMPTS):
                try:
                    return self._attempt(writes)
                except Outrun as outrun:
                    self._say_again(outrun.table, attempt)
                except duckdb.Error as error:
                    # How much DuckDB needs can only be guessed; a guess that once was too low stays doubled.
                    if not is_short_of_memory(error) or self._memory >= most_memory():
                        raise
                    self._memory *= 2
        raise WarehouseBusy(f"Others write to tables of {self._bucket.place} all the time; run it again later.")

    def recover(self) -> None:
        """Do the rest of commits whose writers have died."""
        with self._turn:
            for path, since in redo.kept(self._bucket):
                self._recover(path, since)

    def _attempt(self, writes: Sequence[Write | WriteAfter]) -> list[Counts]:
        with Desk.set_up(self._memory) as desk:
            made, counts, drafts = self._drawn_up(desk, writes)
            order = [name for name in _in_order(made) if drafts[name].is_changed]
            for name in order:
                drafts[name].upload()
            commit = uuid.uuid4().hex
            rest = self._rest(commit, order, drafts, made)
            if rest is not None:
                redo.keep(self._bucket, rest)
            for name in order[:1]:
                try:
                    self.publish(drafts[name], commit=commit)
                except Outrun:
                    if rest is not None:
                        redo.drop(self._bucket, rest.path)
                    raise
            if rest is not None:
                self._follow(desk, rest, drafts)
            return counts

    def _rest(
        self, commit: str, order: Sequence[str], drafts: dict[str, Draft], writes: Sequence[Write]
    ) -> Redo | None:
        """What comes after the first table; None if nothing does."""
        if len(order) < 2:
            return None
        versions = {name: drafts[name].snapshot.version for name in order}
        first = order[0]
        return Redo(
            commit,
            first,
            versions.pop(first) + 1,
            versions,
            [write for name in versions for write in writes if write.table.name == name and not is_idle(write)],
        )

    def _follow(self, desk: Desk, rest: Redo, drafts: dict[str, Draft]) -> None:
        """Commit the tables after the first, each once, whoever else does the same; then the record may go."""
        for name in rest.versions:
            writes = [write for write in rest.writes if write.table.name == name]
            self._commit_once(desk, rest, writes, drafts.get(name))
        redo.drop(self._bucket, rest.path)

    def _commit_once(self, desk: Desk, rest: Redo, writes: Sequence[Write], draft: Draft | None) -> None:
        table = writes[0].table
        for attempt in range(ATTEMPTS):
            if draft is None:
                draft = self._draft(desk, table)
                since = range(rest.versions[table.name] + 1, draft.snapshot.version + 1)
                if any(self._logs.has(table.name, version, rest.commit) for version in since):
                    return
                for write in writes:
                    draft.write(write)
            try:
                self.publish(draft, commit=rest.commit)
                return
            except Outrun:
                self._say_again(table.name, attempt)
                draft = None
        raise WarehouseBusy(f"Others write to tables of {self._bucket.place} all the time; run it again later.")

    def _recover(self, path: str, since: datetime) -> None:
        rest = redo.read(self._bucket, path)
        if rest is None:
            return
        done = self._logs.has(rest.first, rest.version, rest.commit)
        if done is None:
            # Its writer is at work, or has died before it.
            if datetime.now(UTC) - since > OLD:
                redo.drop(self._bucket, path)
        elif not done:
            redo.drop(self._bucket, path)
        else:
            _log.info("A commit to %s was cut short; it is completed", ", ".join(rest.versions))
            with Desk.set_up(self._memory) as desk:
                try:
                    self._follow(desk, rest, {})
                except TableNotFound:
                    # Somebody has dropped it since, and its state with it.
                    redo.drop(self._bucket, path)

    @contextlib.contextmanager
    def draft(self, table: Table, version: int) -> Iterator[Draft]:
        """A draft of one table, for changes that are no writes.

        Raises:
            Outrun: If the table is no longer of this version.
        """
        with Desk.set_up(self._memory) as desk:
            draft = self._draft(desk, table)
            if draft.snapshot.version != version:
                raise Outrun(table.name)
            yield draft

    def publish(self, draft: Draft, schema: pa.Schema | None = None, *, commit: str | None = None) -> None:
        """Put the files of a draft, and perhaps another schema, into the log.

        Args:
            draft: What becomes of the table.
            schema: Its columns, where they are not the stored ones.
            commit: What identifies the commit; None for one that has no other tables.

        Raises:
            Outrun: If somebody else was faster.
        """
        draft.upload()
        new, gone = draft.changes()
        actions = [draft.snapshot.redefined(schema)] if schema is not None else []
        now = int(time.time() * 1_000)
        actions += [*(_removed(file, now) for file in gone), *(_added(file, now) for file in new)]
        if actions:
            self._logs.put(draft.name, draft.snapshot.version + 1, actions, commit or uuid.uuid4().hex)

    def _drawn_up(
        self, desk: Desk, writes: Sequence[Write | WriteAfter]
    ) -> tuple[list[Write], list[Counts], dict[str, Draft]]:
        made: list[Write] = []
        counts: list[Counts] = []
        drafts: dict[str, Draft] = {}
        for write in writes:
            concrete = write(counts) if callable(write) else write
            name = concrete.table.name
            if name not in drafts:
                drafts[name] = self._draft(desk, concrete.table)
            counts.append(drafts[name].write(concrete))
            made.append(concrete)
        return made, counts, drafts

    def _draft(self, desk: Desk, table: Table) -> Draft:
        snapshot = opened(self._logs, table.name)
        if snapshot is None:
            raise TableNotFound(f"There is no table {table.name} in {self._bucket.place}; sync it first.")
        return Draft(self._bucket, self._small_files, table, snapshot, desk.connection, desk.folder)

    def _say_again(self, table: str, attempt: int) -> None:
        _log.info("Table %s changed while a commit to it was drawn up; it is drawn up again", table)
        time.sleep(random.uniform(0, self._wait * 2 ** min(attempt, 4)))


def _in_order(writes: Sequence[Write]) -> list[str]:
    """The tables in the order of their last writes."""
    last = {write.table.name: place for place, write in enumerate(writes)}
    return sorted(last, key=lambda name: last[name])


def _added(file: DataFile, now: int) -> dict[str, Any]:
    about = {"path": file.path, "partitionValues": {}, "size": file.size, "modificationTime": now, "dataChange": True}
    return {"add": {**about, "stats": file.stats}}


def _removed(file: DataFile, now: int) -> dict[str, Any]:
    about = {"path": file.path, "partitionValues": {}, "size": file.size, "deletionTimestamp": now, "dataChange": True}
    return {"remove": {**about, "extendedFileMetadata": True}}
