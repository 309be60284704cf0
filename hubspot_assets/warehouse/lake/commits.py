"""Commits to a lake: every table has a log of its own, so they come one after the other.

All is drawn up first, on this machine: what cannot be done is known before anything is written. The files go up, then
a record of what comes after the first table (`redo.py`). The entry in the log of the first table is the commit; the
others follow in the order of their last writes, so that the row of SYNCS comes last. If this process dies between, or
the store does not answer for long, whoever reads next does the rest.

Each entry is put there by a conditional write. Whoever comes second draws up anew.
"""

import contextlib
import json
import logging
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from hubspot_assets.warehouse.base import Counts, Table, TableNotFound, WarehouseBusy, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.file import default_memory, is_short_of_memory
from hubspot_assets.warehouse.lake import redo
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.draft import Draft
from hubspot_assets.warehouse.lake.redo import Redo
from hubspot_assets.warehouse.lake.snapshot import DataFile, Snapshot, opened
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX
from hubspot_assets.warehouse.writes import is_idle

APPLICATION = "hubspot-assets"
"""Who writes. Two writers by this name never both succeed from one snapshot, whatever deltalake thinks of it."""

COMMIT_ID = "hubspotAssetsCommit"
"""Key in the log of what identifies a commit."""

ATTEMPTS = 10

OLD = timedelta(days=1)
"""Age of a record whose commit was never made, after which its writer is dead."""

MEMORY = 300
"""MiB that DuckDB may use; it goes to disk for the rest."""

_log = logging.getLogger(__name__)


class Committer:
    """Commits to the tables of one bucket, one commit at a time.

    Args:
        bucket: Where they are.
        wait: Seconds before a commit that came second is drawn up anew.
    """

    def __init__(self, bucket: Bucket, *, wait: float = 0.5) -> None:
        self._bucket = bucket
        self._wait = wait
        self._turn = threading.Lock()
        self._memory = MEMORY
        self._snapshots: dict[str, Snapshot] = {}
        with duckdb.connect() as connection:
            self._most_memory = default_memory(connection)

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
                except _Outrun as outrun:
                    self._say_again(outrun.table, attempt)
                except duckdb.Error as error:
                    # How much DuckDB needs can only be guessed; a guess that once was too low stays doubled.
                    if not is_short_of_memory(error) or self._memory >= self._most_memory:
                        raise
                    self._memory *= 2
        raise WarehouseBusy(f"Others write to tables of {self._bucket.place} all the time; run it again later.")

    def recover(self) -> None:
        """Do the rest of commits whose writers have died."""
        with self._turn:
            for path, since in redo.kept(self._bucket):
                self._recover(path, since)

    def _attempt(self, writes: Sequence[Write | WriteAfter]) -> list[Counts]:
        with self._desk() as desk:
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
                except CommitFailedError as error:
                    if rest is not None:
                        redo.drop(self._bucket, rest.path)
                    raise _Outrun(name) from error
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

    def _follow(self, desk: "_Desk", rest: Redo, drafts: dict[str, Draft]) -> None:
        """Commit the tables after the first, each once, whoever else does the same; then the record may go."""
        for name in rest.versions:
            writes = [write for write in rest.writes if write.table.name == name]
            self._commit_once(desk, rest, writes, drafts.get(name))
        redo.drop(self._bucket, rest.path)

    def _commit_once(self, desk: "_Desk", rest: Redo, writes: Sequence[Write], draft: Draft | None) -> None:
        table = writes[0].table
        for attempt in range(ATTEMPTS):
            if draft is None:
                draft = self._draft(desk, table)
                if _has(draft.snapshot, rest.commit, since=rest.versions[table.name]):
                    return
                for write in writes:
                    draft.write(write)
            try:
                self.publish(draft, commit=rest.commit)
                return
            except CommitFailedError:
                self._say_again(table.name, attempt)
                draft = None
        raise WarehouseBusy(f"Others write to tables of {self._bucket.place} all the time; run it again later.")

    def _recover(self, path: str, since: datetime) -> None:
        rest = redo.read(self._bucket, path)
        if rest is None:
            return
        entry = self._bucket.get(f"{rest.first}/_delta_log/{rest.version:020}.json")
        if entry is None:
            # Its writer is at work, or has died before it.
            if datetime.now(UTC) - since > OLD:
                redo.drop(self._bucket, path)
        elif rest.commit.encode() not in entry:
            redo.drop(self._bucket, path)
        else:
            _log.info("A commit to %s was cut short; it is completed", ", ".join(rest.versions))
            with self._desk() as desk:
                try:
                    self._follow(desk, rest, {})
                except TableNotFound:
                    # Somebody has dropped it since, and its state with it.
                    redo.drop(self._bucket, path)

    @contextlib.contextmanager
    def draft(self, table: Table) -> Iterator[Draft]:
        """A draft of one table, for changes that are no writes."""
        with self._desk() as desk:
            yield self._draft(desk, table)

    def publish(self, draft: Draft, schema: object = None, mode: str = "append", *, commit: str | None = None) -> None:
        """Put the files of a draft, and perhaps another schema, into the log.

        Args:
            draft: What becomes of the table.
            schema: Its columns, where they are not the stored ones.
            mode: "overwrite" where there is another schema.
            commit: What identifies the commit; None for one that has no other tables.

        Raises:
            CommitFailedError: If somebody else was faster.
        """
        draft.upload()
        new, gone = draft.changes()
        if not new and not gone and mode == "append":
            return
        now = int(time.time() * 1_000)
        delta, commit = draft.snapshot.delta, commit or uuid.uuid4().hex
        removed = [] if mode == "overwrite" else [_removal(file, now) for file in gone]
        actions = [AddAction(file.path, file.size, {}, now, True, file.stats) for file in new]
        try:
            delta.create_write_transaction(
                [*actions, *removed],
                mode,
                schema or draft.snapshot.stored,  # pyright: ignore[reportArgumentType]
                commit_properties=CommitProperties(
                    custom_metadata={COMMIT_ID: json.dumps(commit)},
                    max_commit_retries=0,
                    app_transactions=[Transaction(APPLICATION, now)],
                ),
            )
        except CommitFailedError:
            # The answer to a successful write may have been lost, and its repetition met the entry.
            delta.update_incremental()
            if not _has(draft.snapshot, commit, since=draft.snapshot.version):
                raise

    def _drawn_up(
        self, desk: "_Desk", writes: Sequence[Write | WriteAfter]
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

    def _draft(self, desk: "_Desk", table: Table) -> Draft:
        kept = self._snapshots.get(table.name)
        snapshot = kept.renewed(self._bucket) if kept is not None else None
        snapshot = snapshot or opened(self._bucket, table.name)
        if snapshot is None:
            raise TableNotFound(f"There is no table {table.name} in {self._bucket.place}; sync it first.")
        self._snapshots[table.name] = snapshot
        return Draft(self._bucket, table, snapshot, desk.connection, desk.folder)

    def _say_again(self, table: str, attempt: int) -> None:
        _log.info("Table %s changed while a commit to it was drawn up; it is drawn up again", table)
        time.sleep(random.uniform(0, self._wait * 2 ** min(attempt, 4)))

    @contextlib.contextmanager
    def _desk(self) -> Iterator["_Desk"]:
        with (
            tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder,
            duckdb_for(folder, self._memory) as connection,
        ):
            yield _Desk(connection, Path(folder))


def duckdb_for(folder: str, memory: int = MEMORY) -> duckdb.DuckDBPyConnection:
    """A DuckDB that computes in little memory, and in UTC."""
    settings = {
        "memory_limit": f"{memory}MiB",
        "threads": 2,
        "preserve_insertion_order": False,
        "temp_directory": f"{folder}/spilled",
    }
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return connection


class _Outrun(Exception):
    """Somebody else committed to the first of our tables in between; nothing of ours is written."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class _Desk:
    """Where commits are drawn up: a DuckDB, and a folder for files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder


def _in_order(writes: Sequence[Write]) -> list[str]:
    """The tables in the order of their last writes."""
    last = {write.table.name: place for place, write in enumerate(writes)}
    return sorted(last, key=lambda name: last[name])


def _has(snapshot: Snapshot, commit: str, *, since: int) -> bool:
    """Whether a commit is in the log of a table, after some version."""
    entries = snapshot.delta.history(max(snapshot.delta.version() - since, 1))
    return any(commit in str(entry.get(COMMIT_ID)) for entry in entries)


def _removal(file: DataFile, now: int) -> RemoveAction:
    return RemoveAction(file.path, True, now, file.size, {})
