"""A rolling limit in a file, shared by the processes of a machine."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyrate_limiter import SQLiteBucket
from typing_extensions import override

from hubspot_assets.hubspot.limits.limit_store import Limit, Note, Store
from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable

_BUSY_SECONDS = 30.0
"""How long another process may hold the file; it takes a fraction of a millisecond."""


class SQLiteStore(Store):
    """A rolling limit in a file of this machine.

    A process that dies holding the file's lock lets go of it by dying; half-made changes are rolled back.

    Args:
        path: The file, made when missing.
        name: Of the limit, unique within the file.
        limit: To begin with.
    """

    def __init__(self, path: Path, name: str, limit: Limit) -> None:
        self._path = path
        try:
            bucket = SQLiteBucket.init_from_file([limit.rate], table=name, db_path=str(path))
            self.bucket = bucket
            self._connection = bucket.conn
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")
            self._prepare()
        except sqlite3.Error as error:
            raise self._unavailable(error) from error
        self._name = name
        self._lock = _Transaction(self._connection)
        bucket.lock = self._lock  # type: ignore[assignment]

    def _prepare(self) -> None:
        """Set up the file; two processes that come first at once take turns."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                # With a write-ahead log a commit needs no fsync: 60 µs instead of milliseconds.
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS notes"
                    " (name TEXT PRIMARY KEY, requests INTEGER, milliseconds INTEGER, paused_until INTEGER)"
                )
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    @contextmanager
    @override
    def exclusive(self) -> Iterator[None]:
        # The file's write lock.
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise self._unavailable(error) from error

    @override
    def read(self) -> Note:
        row = self._connection.execute(
            "SELECT requests, milliseconds, paused_until FROM notes WHERE name = ?", (self._name,)
        ).fetchone()
        return Note.from_row(row)

    @override
    def note_limit(self, limit: Limit) -> None:
        self._connection.execute(
            "INSERT INTO notes (name, requests, milliseconds) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
            " SET requests = excluded.requests, milliseconds = excluded.milliseconds",
            (self._name, limit.requests, limit.milliseconds),
        )

    @override
    def note_pause(self, until: int) -> None:
        self._connection.execute(
            "INSERT INTO notes (name, paused_until) VALUES (?, ?) ON CONFLICT (name) DO UPDATE"
            " SET paused_until = max(ifnull(paused_until, 0), excluded.paused_until)",
            (self._name, until),
        )

    @override
    def close(self) -> None:
        self._connection.close()

    def _unavailable(self, error: sqlite3.Error) -> BudgetsUnavailable:
        return BudgetsUnavailable(
            f"The file that shares HubSpot's rate limits between processes cannot be used: {self._path} "
            f"({error}). Check that its folder can be written to; if the file is damaged, delete it."
        )


class _Transaction:
    """The lock that pyrate-limiter takes around a change, as SQLite's own write lock; may be nested."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._depth = 0

    def __enter__(self) -> None:
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._connection.in_transaction:
            if kind is None:
                self._connection.commit()
            else:
                self._connection.rollback()
