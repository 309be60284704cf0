"""What a commit makes of one table, drawn up on this machine: which files go, and which come in their place.

A file cannot be changed, so a write first reads keys and versions alone, to find the rows that it changes, and then
writes anew the files that hold them. Nothing of it is seen by anybody before the log names the new files.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from hubspot_assets.warehouse.base import Counts, Delete, Merge, Patch, Replace, Table, WarehouseError, Write, conformed
from hubspot_assets.warehouse.duckdb.schema import StoredTable
from hubspot_assets.warehouse.duckdb.sql import equal, literal, newer, quoted
from hubspot_assets.warehouse.duckdb.staging import (
    NEWEST,
    POSITION,
    STAGED,
    collapse,
    create,
    number,
    same_key,
    show,
    stage,
)
from hubspot_assets.warehouse.filters import naive_utc
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.parts import ROW, Parts
from hubspot_assets.warehouse.lake.small_files import SmallFiles
from hubspot_assets.warehouse.lake.snapshot import DataFile, Snapshot
from hubspot_assets.warehouse.lake.sql import DIALECT
from hubspot_assets.warehouse.parquet_stage import POSITION as STAGE_POSITION
from hubspot_assets.warehouse.parquet_stage import ParquetStage
from hubspot_assets.warehouse.stage import Stage
from hubspot_assets.warehouse.writes import is_idle, length

FILE_ROWS = 200_000
"""Rows that a file should have at most."""

_FILE = '"stored file"'
_MATCHED = 'temp."matched rows"'
_KEPT = 'temp."kept positions"'
_REPLACED = 'temp."replaced rows"'
_LACKING = 'temp."lacking columns"'
_CHANGES = 'temp."changed rows"'
_SCOPES = "replaced scopes"


class Draft:
    """The files of one table as a commit will leave them.

    Args:
        bucket: Where the table is.
        small_files: Copies of small files.
        table: The table.
        snapshot: The table as it is.
        connection: A DuckDB of one's own.
        folder: Keeps files on this machine.
    """

    def __init__(
        self,
        bucket: Bucket,
        small_files: SmallFiles,
        table: Table,
        snapshot: Snapshot,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
    ) -> None:
        # A Delete may come with a table of which only the name and the key are known.
        self._table = table
        self.name = table.name
        self.snapshot = snapshot
        self._connection = connection
        self._parts = Parts(bucket, small_files, table, snapshot.columns, connection, folder)
        self._stored = StoredTable(table.name, snapshot.columns)
        self._before = snapshot.files()
        self._files = list(self._before)
        self._uploaded: set[str] = set()

    def write(self, write: Write) -> Counts:
        """Draw up one write after those before it."""
        if isinstance(write, Delete):
            return self._delete(write)
        if is_idle(write):
            return Counts()
        match write:
            case Merge():
                return self._merge(write.table, write.rows)
            case Replace():
                return self._replace(write)
            case Patch():
                return self._patch(write)

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to commit."""
        return any(self.changes())

    def changes(self) -> tuple[list[DataFile], list[DataFile]]:
        """The files that are new, and those that are no longer needed."""
        before, after = ({file.path for file in files} for files in (self._before, self._files))
        new = [file for file in self._files if file.path not in before]
        return new, [file for file in self._before if file.path not in after]

    def upload(self) -> None:
        """Bring the new files to the others, those that are not there yet."""
        for file in self.changes()[0]:
            if file.path not in self._uploaded:
                self._parts.upload(file)
                self._uploaded.add(file.path)

    def respell(self, expressions: Mapping[str, str], columns: Mapping[str, str]) -> None:
        """Write every file anew, some columns as expressions of the stored ones.

        Args:
            expressions: What becomes of some columns.
            columns: All columns, with the types that they have afterwards.
        """
        values = ", ".join(f"{expressions.get(c, quoted(c))} AS {quoted(c)}" for c in columns)
        for place, file in enumerate(self._files):
            made = self._parts.write(f"SELECT {values} FROM ({self._parts.whole(file)})", columns)
            assert made is not None, "a file has rows"
            self._files[place] = made

    def _merge(self, table: Table, rows: Stage | pa.Table, unmarked: str | None = None) -> Counts:
        columns = self._stage(table, rows, unmarked)
        candidates = collapse(self._connection, table, [c for c in table.version if c in columns])
        self._classify(table, columns)
        kept = number(self._connection, f"SELECT count(DISTINCT {POSITION}) FROM {_KEPT}")
        replaced = number(self._connection, f"SELECT count(DISTINCT {POSITION}) FROM {_REPLACED}")
        if candidates > kept:
            self._put(columns, candidates - kept, some=kept > 0 or candidates < length(rows))
        return Counts(candidates - kept - replaced, replaced, kept)

    def _stage(self, table: Table, rows: Stage | pa.Table, unmarked: str | None = None) -> Sequence[str]:
        """Show the rows to DuckDB, and return their columns."""
        if isinstance(rows, ParquetStage):
            file = f"read_parquet({literal(str(rows.file()))})"
            columns = [c for c in rows.columns if c != unmarked]
            nothing = "" if unmarked is None else f", NULL::{self._stored.columns[unmarked]} AS {quoted(unmarked)}"
            chosen = ", ".join([*map(quoted, columns), f"{quoted(STAGE_POSITION)} AS {POSITION}"])
            source = f"(SELECT {chosen}{nothing} FROM {file})"
            columns += [unmarked] if unmarked else []
            show(self._connection, table, self._stored, columns, source, DIALECT)
            return columns
        if isinstance(rows, Stage):
            raise TypeError(f"a stage of another warehouse cannot be merged into {table.name}")
        given = conformed(table, rows)
        if unmarked is not None:
            given = given.select([c for c in given.column_names if c != unmarked])
            given = given.append_column(unmarked, pa.nulls(given.num_rows, table.schema.field(unmarked).type))
        stage(self._connection, table, self._stored, given, DIALECT)
        return given.column_names

    def _overlapping(self, key: str) -> Iterator[tuple[int, DataFile]]:
        """The files that may have keys of the candidates, with their places."""
        bounds = f"SELECT min({quoted(key)}), max({quoted(key)}) FROM {NEWEST}"
        [(low, high)] = self._connection.execute(bounds).fetchall()
        for place, file in enumerate(self._files):
            least, most = file.lows.get(key), file.highs.get(key)
            if low is None or least is None or most is None or not (most < low or high < least):
                yield place, file

    def _classify(self, table: Table, columns: Sequence[str]) -> None:
        """Tell the candidates that change nothing (_KEPT) from stored rows that are out of date (_REPLACED)."""
        connection, version = self._connection, [c for c in table.version if c in columns]
        weighed = [c for c in version if c not in table.provenance]
        create(
            connection,
            _MATCHED,
            f"SELECT 0 AS {_FILE}, 0::BIGINT AS {ROW}, {POSITION}, TRUE AS newer, TRUE AS alike FROM {NEWEST} LIMIT 0",
        )
        for place, file in self._overlapping(table.key[0]):
            stored = self._parts.some(file, [*table.key, *version])
            is_newer = "TRUE" if table.immutable else newer("t", "n", version)
            connection.execute(
                f"INSERT INTO {_MATCHED} SELECT {place}, t.{ROW}, n.{POSITION}, {is_newer}, {equal('t', 'n', weighed)} "
                f"FROM ({stored}) t JOIN {NEWEST} n ON {same_key(table)}"
            )
        create(connection, _KEPT, f"SELECT DISTINCT {POSITION} FROM {_MATCHED} WHERE newer")
        compared = [c for c in columns if c not in table.provenance and c not in table.key]
        digest = f"hash({', '.join(['TRUE', *map(quoted, compared)])}) AS digest"
        doubtful = f"SELECT * FROM {_MATCHED} WHERE alike AND NOT newer"
        for place in self._places(doubtful):
            stored = f"SELECT {ROW}, {digest} FROM ({self._parts.whole(self._files[place])})"
            connection.execute(
                f"INSERT INTO {_KEPT} SELECT DISTINCT {POSITION} FROM (SELECT {POSITION}, digest FROM ({stored}) "
                f"JOIN (FROM ({doubtful}) WHERE {_FILE} = {place}) USING ({ROW})) "
                f"JOIN (SELECT {POSITION}, {digest} FROM {STAGED}) USING ({POSITION}, digest)"
            )
        create(connection, _REPLACED, f"FROM {_MATCHED} ANTI JOIN {_KEPT} USING ({POSITION})")

    def _put(self, columns: Sequence[str], rows: int, *, some: bool) -> None:
        """Put the candidates that are not kept into the table, in place of the rows that are out of date.

        Args:
            columns: Those that the rows have.
            rows: How many candidates there are.
            some: Whether they are only some of the staged rows.
        """
        lacking = {c: t for c, t in self._stored.columns.items() if c not in columns}
        nothing = ", ".join(f"NULL::{type_} AS {quoted(c)}" for c, type_ in lacking.items())
        create(
            self._connection,
            _LACKING,
            f"SELECT 0::BIGINT AS {POSITION}{', ' if nothing else ''}{nothing} LIMIT 0",
        )
        touched = self._places(f"SELECT * FROM {_REPLACED}")
        remains = {place: self._remaining(place, list(lacking)) for place in touched}
        values = [*(f"s.{quoted(c)}" if c in columns else f"l.{quoted(c)}" for c in self._stored.columns)]
        winners = f"SELECT {', '.join(values)} FROM {STAGED} s"
        # A join may hold whole rows in memory, so there is none without need.
        if some:
            winners += f" SEMI JOIN {NEWEST} USING ({POSITION}) ANTI JOIN {_KEPT} USING ({POSITION})"
        if lacking:
            winners += f" LEFT JOIN {_LACKING} l USING ({POSITION})"
        home = self._home(touched, rows)
        names = ", ".join(map(quoted, self._stored.columns))
        made: dict[int, DataFile | None] = {}
        for place in touched if home is None or home in touched else [*touched, home]:
            rest = remains.get(place) or self._parts.whole(self._files[place])
            query = f"SELECT {names} FROM ({rest})"
            made[place] = self._parts.write(f"{query} UNION ALL {winners}" if place == home else query)
        added = [self._parts.write(winners)] if home is None else []
        self._files = [f for f in (*(made.get(p, file) for p, file in enumerate(self._files)), *added) if f is not None]

    def _remaining(self, place: int, lacking: Sequence[str]) -> str:
        """A query of the rows of a file that stay; keeps of the others what their successors lack."""
        whole = self._parts.whole(self._files[place])
        here = f"SELECT {ROW}, min({POSITION}) AS {POSITION} FROM {_REPLACED} WHERE {_FILE} = {place} GROUP BY ALL"
        if lacking:
            fetched = ", ".join(f"any_value({quoted(c)})" for c in lacking)
            self._connection.execute(
                f"INSERT INTO {_LACKING} SELECT {POSITION}, {fetched} FROM ({whole}) JOIN ({here}) USING ({ROW}) "
                f"WHERE {POSITION} NOT IN (SELECT {POSITION} FROM {_LACKING}) GROUP BY {POSITION}"
            )
        return f"SELECT * FROM ({whole}) ANTI JOIN ({here}) USING ({ROW})"

    def _home(self, touched: Sequence[int], rows: int) -> int | None:
        """The file that takes the new rows in: one that is written anew anyway, or a small one; None for a new one."""
        counted = f"SELECT {_FILE}, count(DISTINCT {ROW}) FROM {_REPLACED} GROUP BY ALL"
        gone = dict(self._connection.execute(counted).fetchall())
        fitting = [
            (place not in touched, file.rows, place)
            for place, file in enumerate(self._files)
            if (place in touched or file.rows < FILE_ROWS // 4) and file.rows - gone.get(place, 0) + rows <= FILE_ROWS
        ]
        return min(fitting)[2] if fitting else None

    def _replace(self, write: Replace) -> Counts:
        table = write.table
        if write.scopes is not None and length(write.rows):
            rows = write.rows
            write.refuse_strays(rows.selected(write.scope) if isinstance(rows, ParquetStage) else rows)
        if length(write.rows):
            counts = self._merge(table, write.rows, write.removal)
        else:
            self._stage(table, table.schema.empty_table(), write.removal)
            counts = Counts()
        within = ""
        if write.scopes is not None:
            self._connection.register(_SCOPES, conformed(write.scope_table, write.scopes))
            within = f' SEMI JOIN temp."{_SCOPES}" USING ({", ".join(map(quoted, write.scope))})'
        instant = f"TIMESTAMP {literal(str(naive_utc(write.removed_at)))}"
        unmarked = f"{quoted(write.removal)} IS NULL" + "".join(
            f" AND ({quoted(c)} <= {instant}) IS NOT FALSE" for c in write.instants
        )
        marks = [f"?::{self._stored.columns[c]} AS {quoted(c)}" for c in write.mark]
        values = [naive_utc(value) for value in write.mark.values()]
        key = ", ".join(map(quoted, table.key))
        self._begin_changes(list(write.mark))
        for place, file in enumerate(self._files):
            stored = self._parts.some(file, [*table.key, write.removal, *write.instants])
            self._connection.execute(
                f"INSERT INTO {_CHANGES} SELECT {place}, {ROW}, {', '.join(marks)} "
                f"FROM (SELECT * FROM ({stored}){within} WHERE {unmarked}) ANTI JOIN {STAGED} USING ({key})",
                values,
            )
        return dataclasses.replace(counts, removed=self._change(list(write.mark)))

    def _patch(self, write: Patch) -> Counts:
        table, older = write.table, write.only_if_older_than or ()
        columns = [c for c in self._stage(table, write.rows) if c not in table.key]
        collapse(self._connection, table, older)
        compared = [c for c in columns if c not in table.provenance] or columns
        is_older = f"({newer('n', 't', older)})" if older else "TRUE"
        values = ", ".join(f"i.{quoted(c)}" for c in columns)
        self._begin_changes(columns)
        matched = 0
        for place, file in self._overlapping(table.key[0]):
            stored = self._parts.some(file, [*table.key, *older, *compared])
            matched += create(
                self._connection,
                _MATCHED,
                f"SELECT t.{ROW}, n.{POSITION}, {is_older} AND NOT ({equal('t', 'i', compared)}) AS replaced "
                f"FROM ({stored}) t JOIN {NEWEST} n ON {same_key(table)} JOIN {STAGED} i USING ({POSITION})",
            )
            self._connection.execute(
                f"INSERT INTO {_CHANGES} SELECT {place}, {ROW}, {values} "
                f"FROM (FROM {_MATCHED} WHERE replaced) JOIN {STAGED} i USING ({POSITION})"
            )
        changed = self._change(columns)
        return Counts(updated=changed, unchanged=matched - changed)

    def _begin_changes(self, columns: Sequence[str]) -> None:
        values = [f"NULL::{self._stored.columns[c]} AS {quoted(c)}" for c in columns]
        empty = ", ".join([f"0 AS {_FILE}", f"0::BIGINT AS {ROW}", *values])
        create(self._connection, _CHANGES, f"SELECT {empty} LIMIT 0")

    def _change(self, columns: Sequence[str]) -> int:
        """Give some columns of stored rows other values, and return how many rows those are."""
        for place in self._places(f"SELECT * FROM {_CHANGES}"):
            values = ", ".join(
                f"CASE WHEN c.{_FILE} IS NULL THEN t.{quoted(c)} ELSE c.{quoted(c)} END AS {quoted(c)}"
                if c in columns
                else f"t.{quoted(c)}"
                for c in self._stored.columns
            )
            changes = f"(FROM {_CHANGES} WHERE {_FILE} = {place}) c"
            whole = self._parts.whole(self._files[place])
            made = self._parts.write(f"SELECT {values} FROM ({whole}) t LEFT JOIN {changes} ON t.{ROW} = c.{ROW}")
            assert made is not None, "no row went"
            self._files[place] = made
        return number(self._connection, f"SELECT count(*) FROM {_CHANGES}")

    def _delete(self, write: Delete) -> Counts:
        if unknown := [column for column, _, _ in write.where if column not in self._stored.columns]:
            raise WarehouseError(f"Table {write.table.name} has no column {', '.join(unknown)}.")
        text, values = DIALECT.condition(write.where)
        deleted, left = 0, []
        for file in self._files:
            doomed = file.rows
            if write.where:
                stored = self._parts.some(file, [column for column, _, _ in write.where])
                self._begin_changes([])
                self._connection.execute(f"INSERT INTO {_CHANGES} SELECT 0, {ROW} FROM ({stored}) WHERE {text}", values)
                doomed = number(self._connection, f"SELECT count(*) FROM {_CHANGES}")
            deleted += doomed
            if doomed == file.rows:
                continue
            rest = f"SELECT * FROM ({self._parts.whole(file)}) ANTI JOIN {_CHANGES} USING ({ROW})" if doomed else ""
            made = self._parts.write(rest) if doomed else file
            left += [made] if made is not None else []
        self._files = left
        return Counts(deleted=deleted)

    def _places(self, query: str) -> list[int]:
        return [p for (p,) in self._connection.execute(f"SELECT DISTINCT {_FILE} FROM ({query}) ORDER BY 1").fetchall()]
