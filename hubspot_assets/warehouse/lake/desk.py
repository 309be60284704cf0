"""DuckDB as a lake uses it: a commit has one of its own; questions share one, for to start it takes 20 ms of CPU."""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from hubspot_assets.warehouse.duckdb.file import default_memory
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

MEMORY = 150
"""MiB that DuckDB may use; it goes to disk for the rest."""


class Desk:
    """Where a commit is drawn up: a DuckDB, and a folder for files."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder

    @classmethod
    @contextlib.contextmanager
    def set_up(cls, memory: int) -> Iterator["Desk"]:
        """A desk for one commit; what DuckDB has taken of the memory goes with it.

        Args:
            memory: MiB that DuckDB may use.
        """
        with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder, _started(folder, memory) as connection:
            _set(connection)
            yield cls(connection, Path(folder))


def most_memory() -> int:
    """MiB that DuckDB would take by itself."""
    with duckdb.connect() as connection:
        return default_memory(connection)


class Questions:
    """A DuckDB that answers questions for as long as its process lasts; it starts with the first."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True)
        self._host: duckdb.DuckDBPyConnection | None = None
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question: nobody else sees the tables that it is shown."""
        with self._cursor() as connection:
            _set(connection)
            yield connection

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._turn:
            if self._host is None:
                self._host = _started(self._folder.name, MEMORY)
            return self._host.cursor()


def _started(folder: str, memory: int) -> duckdb.DuckDBPyConnection:
    settings = {
        "memory_limit": f"{memory}MiB",
        "threads": 2,
        "preserve_insertion_order": False,
        "temp_directory": f"{folder}/spilled",
    }
    return duckdb.connect(config=settings)


def _set(connection: duckdb.DuckDBPyConnection) -> None:
    # What it reads of files the operating system keeps already.
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET enable_external_file_cache = false")
