"""Reads what the tools have written, as rows to be judged."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from hubspot_assets_tests.benchmarks.peers.judge import Row

CONTACTS = "0-1"


def of_columns(file: Path, table: str, names: Collection[str], prefix: str = "") -> Iterator[Row]:
    """Rows of a DuckDB table that has a column `id`, and one per property, perhaps behind a prefix.

    A tool may write names without their underscores, and put a value of another type into a column of its own.
    """
    plain = {_plain(name): name for name in names}
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(f"SELECT * FROM {table}")
        columns = [each[0] for each in rows.description or ()]
        properties = [
            (place, plain[_plain(column.removeprefix(prefix).partition("__v_")[0])])
            for place, column in enumerate(columns)
            if column.startswith(prefix) and _plain(column.removeprefix(prefix).partition("__v_")[0]) in plain
        ]
        id_ = columns.index("id")
        while some := rows.fetchmany(2_000):
            for row in some:
                yield int(row[id_]), {name: row[place] for place, name in properties if row[place] is not None}


def of_lines(folder: Path) -> Iterator[Row]:
    """The last of the lines of each record, over all files in the order of their names."""
    last: dict[int, dict[str, object]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                last[int(record["id"])] = record["properties"]
    yield from last.items()


def of_this_project(file: Path) -> Iterator[Row]:
    """Rows of the table of contacts that HubSpot still has; what did not fit its column is in `UNPARSED`."""
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = dict(
            connection.execute(
                "SELECT COLUMNNAME, NAME FROM PROPERTY_DEFINITIONS WHERE OBJECTTYPEID = ?", [CONTACTS]
            ).fetchall()
        )
        rows = connection.execute("SELECT * FROM OBJECTS_CONTACTS WHERE DELETIONREASON IS NULL")
        found = [each[0] for each in rows.description or ()]
        properties = [(place, columns[column]) for place, column in enumerate(found) if column in columns]
        id_, unparsed = found.index("OBJECTID"), found.index("UNPARSED")
        while some := rows.fetchmany(2_000):
            for row in some:
                values = {name: row[place] for place, name in properties if row[place] is not None}
                yield int(row[id_]), values | (json.loads(row[unparsed]) if row[unparsed] else {})


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
