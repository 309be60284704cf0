"""What commits into a large DuckDB table cost: seconds, and peak memory of the whole process.

    uv run python -m hubspot_assets_tests.benchmarks.duckdb_merge [--rows 5_000_000]

Every case runs in a process of its own, on its own copy of one stored table.
"""

import argparse
import multiprocessing
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
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse

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


def scattered(stored: int, rows: int, offset: int = 0) -> str:
    return f"SELECT i * {stored // rows} + {offset} AS i FROM range({rows}) r(i)"


def neighbors(first: int, rows: int) -> str:
    return f"SELECT i + {first} AS i FROM range({rows}) r(i)"


@dataclass(frozen=True)
class Case:
    """Rows that are committed one chunk after the other.

    Attributes:
        chunks: For a number of stored rows, the chunks as SQL.
        empty: Whether the table is to be empty rather than full.
        patch: Columns to patch; none means to merge all.
    """

    chunks: Callable[[int], list[str]]
    empty: bool = False
    patch: tuple[str, ...] = ()


CASES = {
    "50,000 rows: 35,000 changed, scattered, and 15,000 new": Case(
        lambda n: [
            f"{contacts(scattered(n, 35_000), updated=9, salt=1)} "
            f"UNION ALL {contacts(neighbors(n, 15_000), updated=9, salt=1)}"
        ]
    ),
    "50,000 rows, new": Case(lambda n: [contacts(neighbors(n, 50_000))]),
    "50,000 rows, equal, scattered": Case(lambda n: [contacts(scattered(n, 50_000))]),
    "50,000 rows, equal, neighbors": Case(lambda n: [contacts(neighbors(n // 2, 50_000))]),
    "50,000 rows, changed under an equal UPDATEDAT, scattered": Case(
        lambda n: [contacts(scattered(n, 50_000), salt=1)]
    ),
    "8 chunks of 25,000 rows, new": Case(
        lambda n: [contacts(neighbors(n + chunk * 25_000, 25_000)) for chunk in range(8)]
    ),
    "8 chunks of 25,000 rows, new, into an empty table": Case(
        lambda n: [contacts(neighbors(chunk * 25_000, 25_000)) for chunk in range(8)], empty=True
    ),
    "8 chunks of 25,000 rows, changed, neighbors": Case(
        lambda n: [contacts(neighbors(chunk * 25_000, 25_000), updated=9, salt=1) for chunk in range(8)]
    ),
    "8 chunks of 25,000 rows, changed, scattered": Case(
        lambda n: [contacts(scattered(n, 25_000, chunk), updated=9, salt=1) for chunk in range(8)]
    ),
    "3 properties of 100,000 rows patched, scattered": Case(
        lambda n: [contacts(scattered(n, 100_000), updated=9, salt=1)],
        patch=("OBJECTID", "PROPERTY_TEXT_0", "PROPERTY_NUMBER_0", "PROPERTY_TIME_0", "INGESTEDAT", "SYNCID"),
    ),
}


@dataclass(frozen=True)
class Measured:
    """What the chunks of a case took; memory is that of the whole process in MiB."""

    counts: Counts
    seconds: float
    longest: float
    cpu_seconds: float
    before: int
    peak: int


def run(name: str, path: Path, chunks: list[Path], answers: "multiprocessing.Queue[Measured]") -> None:
    """Commits the chunks, in a process of its own."""
    case, warehouse = CASES[name], DuckDBWarehouse(path)
    before, seconds, cpu, total = memory("VmRSS"), [], 0.0, Counts()
    for chunk in chunks:
        rows = pa.ipc.open_file(chunk).read_all()
        with warehouse.stage(CONTACTS) as stage:
            stage.write(rows)
            begun, cpu_begun = time.perf_counter(), time.process_time()
            [counts] = warehouse.commit(
                Patch(CONTACTS, rows.select(case.patch), only_if_older_than=("INGESTEDAT",))
                if case.patch
                else Merge(CONTACTS, stage)
            )
            seconds.append(time.perf_counter() - begun)
            cpu += time.process_time() - cpu_begun
            total = Counts(
                total.inserted + counts.inserted, total.updated + counts.updated, total.unchanged + counts.unchanged
            )
    answers.put(Measured(total, sum(seconds), max(seconds), cpu, before, memory("VmHWM")))


def memory(measure: str) -> int:
    """A figure of this process that Linux keeps, in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(measure))
    return int(line.split()[1]) // 1024


def fill(path: Path, rows: int) -> None:
    """A stored table as a first load leaves it: in chunks."""
    warehouse = DuckDBWarehouse(path)
    warehouse.ensure(CONTACTS)
    with warehouse._file.open(read_only=False) as connection:
        for first in range(0, rows, 25_000):
            connection.execute(f"INSERT INTO {CONTACTS.name} BY NAME {contacts(neighbors(first, 25_000))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    printed = Printed(title=f"Commits into {arguments.rows:,} rows x {len(CONTACTS.schema)} columns")
    headings = ("inserted", "updated", "unchanged", "seconds", "longest", "CPU s", "MiB before", "MiB peak")
    printed.add_column("case")
    for heading in headings:
        printed.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as maker:
        maker.execute("SET enable_progress_bar = false")
        full, empty, copy = (Path(folder, f"{name}.duckdb") for name in ("full", "empty", "copy"))
        fill(full, arguments.rows)
        fill(empty, 0)
        for name, case in CASES.items():
            if arguments.only not in name:
                continue
            shutil.copy(empty if case.empty else full, copy)
            chunks = []
            for number, query in enumerate(case.chunks(arguments.rows)):
                chunks.append(Path(folder, f"{number}.arrow"))
                rows = maker.sql(query).to_arrow_table().cast(CONTACTS.schema)
                with pa.ipc.new_file(chunks[-1], rows.schema) as file:
                    file.write_table(rows)
            answers = spawn.Queue()
            process = spawn.Process(target=run, args=(name, copy, chunks, answers))
            process.start()
            measured = answers.get()
            process.join()
            counts = measured.counts
            printed.add_row(
                name,
                *(f"{number:,}" for number in (counts.inserted, counts.updated, counts.unchanged)),
                *(f"{number:.2f}" for number in (measured.seconds, measured.longest, measured.cpu_seconds)),
                *(f"{number:,}" for number in (measured.before, measured.peak)),
            )
    Console(width=160).print(printed)


if __name__ == "__main__":
    main()
