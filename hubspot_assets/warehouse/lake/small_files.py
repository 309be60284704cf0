"""Copies of small files on this machine, those that it wrote among them: SYNCS is read and written by every sync."""

import shutil
import tempfile
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

from pyarrow import fs

from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.snapshot import DataFile
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

SMALL = 2 * 2**20
"""Bytes up to which a file, or a table, is small: to fetch it whole takes no longer than to ask for a part of it."""

_KEPT = 16
"""Further files of a table that are kept; a reader may be at work on those of a version before."""


class SmallFiles:
    """What small files hold.

    Args:
        bucket: Where the tables are.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._folder = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True)
        self._turn = threading.Lock()

    def filesystem(self, table: str, files: Sequence[DataFile]) -> fs.FileSystem:
        """The files of a table as Arrow reads them: on this machine where the table is small, else where they are.

        Args:
            table: The table.
            files: All that it has.
        """
        if sum(file.size for file in files) > SMALL:
            return self._bucket.filesystem(table)
        with self._turn:
            for file in files:
                self._fetch(table, file)
            self._forget(table, {file.path for file in files})
        return fs.SubTreeFileSystem(str(self._of(table)), fs.LocalFileSystem())

    def copy(self, table: str, file: DataFile, to: Path) -> None:
        """Put a small file where it is wanted."""
        with self._turn:
            self._fetch(table, file)
            shutil.copyfile(self._of(table) / file.path, to)
            self._forget(table, {file.path})

    def keep(self, table: str, file: Path) -> None:
        """Take a file of a table that was made here, and is not fetched again; a larger one is not kept."""
        if file.stat().st_size <= SMALL:
            with self._turn:
                shutil.copyfile(file, self._of(table) / file.name)
                self._forget(table, {file.name})

    def _of(self, table: str) -> Path:
        folder = Path(self._folder.name, table)
        folder.mkdir(exist_ok=True)
        return folder

    def _fetch(self, table: str, file: DataFile) -> None:
        # A file never changes, and is moved to its name when it is whole.
        folder = self._of(table)
        if not (folder / file.path).exists():
            coming = folder / "coming"
            self._bucket.download(f"{table}/{file.path}", coming, file.size)
            coming.rename(folder / file.path)

    def _forget(self, table: str, needed: Collection[str]) -> None:
        others = [path for path in self._of(table).iterdir() if path.name not in needed]
        for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            path.unlink()
