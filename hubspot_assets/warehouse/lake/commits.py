"""Commits to a lake: every table has a log of its own, so they come one after the other.

All is drawn up first, on this machine: what cannot be done is known before anything is written. Then the tables are
committed in the order of their last writes, so that the row of SYNCS, which is written last, is the commit point. A
table that is only deleted from comes after it: what a sync needs to go on is not taken away before the state says
that it is not needed any more. Nothing else is to be kept for the time after a crash.

Each commit is one entry in a table's log, put there by a conditional write. Whoever comes second draws up anew.
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
from pathlib import Path

import duckdb
from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from hubspot_assets.warehouse.base import Counts, Delete, Table, TableNotFound, WarehouseBusy, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.file import default_memory, is_short_of_memory
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.draft import Draft
from hubspot_assets.warehouse.lake.snapshot import DataFile, opened
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

APPLICATION = "hubspot-assets"
"""Who writes. Two writers by this name never both succeed from one snapshot, whatever deltalake thinks of it."""

COMMIT_ID = "hubspotAssetsCommit"
"""Key in the log of what identifies a commit."""

ATTEMPTS = 10

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

    def _attempt(self, writes: Sequence[Write | WriteAfter]) -> list[Counts]:
        with self._desk() as desk:
            made, counts, drafts = self._drawn_up(desk, writes)
            order = _in_order(made)
            try:
                self._publish(drafts[order[0]])
            except CommitFailedError as error:
                raise _Outrun(order[0]) from error
            for name in order[1:]:
                self._publish_or_again(desk, drafts[name], [w for w in made if w.table.name == name])
            return counts

    @contextlib.contextmanager
    def draft(self, table: Table) -> Iterator[Draft]:
        """A draft of one table, for changes that are no writes."""
        with self._desk() as desk:
            yield self._draft(desk, table)

    def publish(self, draft: Draft, schema: object, mode: str = "append") -> None:
        """Put the files of a draft, and perhaps another schema, into the log.

        Raises:
            CommitFailedError: If somebody else was faster.
        """
        new, gone = draft.changes()
        if not new and not gone and mode == "append":
            return
        now = int(time.time() * 1_000)
        name, commit = draft.snapshot.delta, uuid.uuid4().hex
        removed = [] if mode == "overwrite" else [_removal(file, now) for file in gone]
        actions = [AddAction(file.path, file.size, {}, now, True, file.stats) for file in new]
        try:
            name.create_write_transaction(
                [*actions, *removed],
                mode,
                schema,  # pyright: ignore[reportArgumentType]
                commit_properties=CommitProperties(
                    custom_metadata={COMMIT_ID: json.dumps(commit)},
                    max_commit_retries=0,
                    app_transactions=[Transaction(APPLICATION, now)],
                ),
            )
        except CommitFailedError:
            # The answer to a successful write may have been lost, and its repetition met the entry.
            name.update_incremental()
            if not any(commit in str(entry.get(COMMIT_ID)) for entry in name.history(20)):
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
        snapshot = opened(self._bucket, table.name)
        if snapshot is None:
            raise TableNotFound(f"There is no table {table.name} in {self._bucket.place}; sync it first.")
        return Draft(self._bucket, table, snapshot, desk.connection, desk.folder)

    def _publish(self, draft: Draft) -> None:
        self.publish(draft, draft.snapshot.stored)

    def _publish_or_again(self, desk: "_Desk", draft: Draft, writes: Sequence[Write]) -> None:
        """Commit a table that follows others, which can no longer be taken back: until it succeeds."""
        for attempt in range(ATTEMPTS):
            try:
                self._publish(draft)
                return
            except CommitFailedError:
                table = writes[0].table
                self._say_again(table.name, attempt)
                draft = self._draft(desk, table)
                for write in writes:
                    draft.write(write)
        raise WarehouseBusy(f"Others write to tables of {self._bucket.place} all the time; run it again later.")

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
    """The tables in the order of their last writes; those that are only deleted from come last."""
    last = {write.table.name: place for place, write in enumerate(writes)}
    kept = {write.table.name for write in writes if not isinstance(write, Delete)}
    return sorted(last, key=lambda name: (name not in kept, last[name]))


def _removal(file: DataFile, now: int) -> RemoveAction:
    return RemoveAction(file.path, True, now, file.size, {})
