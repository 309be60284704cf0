"""A Snowflake account in a process: fakesnow behind HTTP, with what our SQL needs and it lacks.

Run as a program it prints its port and serves until it is killed. What is added here is how Snowflake is documented
to behave; SQL is never rewritten:

- a NULL timestamp arrives as NULL (fakesnow sends 1970-01-01);
- REMOVE deletes staged files (fakesnow knows no REMOVE);
- UPDATE, DELETE and MERGE lock their table until the transaction ends (DuckDB would refuse the second writer, or
  let both insert the same key);
- a session that ends gives up its transaction.
"""

import os
import re
import shutil
import socket
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import fakesnow.arrow
import fakesnow.server
import pyarrow as pa
import uvicorn
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.transforms import stage

_REMOVE = re.compile(r"^\s*REMOVE\s+@(?P<stage>\S+?)/(?P<path>\S*)\s*$", re.IGNORECASE)
_WRITES = re.compile(r"^\s*(?:MERGE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?P<table>\S+)", re.IGNORECASE)
_ENDS = re.compile(r"^\s*(?:COMMIT|ROLLBACK)", re.IGNORECASE)

_timestamp_without_nulls = fakesnow.arrow.timestamp_to_sf_struct
_execute = FakeSnowflakeCursor.execute
_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
_held: dict[int, set[str]] = defaultdict(set)
_guard = threading.Lock()


def _timestamp(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    made = _timestamp_without_nulls(array)
    fields = [made.type.field(index) for index in range(made.type.num_fields)]
    children = [made.field(index) for index in range(made.type.num_fields)]
    return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())


def _removed(cursor: FakeSnowflakeCursor, name: str, path: str) -> FakeSnowflakeCursor:
    folder = Path(stage.internal_dir(name.replace('"', ""))) / path
    if folder.is_dir():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    return _execute(cursor, "SELECT 'removed' AS \"result\"", server=True)


def _release(connection: FakeSnowflakeConnection) -> None:
    for table in _held.pop(id(connection), set()):
        _locks[table].release()


def _executed(
    cursor: FakeSnowflakeCursor, command: str, *arguments: Any, **options: Any
) -> FakeSnowflakeCursor:
    connection = cursor._conn
    if removal := _REMOVE.match(command):
        return _removed(cursor, removal["stage"], removal["path"])
    if (write := _WRITES.match(command)) and write["table"] not in _held[id(connection)]:
        with _guard:
            lock = _locks[write["table"]]
        lock.acquire()
        _held[id(connection)].add(write["table"])
    try:
        return _execute(cursor, command, *arguments, **options)
    finally:
        if not connection._in_transaction or _ENDS.match(command):
            _release(connection)


def _closed(connection: FakeSnowflakeConnection, *_: object) -> None:
    connection._duck_conn.close()
    connection._is_closed = True
    _release(connection)


class _Sessions(dict[str, FakeSnowflakeConnection]):
    def __delitem__(self, token: str) -> None:
        _closed(self[token])
        super().__delitem__(token)


def serve() -> None:
    """Serves on a free port of 127.0.0.1 and prints it."""
    fakesnow.arrow.timestamp_to_sf_struct = _timestamp
    FakeSnowflakeCursor.execute = _executed
    fakesnow.server.sessions = _Sessions()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(fakesnow.server.app, log_level=os.environ.get("LOG_LEVEL", "error")))
        server.run(sockets=[listener])


if __name__ == "__main__":
    serve()
