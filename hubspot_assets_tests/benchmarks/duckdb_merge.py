"""What commits into a large DuckDB table cost: seconds, and peak memory of the whole process.

    uv run python -m hubspot_assets_tests.benchmarks.duckdb_merge [--rows 5_000_000]

Every case runs in a process of its own, on its own copy of one stored table.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Printed

from hubspot_assets.warehouse.base import Counts, Merge, Patch, Table
from hubspot_assets.warehouse.duckdb import DuckDBWarehouse

INSTANT = pa.timestamp("us")
DECIMAL = pa.decimal128(38, 10)
PROPERTIES = [
    *[(f"PROPERTY_TEXT_{n}", pa.string()) for n in range(26)],
    *[(f"PROPERTY_NUMBER_{n}", DECIMAL) for n in range(14)],
    *[(f"PROPERTY_TIME_{n}", INSTANT) for n in range(9)],
    *[(f"PROPERTY_FLAG_{n}", pa.bool_()) for n in range(5)],
]
CONTACTS = Table(
    "OBJECTS_CONTACTS",
    pa.schema(
        [
            ("OBJECTID", pa.int64()),
            ("CREATEDAT", INSTANT),
            ("UPDATEDAT", INSTANT),
            *PROPERTIES,
            ("UNPARSED", pa.string()),
            ("INGESTEDAT", INSTANT),
            ("SYNCID", pa.string()),
        ]
    ),
    key=("OBJECTID",),
    version=("UPDATEDAT", "INGESTEDAT"),
    provenance=("INGESTEDAT", "SYNCID"),
    json=("UNPARSED",),
)


def contacts(ids: str, *, updated: int = 0, salt: int = 0) -> str:
    """SQL of made-up contacts.

    Args:
        ids: SQL that yields one column, `i`.
        updated: Seconds by which UPDATEDAT is later than in the stored table.
        salt: Another salt gives other property values.
    """

    def value(name: str, type_: pa.DataType) -> str:
        seed = f"hash(i, '{name}', {salt})"
        if pa.types.is_string(type_):
            made = f"substr(md5(CAST({seed} AS VARCHAR)), 1, 4 + CAST({seed} % 24 AS INTEGER))"
        elif pa.types.is_decimal(type_):
            made = f"CAST({seed} % 1000000 / 100 AS DECIMAL(38,10))"
        elif pa.types.is_boolean(type_):
            made = f"{seed} % 2 = 0"
        else:
            made = f"make_timestamp(1700000000000000 + CAST({seed} % 30000000 AS BIGINT) * 1000000)"
        return f"CASE WHEN {seed} % 4 > 0 THEN {made} END AS {name}"

    properties = ", ".join(value(name, type_) for name, type_ in PROPERTIES)
    return (
        f"SELECT CAST(i AS BIGINT) AS OBJECTID, TIMESTAMP '2024-01-01' AS CREATEDAT, "
        f"TIMESTAMP '2025-01-01' + to_seconds(i % 1000000 + {updated}) AS UPDATEDAT, {properties}, "
        f"CAST(NULL AS VARCHAR) AS UNPARSED, TIMESTAMP '2026-01-01' + to_seconds({updated} + 1) AS INGESTEDAT, "
        f"'sync {salt}' AS SYNCID FROM ({ids})"
    )


def made(ids: str, **options: int) -> pa.Table:
    """Those contacts as Arrow."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return connection.sql(contacts(ids, **options)).to_arrow_table().cast(CONTACTS.schema)


@dataclass(frozen=True)
class Measured:
    """What a case took."""

    counts: Counts
    seconds: float
    before: int
    peak: int


Case = Callable[[DuckDBWarehouse, int], tuple[Counts, float]]


def merged(warehouse: DuckDBWarehouse, rows: pa.Table) -> tuple[Counts, float]:
    with warehouse.stage(CONTACTS) as stage:
        stage.write(rows)
        begun = time.perf_counter()
        [counts] = warehouse.commit(Merge(CONTACTS, stage))
        return counts, time.perf_counter() - begun


def scattered(stored: int, rows: int) -> str:
    return f"SELECT i * {stored // rows} AS i FROM range({rows}) r(i)"


def changed(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    rows = pa.concat_tables(
        [
            made(scattered(stored, 35_000), updated=9, salt=1),
            made(f"SELECT i + {stored} AS i FROM range(15000) r(i)", updated=9, salt=1),
        ]
    )
    return merged(warehouse, rows)


def equal_scattered(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    return merged(warehouse, made(scattered(stored, 50_000)))


def equal_neighbors(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    return merged(warehouse, made(f"SELECT i + {stored // 2} AS i FROM range(50000) r(i)"))


def calculated(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    """Other values under an equal UPDATEDAT."""
    return merged(warehouse, made(scattered(stored, 50_000), salt=1))


def new(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    return merged(warehouse, made(f"SELECT i + {stored} AS i FROM range(50000) r(i)"))


def chunks(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    seconds, inserted = 0.0, 0
    for chunk in range(8):
        first = stored + chunk * 25_000
        counts, took = merged(warehouse, made(f"SELECT i + {first} AS i FROM range(25000) r(i)"))
        seconds, inserted = seconds + took, inserted + counts.inserted
    return Counts(inserted=inserted), seconds


def first_load(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    fresh = DuckDBWarehouse(Path(warehouse._file.path).with_name("fresh.duckdb"))
    fresh.ensure(CONTACTS)
    return chunks(fresh, 0)


def changed_chunks(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    seconds, updated = 0.0, 0
    for chunk in range(4):
        ids = f"SELECT i * {stored // 25_000} + {chunk} AS i FROM range(25000) r(i)"
        counts, took = merged(warehouse, made(ids, updated=9, salt=1))
        seconds, updated = seconds + took, updated + counts.updated
    return Counts(updated=updated), seconds


def patched(warehouse: DuckDBWarehouse, stored: int) -> tuple[Counts, float]:
    columns = ["OBJECTID", "PROPERTY_TEXT_0", "PROPERTY_NUMBER_0", "PROPERTY_TIME_0", "INGESTEDAT", "SYNCID"]
    rows = made(scattered(stored, 100_000), updated=9, salt=1).select(columns)
    begun = time.perf_counter()
    [counts] = warehouse.commit(Patch(CONTACTS, rows, only_if_older_than=("INGESTEDAT",)))
    return counts, time.perf_counter() - begun


CASES: dict[str, Case] = {
    "50,000 rows: 35,000 changed, scattered, and 15,000 new": changed,
    "50,000 rows, new": new,
    "50,000 rows, equal, scattered": equal_scattered,
    "50,000 rows, equal, neighbors": equal_neighbors,
    "50,000 rows, scattered, changed under an equal UPDATEDAT": calculated,
    "4 chunks of 25,000 rows, changed, scattered": changed_chunks,
    "8 chunks of 25,000 rows, new": chunks,
    "8 chunks of 25,000 rows into an empty file": first_load,
    "3 properties of 100,000 rows patched": patched,
}


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(name: str, path: Path, stored: int, answers: multiprocessing.Queue[Measured]) -> None:
    before = peak_memory()
    counts, seconds = CASES[name](DuckDBWarehouse(path), stored)
    answers.put(Measured(counts, seconds, before, peak_memory()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    printed = Printed(title=f"Commits into {arguments.rows:,} rows x {len(CONTACTS.schema)} columns")
    for heading in ("case", "inserted", "updated", "unchanged", "seconds", "MiB before", "MiB peak"):
        printed.add_column(heading, justify="left" if heading == "case" else "right")
    with tempfile.TemporaryDirectory() as folder:
        stored = Path(folder, "stored.duckdb")
        DuckDBWarehouse(stored).ensure(CONTACTS)
        with duckdb.connect(stored) as connection:
            for first in range(0, arguments.rows, 500_000):
                ids = f"SELECT i FROM range({first}, {min(first + 500_000, arguments.rows)}) r(i)"
                connection.execute(f"INSERT INTO {CONTACTS.name} {contacts(ids)}")
        for name in [name for name in CASES if arguments.only in name]:
            copy = Path(folder, "copy.duckdb")
            shutil.copy(stored, copy)
            answers = spawn.Queue()
            process = spawn.Process(target=run, args=(name, copy, arguments.rows, answers))
            process.start()
            measured = answers.get()
            process.join()
            counts = measured.counts
            printed.add_row(
                name,
                *(f"{number:,}" for number in (counts.inserted, counts.updated, counts.unchanged)),
                f"{measured.seconds:.2f}",
                f"{measured.before}",
                f"{measured.peak}",
            )
    Console(width=140).print(printed)


if __name__ == "__main__":
    main()
