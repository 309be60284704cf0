"""What a commit has still to write once its first table has it: kept beside the tables until it is written.

Tables have a log each, so a process may die when it has committed to one of them and not to the next. The entry in
the log of the first is the commit; whoever comes next finds the record, and does the rest.
"""

import base64
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hubspot_assets.warehouse.base import Delete, Merge, Patch, Replace, Stage, Table, Write
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.parquet_stage import POSITION, ParquetStage

FOLDER = "_commits"
"""Where records are, below the prefix."""

_CONTENTS = "commit.json"


@dataclass(frozen=True)
class Redo:
    """The rest of one commit.

    Attributes:
        commit: What identifies it in the logs.
        first: The table whose log decides whether there is such a commit.
        version: The version of that table which the commit made, unless somebody else was faster.
        versions: The versions of the other tables that it was drawn up from.
        writes: What is done to the other tables, in order.
    """

    commit: str
    first: str
    version: int
    versions: Mapping[str, int]
    writes: Sequence[Write]

    @property
    def path(self) -> str:
        """Where the record is, below the prefix."""
        return f"{FOLDER}/{self.commit}.zip"


def keep(bucket: Bucket, redo: Redo) -> None:
    """Store a record."""
    with tempfile.NamedTemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as record:
            told = [_told(record, number, write) for number, write in enumerate(redo.writes)]
            contents = {
                "commit": redo.commit,
                "first": redo.first,
                "version": redo.version,
                "versions": redo.versions,
                "writes": told,
            }
            record.writestr(_CONTENTS, json.dumps(contents, default=_spelled))
        file.flush()
        bucket.upload(Path(file.name), redo.path)


def drop(bucket: Bucket, path: str) -> None:
    """Remove a record."""
    bucket.client.delete_object(Bucket=bucket.place.bucket, Key=bucket.place.key(path))


def kept(bucket: Bucket) -> Iterator[tuple[str, datetime]]:
    """The paths of all records, and since when there are."""
    pages = bucket.client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket.place.bucket, Prefix=bucket.place.key(f"{FOLDER}/")
    )
    for page in pages:
        for found in page.get("Contents", ()):
            if found["Key"].endswith(".zip"):
                yield found["Key"].removeprefix(bucket.place.key("")), found["LastModified"]


def read(bucket: Bucket, path: str) -> Redo | None:
    """Read a record; None if somebody else has finished with it."""
    body = bucket.get(path)
    if body is None:
        return None
    with zipfile.ZipFile(io.BytesIO(body)) as record:
        contents = json.loads(record.read(_CONTENTS), object_hook=_meant)
        writes = [_write(record, number, told) for number, told in enumerate(contents["writes"])]
    return Redo(contents["commit"], contents["first"], contents["version"], contents["versions"], writes)


_LISTS = ("key", "version", "provenance", "json")
"""Attributes of a table that are names of columns."""


def _told(record: zipfile.ZipFile, number: int, write: Write) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": type(write).__name__, "table": _told_table(write.table)}
    match write:
        case Delete():
            told |= {"where": list(write.where)}
        case Patch():
            told |= {"only_if_older_than": write.only_if_older_than}
        case Replace():
            told |= {"removed_at": write.removed_at, "scope": write.scope, "stamp": dict(write.stamp)}
            if write.scopes is not None:
                _put(record, f"{number}.scopes", write.scopes)
        case Merge():
            pass
    if not isinstance(write, Delete):
        _put(record, f"{number}.rows", write.rows)
    return told


def _write(record: zipfile.ZipFile, number: int, told: dict[str, Any]) -> Write:
    table = _table(told["table"])
    rows = _got(record, f"{number}.rows")
    match told["kind"]:
        case "Delete":
            return Delete(table, [tuple(each) for each in told["where"]])
        case "Patch":
            older = told["only_if_older_than"]
            return Patch(table, rows, tuple(older) if older is not None else None)
        case "Replace":
            return Replace(
                table,
                rows,
                removed_at=told["removed_at"],
                scope=tuple(told["scope"]),
                scopes=_got(record, f"{number}.scopes") if told["scope"] else None,
                stamp=told["stamp"],
            )
        case _:
            return Merge(table, rows)


def _told_table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "schema": base64.b64encode(table.schema.serialize().to_pybytes()).decode(),
        "removal": table.removal,
        "immutable": table.immutable,
        **{name: getattr(table, name) for name in _LISTS},
    }


def _table(told: dict[str, Any]) -> Table:
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(told["schema"])))
    lists: dict[str, Any] = {name: tuple(told[name]) for name in _LISTS}
    return Table(told["name"], schema, removal=told["removal"], immutable=told["immutable"], **lists)


def _put(record: zipfile.ZipFile, name: str, rows: Stage | pa.Table) -> None:
    if isinstance(rows, ParquetStage):
        if rows.rows:
            record.write(rows.file(), name)
    elif isinstance(rows, pa.Table):
        buffer = pa.BufferOutputStream()
        pq.write_table(rows, buffer)
        record.writestr(name, buffer.getvalue().to_pybytes())


def _got(record: zipfile.ZipFile, name: str) -> pa.Table:
    if name not in record.namelist():
        return pa.table({})
    rows = pq.read_table(io.BytesIO(record.read(name)))
    return rows.drop_columns([POSITION]) if POSITION in rows.column_names else rows


def _spelled(value: object) -> dict[str, str]:
    assert isinstance(value, datetime), "a condition compares instants, texts, numbers and truths"
    return {"instant": value.isoformat()}


def _meant(found: dict[str, Any]) -> object:
    return datetime.fromisoformat(found["instant"]) if found.keys() == {"instant"} else found
