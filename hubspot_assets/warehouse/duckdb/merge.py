"""How incoming rows meet stored ones in DuckDB: classify by key and version, then delete and insert.

DuckDB stores columns, so reading few columns of many rows is cheap and touching every column of one row is not. A
merge first joins the incoming keys and versions with the stored ones, then compares whole rows only where that
leaves the answer open, then deletes the rows to be replaced and inserts the winners. DuckDB's own MERGE
and ON CONFLICT take ten times as long, or never end. A patch is an UPDATE, since it touches few columns.
(Measured by hubspot_assets_tests/benchmarks/duckdb_merge.py.)
"""

import dataclasses
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from hubspot_assets.warehouse.base import (
    Counts,
    Patch,
    Replace,
    Table,
    conformed,
    naive_utc,
)
from hubspot_assets.warehouse.duckdb.schema import StoredTable
from hubspot_assets.warehouse.duckdb.sql import equal, newer, quoted
from hubspot_assets.warehouse.duckdb.staging import NEWEST, POSITION, STAGED, collapse, create, number, same_key, stage

_STORED = '"stored row"'
_MATCHED = 'temp."matched rows"'
_DOUBTFUL = 'temp."doubtful rows"'
_KEPT = 'temp."kept positions"'
_REPLACED = 'temp."replaced rows"'
_LACKING = 'temp."lacking columns"'
_SCOPES = '"replaced scopes"'
_GONE = 'temp."gone rows"'


def merge(connection: duckdb.DuckDBPyConnection, table: Table, target: StoredTable, rows: pa.Table) -> Counts:
    """Merge rows by the table's key and version, inside the caller's transaction."""
    stage(connection, table, target, rows)
    return _merged(connection, table, target, rows.column_names, rows.num_rows)


def replace(connection: duckdb.DuckDBPyConnection, write: Replace, target: StoredTable, rows: pa.Table) -> Counts:
    """Make the rows the only ones of their scopes, inside the caller's transaction.

    Raises:
        WarehouseError: If rows belong to none of the scopes.
    """
    table = write.table
    write.refuse_strays(rows)
    unmarked = pa.nulls(rows.num_rows, table.schema.field(write.removal).type)
    kept = [c for c in rows.column_names if c != write.removal]
    rows = rows.select(kept).append_column(table.schema.field(write.removal), unmarked)
    stage(connection, table, target, rows)
    within = ""
    if write.scopes is not None:
        scope = ", ".join(map(quoted, write.scope))
        connection.register(_SCOPES.strip('"'), conformed(write.scope_table, write.scopes))
        within = f" SEMI JOIN temp.{_SCOPES} USING ({scope})"
    merged = _merged(connection, table, target, rows.column_names, rows.num_rows)
    key = ", ".join(map(quoted, table.key))
    later = "".join(f" AND ({quoted(c)} <= $instant) IS NOT FALSE" for c in write.instants)
    present = (
        f"SELECT rowid AS {_STORED}, {key} FROM {target.name}{within} WHERE {quoted(write.removal)} IS NULL{later}"
    )
    instant = {"instant": naive_utc(write.removed_at)} if later else None
    gone = f"SELECT {_STORED} FROM ({present}) ANTI JOIN {STAGED} USING ({key})"
    removed = create(connection, _GONE, gone, instant)
    if removed:
        values = ", ".join(f"{quoted(c)} = ?" for c in write.mark)
        connection.execute(
            f"UPDATE {target.name} SET {values} WHERE rowid IN (SELECT {_STORED} FROM {_GONE})",
            [naive_utc(value) for value in write.mark.values()],
        )
    return dataclasses.replace(merged, removed=removed)


def _merged(
    connection: duckdb.DuckDBPyConnection, table: Table, target: StoredTable, columns: Sequence[str], rows: int
) -> Counts:
    candidates = collapse(connection, table, table.version)
    winners = f"FROM {STAGED}"
    if candidates < rows:
        winners += f" SEMI JOIN {NEWEST} USING ({POSITION})"
    if not number(connection, f"SELECT count(*) FROM (SELECT 1 FROM {target.name} LIMIT 1)"):
        _insert(connection, target, columns, winners)
        return Counts(inserted=candidates)

    _classify(connection, table, target, columns)
    kept = number(connection, f"SELECT count(DISTINCT {POSITION}) FROM {_KEPT}")
    replaced = number(connection, f"SELECT count(DISTINCT {POSITION}) FROM {_REPLACED}")
    if candidates > kept:
        if kept:
            winners += f" ANTI JOIN {_KEPT} USING ({POSITION})"
        lacking = [c for c in target.columns if c not in columns] if replaced else []
        if lacking:
            # One of the stored rows, should someone have made several of a key.
            stored = f"SELECT {POSITION}, min({_STORED}) AS {_STORED} FROM {_REPLACED} GROUP BY ALL"
            fetched = ", ".join(f"t.{quoted(c)}" for c in lacking)
            query = f"SELECT {POSITION}, {fetched} FROM ({stored}) r JOIN {target.name} t ON t.rowid = r.{_STORED}"
            create(connection, _LACKING, query)
            winners += f" LEFT JOIN {_LACKING} USING ({POSITION})"
        connection.execute(f"DELETE FROM {target.name} WHERE rowid IN (SELECT {_STORED} FROM {_REPLACED})")
        _insert(connection, target, [*columns, *lacking], winners)
    return Counts(inserted=candidates - kept - replaced, updated=replaced, unchanged=kept)


def patch(connection: duckdb.DuckDBPyConnection, write: Patch, target: StoredTable, rows: pa.Table) -> Counts:
    """Set columns of stored rows, inside the caller's transaction."""
    table = write.table
    stage(connection, table, target, rows)
    collapse(connection, table, write.only_if_older_than or ())
    columns = [c for c in rows.column_names if c not in table.key]
    compared = [c for c in columns if c not in table.provenance] or columns
    older = f"({newer('n', 't', write.only_if_older_than)})" if write.only_if_older_than else "TRUE"
    create(
        connection,
        _MATCHED,
        f"SELECT n.{POSITION}, t.rowid AS {_STORED}, {older} AND NOT ({equal('t', 'i', compared)}) AS replaced "
        f"FROM {target.name} t JOIN {NEWEST} n ON {same_key(table)} JOIN {STAGED} i USING ({POSITION})",
    )
    matched = number(connection, f"SELECT count(DISTINCT {POSITION}) FROM {_MATCHED}")
    replaced = number(connection, f"SELECT count(DISTINCT {POSITION}) FROM {_MATCHED} WHERE replaced")
    if replaced:
        values = ", ".join(f"{quoted(c)} = i.{quoted(c)}" for c in columns)
        source = f"SELECT * FROM {_MATCHED} JOIN {STAGED} USING ({POSITION}) WHERE replaced"
        connection.execute(f"UPDATE {target.name} t SET {values} FROM ({source}) i WHERE t.rowid = i.{_STORED}")
    return Counts(updated=replaced, unchanged=matched - replaced)


def _classify(connection: duckdb.DuckDBPyConnection, table: Table, target: StoredTable, columns: Sequence[str]) -> None:
    """Tell the candidates that change nothing (_KEPT) from stored rows that are out of date (_REPLACED)."""
    if table.immutable:
        met = f"SELECT n.{POSITION} FROM {NEWEST} n SEMI JOIN {target.name} t ON {same_key(table)}"
        create(connection, _KEPT, met)
        create(connection, _REPLACED, f"SELECT {POSITION}, {POSITION} AS {_STORED} FROM {_KEPT} LIMIT 0")
        return
    weighed = [c for c in table.version if c not in table.provenance]
    create(
        connection,
        _MATCHED,
        f"SELECT n.{POSITION}, t.rowid AS {_STORED}, {newer('t', 'n', table.version)} AS newer, "
        f"{equal('t', 'n', weighed)} AS alike FROM {target.name} t JOIN {NEWEST} n ON {same_key(table)}",
    )
    create(connection, _KEPT, f"SELECT DISTINCT {POSITION} FROM {_MATCHED} WHERE newer")
    doubtful = f"{_MATCHED} WHERE alike AND NOT newer"
    if number(connection, f"SELECT count(*) FROM {doubtful}"):
        compared = [c for c in columns if c not in table.provenance and c not in table.key]
        digest = f"hash({', '.join(['TRUE', *(quoted(c) for c in compared)])}) AS digest"
        # Rows meet as 64-bit hashes, narrow in memory; hashed on their own, parts of the table without any are skipped.
        stored = f"SELECT rowid AS {_STORED}, {digest} FROM {target.name}"
        create(
            connection,
            _DOUBTFUL,
            f"SELECT {POSITION}, digest FROM ({stored}) JOIN (FROM {doubtful}) USING ({_STORED})",
        )
        connection.execute(
            f"INSERT INTO {_KEPT} SELECT DISTINCT {POSITION} FROM {_DOUBTFUL} "
            f"JOIN (SELECT {POSITION}, {digest} FROM {STAGED}) USING ({POSITION}, digest)"
        )
    create(connection, _REPLACED, f"FROM {_MATCHED} ANTI JOIN {_KEPT} USING ({POSITION})")


def _insert(connection: duckdb.DuckDBPyConnection, target: StoredTable, columns: Sequence[str], source: str) -> None:
    names = ", ".join(quoted(c) for c in columns)
    connection.execute(f"INSERT INTO {target.name} ({names}) SELECT {names} {source}")
