"""A Snowflake account in a process: fakesnow behind HTTP, with what our SQL needs and it lacks.

Run as a program it prints its port and serves until it is killed. What is added here is how Snowflake is documented
to behave; no statement means less here than there:

- a NULL timestamp arrives as NULL (fakesnow sends 1970-01-01);
- LIST of a path lists the files below it, REMOVE deletes them (fakesnow knows whole stages and no REMOVE);
- an element of a JSON object is found whatever its name (fakesnow takes `$.x` for a path);
- TO_VARCHAR of a time keeps to its format (fakesnow drops it);
- OBJECT_DELETE takes a key out of an object (fakesnow has no such function);
- UPDATE, DELETE and MERGE lock their table until the transaction ends (DuckDB would refuse the second writer, or
  let both insert the same key);
- a login is answered with a master token (the driver would not end the session without);
- a session that ends gives up its transaction;
- SHOW TABLES and SHOW VIEWS say the comments (fakesnow leaves them out), which may have quotes in them;
- a MERGE is one of DuckDB's (fakesnow makes four statements of it, which take nearly twice as long);
- DESCRIBE TABLE looks at that table (fakesnow at the columns of all there are: 34 ms with 300 tables, not 7);
- a statement's parts are listed once (fakesnow walks through all of them for each of 76 rules: 34 of 52 ms of a MERGE).
"""

import gc
import json
import os
import re
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import fakesnow.arrow
import fakesnow.server
import fakesnow.transforms
import pyarrow as pa
import uvicorn
from fakesnow import info_schema
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.transforms import show, stage
from fakesnow.transforms import transforms as rules
from fakesnow.transforms.merge import operations
from sqlglot import expressions as exp
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_FILES = re.compile(r"^\s*(?P<verb>LIST|REMOVE)\s+@(?P<stage>[^\s/]+)/(?P<path>\S*)\s*$", re.IGNORECASE)
_WRITES = re.compile(r"^\s*(?:MERGE\s+INTO|UPDATE|DELETE\s+FROM)\s+(?P<table>\S+)", re.IGNORECASE)
_ENDS = re.compile(r"^\s*(?:COMMIT|ROLLBACK)", re.IGNORECASE)

_timestamp_without_nulls = fakesnow.arrow.timestamp_to_sf_struct
_begin = FakeSnowflakeConnection.__init__
_FORMATS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH24": "%H", "MI": "%M", "SS": "%S", "FF6": "%f"}

_DESCRIBE_TABLE = Template("""
SELECT
    column_name AS "name",
    CASE
        WHEN starts_with(column_type, 'DECIMAL') THEN replace(column_type, 'DECIMAL', 'NUMBER')
        WHEN column_type = 'BIGINT' THEN 'NUMBER(38,0)'
        WHEN column_type = 'VARCHAR' THEN 'VARCHAR(' || coalesce(lengths[column_name], 16777216) || ')'
        WHEN column_type = 'DOUBLE' THEN 'FLOAT'
        WHEN column_type = 'JSON' THEN 'VARIANT'
        WHEN column_type = 'TIME' THEN 'TIME(9)'
        WHEN column_type = 'BLOB' THEN 'BINARY(8388608)'
        WHEN column_type = 'TIMESTAMP' THEN 'TIMESTAMP_NTZ(9)'
        WHEN column_type = 'TIMESTAMP WITH TIME ZONE' THEN 'TIMESTAMP_TZ(9)'
        ELSE column_type
    END AS "type",
    'COLUMN' AS "kind",
    CASE WHEN "null" = 'YES' THEN 'Y' ELSE 'N' END AS "null?",
    "default",
    'N' AS "primary key",
    'N' AS "unique key",
    NULL::VARCHAR AS "check",
    NULL::VARCHAR AS "expression",
    NULL::VARCHAR AS "comment",
    NULL::VARCHAR AS "policy name",
    NULL::JSON AS "privacy domain"
FROM (DESCRIBE "${catalog}"."${schema}"."${table}"), (
    SELECT map(list(ext_column_name), list(ext_character_maximum_length)) AS lengths
    FROM _fs_global._fs_information_schema._fs_columns_ext
    WHERE ext_table_catalog = '${catalog}' AND ext_table_schema = '${schema}' AND ext_table_name = '${table}'
)
""")

_keep_comment = info_schema.insert_table_comment_sql
_transform = FakeSnowflakeCursor._transform
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


def _about_files(cursor: FakeSnowflakeCursor, verb: str, name: str, path: str) -> FakeSnowflakeCursor:
    bare = name.replace('"', "")
    _execute(cursor, f"LIST @{bare}", server=True)
    root = Path(stage.internal_dir(bare))
    listed = bare.rpartition(".")[2].lower()
    files = [
        file for file in sorted(root.rglob("*")) if file.is_file() and f"{file.relative_to(root)}".startswith(path)
    ]
    rows = [f"('{listed}/{file.relative_to(root)}', {file.stat().st_size}, '', '')" for file in files]
    if verb.upper() == "REMOVE":
        for file in files:
            file.unlink()
    nothing = "" if rows else " WHERE FALSE"
    columns = '"name", "size", "md5", "last_modified"'
    values = ", ".join(rows or ["('', 0, '', '')"])
    return _execute(cursor, f"SELECT {columns} FROM (VALUES {values}) AS v ({columns}){nothing}", server=True)


def _release(connection: FakeSnowflakeConnection) -> None:
    for table in _held.pop(id(connection), set()):
        _locks[table].release()


def _executed(cursor: FakeSnowflakeCursor, command: str, *arguments: Any, **options: Any) -> FakeSnowflakeCursor:
    connection = cursor._conn
    if files := _FILES.match(command):
        return _about_files(cursor, files["verb"], files["stage"], files["path"])
    if (write := _WRITES.match(command)) and write["table"] not in _held[id(connection)]:
        with _guard:
            lock = _locks[write["table"]]
        lock.acquire()
        _held[id(connection)].add(write["table"])
    try:
        _execute(cursor, command, *arguments, **options)
        done = cursor._last_transformed
        return _counted(cursor, done) if isinstance(done, exp.Merge) else cursor
    finally:
        if not connection._in_transaction or _ENDS.match(command):
            _release(connection)


def _merged(expression: exp.Expr) -> list[exp.Expr]:
    """The one statement that a MERGE is in DuckDB, which answers what it did to each row."""
    if isinstance(expression, exp.Merge):
        expression.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
        for update in expression.find_all(exp.Update):
            for change in update.expressions:
                # DuckDB takes no alias of the table here.
                change.this.set("table", None)
    return [expression]


def _counted(cursor: FakeSnowflakeCursor, merge: exp.Merge) -> FakeSnowflakeCursor:
    """Answer a MERGE as Snowflake does: how many rows were inserted, updated and deleted, of what it could do."""
    assert cursor._arrow_table is not None
    done = Counter(cursor._arrow_table["merge_action"].to_pylist())
    rows = {"inserted": done["INSERT"], "updated": done["UPDATE"], "deleted": done["DELETE"]}
    could = [kind for kind, clauses in operations(merge).items() if clauses]
    _execute(cursor, "SELECT " + ", ".join(f'{rows[kind]} AS "number of rows {kind}"' for kind in could), server=True)
    cursor._rowcount = sum(done.values())
    return cursor


def _closed(connection: FakeSnowflakeConnection, *_: object) -> None:
    connection._duck_conn.close()
    connection._is_closed = True
    _release(connection)


def _described(cursor: FakeSnowflakeCursor) -> list[Any]:
    """The columns of the last result, as DuckDB says with it: fakesnow asks again, by a DESCRIBE of the statement."""
    return [(column[0], str(column[1]), "YES", None, None, None) for column in cursor._duck_conn.description or ()]


class _Sessions(dict[str, FakeSnowflakeConnection]):
    def __delitem__(self, token: str) -> None:
        _closed(self[token])
        super().__delitem__(token)


class _Listed:
    """A statement with a list of its parts, which every rule that changes nothing goes through.

    sqlglot forgets the hash of a part, and of all that it stands in, when the part changes.
    """

    def __init__(self, statement: exp.Expr) -> None:
        self.statement = statement
        self._parts: list[tuple[exp.Expr, exp.Expr | None, str | None, int | None]] = []

    def transform(self, rule: Callable[..., exp.Expr], copy: bool = False, **options: Any) -> "_Listed":
        if self.statement._hash is None:
            try:
                hash(self.statement)
            except TypeError:
                # fakesnow has put a dictionary into it, as into each PUT.
                self.statement = self.statement.transform(rule, copy=False, **options)
                return self
            self._parts = [(part, part.parent, part.arg_key, part.index) for part in self.statement.dfs()]
        replaced: set[int] = set()
        for part, parent, key, index in self._parts:
            if (replaced and id(part) in replaced) or (new := rule(part, **options)) is part:
                continue
            replaced.update(map(id, part.dfs()))
            if part is self.statement:
                self.statement = new
            elif parent and key:
                parent.set(key, new, index)
        return self


def _transformed(cursor: FakeSnowflakeCursor, expression: exp.Expr, *arguments: Any) -> exp.Expr:
    listed: Any = _Listed(expression).transform(_formatted).transform(_element)
    done: Any = _transform(cursor, listed, *arguments)
    return done.statement


def _formatted(expression: exp.Expr) -> exp.Expr:
    if not isinstance(expression, exp.ToChar) or not (format_ := expression.args.get("format")):
        return expression
    text = format_.name.replace('"', "")
    for snowflake, duckdb in _FORMATS.items():
        text = text.replace(snowflake, duckdb)
    return exp.Anonymous(this="strftime", expressions=[expression.this, exp.Literal.string(text)])


def _element(expression: exp.Expr) -> exp.Expr:
    element = expression.this if isinstance(expression, exp.Cast) else None
    if not isinstance(element, exp.Bracket) or not element.expressions[0].is_string:
        return expression
    pointer = "/" + element.expressions[0].name.replace("~", "~0").replace("/", "~1")
    return exp.Anonymous(this="json_extract_string", expressions=[element.this, exp.Literal.string(pointer)])


def _begun(connection: FakeSnowflakeConnection, *arguments: Any, **options: Any) -> None:
    _begin(connection, *arguments, **options)
    connection._duck_conn.execute(
        "CREATE OR REPLACE TEMP MACRO object_delete(o, k) AS json_merge_patch(o, json_object(CAST(k AS VARCHAR), NULL))"
    )


async def _logged_in(request: Request) -> Response:
    """A login's answer with a master token: without one the driver never says goodbye."""
    answer = json.loads(bytes((await fakesnow.server.login_request(request)).body))
    answer["data"]["masterToken"] = answer["data"]["token"]
    return JSONResponse(answer)


async def _forget_sessions(_: Request) -> Response:
    """Ends all sessions, as Snowflake does with those that it no longer hears of."""
    for token in list(fakesnow.server.sessions):
        del fakesnow.server.sessions[token]
    return Response()


_COMMENT = """coalesce((
    SELECT max(comment) FROM _fs_global._fs_information_schema._fs_tables_ext
    WHERE ext_table_catalog = table_catalog AND ext_table_schema = table_schema AND ext_table_name = table_name
), '') as comment,"""


def _with_comments(definition: str) -> str:
    definition = definition.replace("create view if not exists", "create or replace view")
    return definition.replace("'' as comment,", _COMMENT)


def _comment_kept(catalog: str, schema: str, table: str, comment: str | None) -> str:
    return _keep_comment(catalog, schema, table, (comment or "").replace("'", "''"))


def serve() -> None:
    """Serves on a free port of 127.0.0.1 and prints it."""
    # What was imported stays: there is no use in going through it again and again.
    gc.freeze()
    for owner, name, ours in (
        (fakesnow.arrow, "timestamp_to_sf_struct", _timestamp),
        (FakeSnowflakeConnection, "__init__", _begun),
        (FakeSnowflakeCursor, "execute", _executed),
        (info_schema, "insert_table_comment_sql", _comment_kept),
        (FakeSnowflakeCursor, "_transform", _transformed),
        (FakeSnowflakeCursor, "_describe_last_sql", _described),
        (fakesnow.transforms, "merge", _merged),
        (rules, "SQL_DESCRIBE_TABLE", _DESCRIBE_TABLE),
    ):
        setattr(owner, name, ours)
    for definition in (show.SQL_CREATE_VIEW_SHOW_TABLES, show.SQL_CREATE_VIEW_SHOW_VIEWS):
        fakesnow.server.shared_fs.duck_conn.execute(_with_comments(definition))
    # Tables of tests are small: a second thread of DuckDB's would only be woken for nothing.
    fakesnow.server.shared_fs.duck_conn.execute("SET threads = 1")
    fakesnow.server.sessions = _Sessions()
    routes = fakesnow.server.app.router.routes
    routes.insert(0, Route("/session/v1/login-request", _logged_in, methods=["POST"]))
    routes.insert(0, Route("/forget-sessions", _forget_sessions, methods=["POST"]))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(fakesnow.server.app, log_level=os.environ.get("LOG_LEVEL", "error")))
        server.run(sockets=[listener])


if __name__ == "__main__":
    serve()
