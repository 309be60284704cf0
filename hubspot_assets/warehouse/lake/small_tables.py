"""Copies of the files of small tables on this machine: SYNCS is asked several questions by each sync."""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from pyarrow import fs

from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.snapshot import DataFile
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

SMALL = 2 * 2**20
"""Bytes up to which a table is small: to fetch it whole takes no longer than to ask for a part of it."""

_KEPT = 64
"""Files of a table that are kept; a reader may be at work on those of a version before."""


class SmallTables:
    """What small tables hold.

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
        folder = Path(self._folder.name, table)
        with self._turn:
            folder.mkdir(exist_ok=True)
            for file in files:
                # A file never changes, and is moved to its name when it is whole.
                if not (folder / file.path).exists():
                    coming = folder / "coming"
                    self._bucket.download(f"{table}/{file.path}", coming)
                    coming.rename(folder / file.path)
            self._forget(folder, {file.path for file in files})
        return fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())

    @staticmethod
    def _forget(folder: Path, needed: set[str]) -> None:
        others = [path for path in folder.iterdir() if path.name not in needed]
        for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            path.unlink()
