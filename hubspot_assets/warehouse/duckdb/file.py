"""One DuckDB file, opened by one at a time.

DuckDB lets one process write to a file, and while it does no other may even read. So the file is opened late and
closed always, and whoever finds it taken waits: another sync, or the user's own DuckDB shell, will be done soon.
The threads of one process take turns as well, for DuckDB refuses to open one file twice.
"""

import logging
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
import tenacity

from hubspot_assets.warehouse.base import WarehouseBusy, WarehouseError
from hubspot_assets.warehouse.duckdb.sql import DATABASE, literal

# DuckDB rewrites whole groups of rows when it clears away deleted ones. With groups of its own choice (122,880 rows)
# a commit of a few thousand scattered rows takes 13 s now and then; with these, at most two at a time, 2 s. A third
# thread makes a commit no faster, only larger: its rows fill one group.
_STORAGE = "ROW_GROUP_SIZE 30_720"
_SETTINGS = {"max_vacuum_tasks": 2, "preserve_insertion_order": False, "threads": 2}

LEAST_MEMORY = 128
"""MiB that DuckDB may use unless more is asked for. It goes to disk for the rest, but keeps what it may."""

CHECK_TIMEOUT = 5.0
"""Seconds that a check waits for whoever holds the file; a sync waits longer."""

_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<process>\d+)\)")

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")

_SIGNS_OF_SHORTAGE = ("Out of Memory", "could not allocate", "failed to pin", "failed to allocate")

Result = TypeVar("Result")

_turns: dict[Path, threading.Lock] = {}
_turns_guard = threading.Lock()

_log = logging.getLogger(__name__)


class OutOfMemory(WarehouseError):
    """DuckDB needs more memory than it may use."""


class DuckDBFile:
    """Opens a DuckDB file for as long as a block of code lasts. Thread-safe.

    Args:
        path: The file; it and its folder are made on the first opening for writing.
        lock_timeout: Seconds to wait for whoever holds the file.
    """

    def __init__(self, path: Path, *, lock_timeout: float) -> None:
        self.path = path.expanduser().resolve()
        self._lock_timeout = lock_timeout
        self._settings = {**_SETTINGS, "temp_directory": f"{self.path}.{os.getpid()}.tmp"}
        self._host: duckdb.DuckDBPyConnection | None = None
        self._kept = threading.local()
        self._most_memory = 0
        self._allowed_memory = 0
        self._factor = 1
        with _turns_guard:
            self._turn = _turns.setdefault(self.path, threading.Lock())

    def exists(self) -> bool:
        """Whether there is anything by that name."""
        return self.path.exists()

    def run(
        self, work: Callable[[duckdb.DuckDBPyConnection], Result], *, read_only: bool, memory: int = LEAST_MEMORY
    ) -> Result:
        """Do some work, and all of it again with twice the memory where DuckDB ran out of it.

        How much DuckDB needs can only be guessed, and a guess that once was too low stays doubled.

        Args:
            work: What to do with a connection; a transaction that it begins and does not end never was.
            read_only: Whether it writes nothing.
            memory: MiB that it is likely to need.

        Raises:
            WarehouseError: As `open` does, and if all the memory of this machine is too little.
        """
        done: list[Result] = []
        while True:
            try:
                with self.open(read_only=read_only, memory=memory) as connection:
                    # A commit may have succeeded, and only the tidying up at the end have failed.
                    if not done:
                        done.append(work(connection))
                return done[0]
            except OutOfMemory:
                if memory * self._factor >= self._most_memory:
                    raise
                self._factor *= 2
                _log.info("DuckDB ran out of memory and may use %d MiB now", memory * self._factor)

    @contextmanager
    def open(
        self, *, read_only: bool, memory: int = LEAST_MEMORY, lock_timeout: float | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection, closed at the end of the block; what was not committed by then never was.

        Args:
            read_only: Whether nothing is written.
            memory: MiB that DuckDB may use, from the beginning of the block to its end.
            lock_timeout: Seconds to wait for whoever holds the file, if not as long as usual.

        Raises:
            WarehouseError: If the file cannot be opened, or DuckDB refuses what the block asks of it.
        """
        if (kept := self._kept_connection) is not None:
            if not read_only:
                raise RuntimeError(f"DuckDB file {self.path} is kept open for reading; write after that.")
            with self._named_errors():
                self._allow(kept, memory)
                yield kept
            return
        patience = self._lock_timeout if lock_timeout is None else lock_timeout
        if not self._turn.acquire(timeout=patience):
            raise WarehouseBusy(
                f"DuckDB file {self.path} was still taken after {patience:g} s by another thread of this "
                "process; look for a sync that hangs."
            )
        try:
            with self._named_errors(patience):
                if not read_only:
                    self._create()
                with self._attached(read_only=read_only, memory=memory, lock_timeout=patience) as connection:
                    yield connection
        finally:
            self._turn.release()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Let everything that this thread reads within the block go through one opening, if there is a file."""
        if self._kept_connection is not None or not self.exists():
            yield
            return
        with self.open(read_only=True) as connection:
            self._kept.connection = connection
            try:
                yield
            finally:
                self._kept.connection = None

    @property
    def _kept_connection(self) -> duckdb.DuckDBPyConnection | None:
        return getattr(self._kept, "connection", None)

    def check(self) -> None:
        """Return if the file can be written to, or could be made.

        Raises:
            WarehouseError: If neither.
        """
        if self.exists():
            with self.open(read_only=False, lock_timeout=min(CHECK_TIMEOUT, self._lock_timeout)):
                return
        folder = next(folder for folder in self.path.parents if folder.exists())
        with self._named_errors(), tempfile.TemporaryFile(dir=folder):
            return

    def _create(self) -> None:
        """Make the file under another name first, so that a killed process leaves no half of one."""
        if self.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=f".{self.path.name}.") as folder:
            made = Path(folder, self.path.name)
            with self._cursor() as connection:
                connection.execute(f"ATTACH {literal(str(made))} AS made ({_STORAGE})")
                connection.execute("DETACH made")
            try:
                os.link(made, self.path)
            except FileExistsError:
                _log.debug("%s was made by another process meanwhile", self.path)
            except OSError as error:
                _log.debug("DuckDB makes %s in place, since its disk has no hard links: %s", self.path, error)

    @contextmanager
    def _attached(self, *, read_only: bool, memory: int, lock_timeout: float) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file as a part of an empty database of this process, which takes a tenth of the time to open."""
        with self._cursor() as connection:
            self._allow(connection, memory)
            self._attach(connection, read_only=read_only, lock_timeout=lock_timeout)
            yield connection
            connection.execute(f"DETACH {DATABASE}")

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the empty database, which is given up if anything fails. It draws no progress bar."""
        if self._host is None:
            self._host = duckdb.connect(config=self._settings)
            self._most_memory = default_memory(self._host)
            self._allowed_memory = 0
        try:
            with self._host.cursor() as connection:
                yield connection
        except BaseException:
            # Whatever the state of the connection, this gives the file back.
            self._host.close()
            self._host = None
            raise

    def _allow(self, connection: duckdb.DuckDBPyConnection, memory: int) -> None:
        wanted = min(memory * self._factor, self._most_memory)
        if wanted != self._allowed_memory:
            connection.execute(f"SET memory_limit = '{wanted}MiB'")
            self._allowed_memory = wanted

    def _attach(self, connection: duckdb.DuckDBPyConnection, *, read_only: bool, lock_timeout: float) -> None:
        options = _STORAGE + (", READ_ONLY" if read_only else "")
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_taken),
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=2),
            stop=tenacity.stop_after_delay(lock_timeout),
            before_sleep=partial(self._say_waiting, lock_timeout),
            reraise=True,
        )
        attempts(connection.execute, f"ATTACH {literal(str(self.path))} AS {DATABASE} ({options})")

    def _say_waiting(self, lock_timeout: float, state: tenacity.RetryCallState) -> None:
        # By the eighth attempt some seconds have passed, and a person may wonder.
        if state.attempt_number == 8 and state.outcome is not None:
            waited = state.seconds_since_start or 0.0
            _log.warning(
                "Waiting for DuckDB file %s: %s; waits until %s UTC at most.",
                self.path,
                _holder(str(state.outcome.exception())),
                f"{datetime.now(UTC) + timedelta(seconds=lock_timeout - waited):%H:%M:%S}",
            )

    @contextmanager
    def _named_errors(self, lock_timeout: float = 0) -> Iterator[None]:
        try:
            yield
        except (duckdb.Error, OSError) as error:
            if is_short_of_memory(error):
                raise OutOfMemory(
                    f"DuckDB file {self.path}: there is too little memory on this machine. {str(error).splitlines()[0]}"
                ) from error
            kind = WarehouseBusy if _is_taken(error) else WarehouseError
            raise kind(self._explained(error, lock_timeout)) from error

    def _explained(self, error: duckdb.Error | OSError, lock_timeout: float) -> str:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        file = f"DuckDB file {self.path}"
        if _is_taken(error):
            return (
                f"{file} was still taken after {lock_timeout:g} s: {_holder(said)}; close it there, or run again later."
            )
        if self.path.is_dir():
            return f"{file} is a folder; give the path of a file in it."
        if "not a valid DuckDB database file" in said:
            return f"{file} is no DuckDB database; move it away, or give another path."
        if "Permission denied" in said or isinstance(error, PermissionError):
            return f"{file} may not be written by this user; change its permissions, or give another path."
        if "No space left" in said:
            return f"{file} cannot grow, its disk is full; make room and run again. Nothing was written."
        if isinstance(error, OSError):
            return f"{file} cannot be made ({error.strerror}: {error.filename}); give another path."
        return f"{file}: {said}"


def is_short_of_memory(error: BaseException) -> bool:
    """Whether more memory would have helped."""
    # A commit that fails for want of memory, or the checkpoint after it, is told by its text alone.
    said = str(error)
    return isinstance(error, duckdb.OutOfMemoryException) or (
        isinstance(error, duckdb.Error) and any(sign in said for sign in _SIGNS_OF_SHORTAGE)
    )


def default_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """MiB that DuckDB takes by itself: four fifths of what the machine, or the container, has."""
    [(setting,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = setting.split()
    return max(LEAST_MEMORY, int(float(number) * 1024 ** (_UNITS.index(unit) - 2)))


def _is_taken(error: BaseException) -> bool:
    # DuckDB tells these from other failures by their text alone: another process, and this one.
    said = str(error)
    return isinstance(error, duckdb.Error) and (
        "Could not set lock on file" in said or "Unique file handle conflict" in said
    )


def _holder(said: str) -> str:
    if held := _HOLDER.search(said):
        return f"process {held['process']} ({held['program']}) has it open"
    if "Unique file handle conflict" in said:
        return "this process has it open by a connection of its own"
    return "another process has it open"
