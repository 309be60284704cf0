"""The logs of the tables: a copy of each on this machine, and entries put into them one at a time.

deltalake asks a store twice for each entry and a dozen times for a checkpoint, at every opening. An entry never
changes, so what has been fetched once stays, and to see what is new is one request; deltalake reads the copy. To
commit is one conditional write, of which it is always known whether it was ours that succeeded.
"""

import json
import logging
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

COMMIT_ID = "hubspotAssetsCommit"
"""Key in the log of what identifies a commit."""

CHECKPOINT_EVERY = 10
"""Versions after which readers need not go through the entries before."""

LOG = "_delta_log"
"""Folder of a log, below its table."""

_HINT = "_last_checkpoint"
_AT_ONCE = 8
_MOST_ENTRIES = 50
"""A copy that has more begins anew from a checkpoint, for each opening goes through all of them."""

_log = logging.getLogger(__name__)


class Outrun(Exception):
    """Somebody else has committed to a table since it was looked at; nothing of ours is written."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


@dataclass
class _Copy:
    """The log of a table as far as it is here.

    Attributes:
        folder: Where the copy is.
        version: Of the newest entry.
        entries: How many entries it has.
        tag: Of the newest entry as it is in the store; another one shows that the table was dropped and made again.
        delta: The table of this version as deltalake reads it.
    """

    folder: Path
    version: int = -1
    entries: int = 0
    tag: str = ""
    delta: DeltaTable | None = field(default=None, repr=False)


class Logs:
    """The logs of all tables of a place.

    Args:
        bucket: Where the tables are.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._folder = tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True)
        self._copies: dict[str, _Copy] = {}
        self._turn = threading.Lock()

    def newest(self, table: str) -> DeltaTable | None:
        """The table as it is now, None when there is none; it stays as it is, whatever comes after."""
        with self._turn:
            copy = self._copies.get(table) or _Copy(self._new_folder())
            known = 0 < copy.entries <= _MOST_ENTRIES and self._follow(table, copy)
            if not known:
                copy = _Copy(self._new_folder())
                if not self._begin(table, copy):
                    self._copies.pop(table, None)
                    return None
            self._copies[table] = copy
            if copy.delta is None:
                copy.delta = DeltaTable(str(copy.folder.parent))
            return copy.delta

    def put(
        self, table: str, version: int, actions: Sequence[Mapping[str, Any]], commit: str, operation: str = "WRITE"
    ) -> None:
        """Make a version of a table.

        Args:
            table: The table.
            version: The one after that which the actions were drawn up from.
            actions: What the entry says.
            commit: What identifies the commit.
            operation: What the history of the table is to call it.

        Raises:
            Outrun: If somebody else has made the version.
        """
        now = int(time.time() * 1_000)
        info = {"timestamp": now, "operation": operation, "operationParameters": {}, "engineInfo": "hubspot-assets"}
        lines = [{"commitInfo": {**info, COMMIT_ID: commit}}, *actions]
        body = "\n".join(map(json.dumps, lines)).encode()
        tag = self._bucket.put_new(_entry(table, version), body)
        if tag:
            self._take(table, version, body, tag)
        elif not self.has(table, version, commit):
            raise Outrun(table)
        if version and version % CHECKPOINT_EVERY == 0:
            try:
                self.checkpoint(table)
            except (ClientError, BotoCoreError, DeltaError, OSError) as error:
                # It is a help to readers, and no part of the commit.
                _log.warning("Table %s got no checkpoint: %s", table, error)

    def checkpoint(self, table: str) -> Sequence[str]:
        """Spare readers the entries so far.

        Returns:
            The files that now suffice to know the table, below the prefix.
        """
        delta = self.newest(table)
        if delta is None:
            return ()
        delta.create_checkpoint()
        version = f"{delta.version():020}"
        copied = self._copies[table].folder
        for name in (f"{version}.checkpoint.parquet", _HINT):
            self._bucket.put(f"{table}/{LOG}/{name}", (copied / name).read_bytes())
        return tuple(f"{table}/{LOG}/{name}" for name in (f"{version}.json", f"{version}.checkpoint.parquet", _HINT))

    def has(self, table: str, version: int, commit: str) -> bool | None:
        """Whether a version of a table was made by a commit; None if there is no such version."""
        entry = self._bucket.get(_entry(table, version))
        return None if entry is None else commit.encode() in entry

    def _take(self, table: str, version: int, body: bytes, tag: str) -> None:
        """Put an entry that was made here into the copy, if it is the next one."""
        with self._turn:
            copy = self._copies.get(table)
            if copy is None and version == 0:
                copy = self._copies[table] = _Copy(self._new_folder())
            if copy is not None and copy.version == version - 1:
                (copy.folder / _name(version)).write_bytes(body)
                copy.version, copy.entries, copy.tag, copy.delta = version, copy.entries + 1, tag, None

    def _new_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self._folder.name), LOG)
        folder.mkdir()
        return folder

    def _begin(self, table: str, copy: _Copy) -> bool:
        """Fetch what a log has since its last checkpoint, and that; False if there is no log."""
        hint = self._bucket.get(f"{table}/{LOG}/{_HINT}")
        after = ""
        if hint is not None:
            (copy.folder / _HINT).write_bytes(hint)
            after = f"{json.loads(hint)['version']:020}."
        found = self._bucket.listed(f"{table}/{LOG}/", after)
        return self._fetch(table, copy, {name: tag for name, tag in found if name.endswith((".json", ".parquet"))})

    def _follow(self, table: str, copy: _Copy) -> bool:
        """Fetch what is new; False if the table is another one, or if versions are missing."""
        names = dict(self._bucket.listed(f"{table}/{LOG}/", f"{copy.version:020}."))
        entries = {name: tag for name, tag in names.items() if name.endswith(".json")}
        if entries.pop(f"{copy.version:020}.json", None) != copy.tag:
            return False
        return not entries or self._fetch(table, copy, entries)

    def _fetch(self, table: str, copy: _Copy, names: Mapping[str, str]) -> bool:
        entries = sorted(name for name in names if name.endswith(".json"))
        if not entries:
            return False

        def fetch(name: str) -> None:
            body = self._bucket.get(f"{table}/{LOG}/{name}")
            if body is not None:
                (copy.folder / name).write_bytes(body)

        with ThreadPoolExecutor(min(_AT_ONCE, len(names))) as pool:
            list(pool.map(fetch, names))
        copy.entries += len(entries)
        copy.version, copy.tag, copy.delta = int(entries[-1].partition(".")[0]), names[entries[-1]], None
        return True


def _name(version: int) -> str:
    return f"{version:020}.json"


def _entry(table: str, version: int) -> str:
    return f"{table}/{LOG}/{_name(version)}"
