"""What commits to a lake cost: CPU seconds, peak memory of the process, bytes written, requests.

    uv run python -m hubspot_assets_tests.benchmarks.lake_merge [--rows 1_000_000] [--case "5,000 changed"]

Every case writes to S3 on 127.0.0.1 (moto), from a process of its own.
"""

import argparse
import multiprocessing
import random
import resource
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Printed

from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Merge, Table
from hubspot_assets.warehouse.lake.desk import MEMORY
from hubspot_assets_tests.benchmarks.duckdb_merge import CONTACTS, contacts, memory, neighbors, scattered
from hubspot_assets_tests.s3_bed import Store
from hubspot_assets_tests.s3_faults import FaultyStore

CHUNK = 100_000
BATCH = 2_000
"""Rows that come at once, as pages of HubSpot's do."""
WIDE = 300


@dataclass(frozen=True)
class Case:
    """Rows that are committed one chunk after the other.

    Attributes:
        chunks: SQL of the chunks, for a number of stored rows.
        stored: Rows that are there before, SQL of them in chunks.
        columns: How many columns the table has.
    """

    chunks: Callable[[int], list[str]]
    stored: Callable[[int], list[str]] = lambda _: []
    columns: int = len(CONTACTS.schema)


def _fill(rows: int) -> list[str]:
    return [contacts(neighbors(first, CHUNK)) for first in range(0, rows, CHUNK)]


def _changed(changed: int, rows: int) -> list[str]:
    new = changed // 5
    old = f"{contacts(scattered(rows, changed - new), updated=9, salt=1)}"
    return [f"{old} UNION ALL {contacts(neighbors(rows, new), updated=9, salt=1)}"]


CASES = {
    "first load of 200,000 x 60": Case(lambda _: _fill(200_000)),
    "first load of 200,000 x 300": Case(lambda _: _fill(200_000), columns=WIDE),
    "5,000 changed": Case(partial(_changed, 5_000), _fill),
    "50,000 changed": Case(partial(_changed, 50_000), _fill),
    "5,000 changed x 300": Case(partial(_changed, 5_000), _fill, WIDE),
}


def widened(columns: int) -> Table:
    """The table of contacts with so many columns."""
    more = [pa.field(f"PROPERTY_MORE_{n}", pa.string()) for n in range(columns - len(CONTACTS.schema))]
    schema = pa.schema([*CONTACTS.schema, *more])
    return Table(CONTACTS.name, schema, CONTACTS.key, CONTACTS.version, CONTACTS.provenance, CONTACTS.json)


def made(table: Table, query: str, file: Path) -> None:
    """Keep rows of a query in a file, in batches as a sync brings them; further columns are filled from others."""
    texts = [f"PROPERTY_TEXT_{n}" for n in range(26)]
    further = table.schema.names[len(CONTACTS.schema) :]
    chosen = ", ".join(["*", *(f"{texts[n % len(texts)]} AS {name}" for n, name in enumerate(further))])
    with duckdb.connect() as connection, pa.ipc.new_stream(file, table.schema) as stream:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        for batch in connection.sql(f"SELECT {chosen} FROM ({query})").to_arrow_reader(BATCH):
            stream.write_table(pa.table(batch).select(table.schema.names).cast(table.schema))


def commit(store: tuple[str, str, dict[str, str]], table: Table, files: list[Path], most: int) -> None:
    """Stage and commit chunks as a sync does, with a row of SYNCS each."""
    bed = Store(0)
    bed.endpoint, bed.role, bed.keys = store
    lake = bed.warehouse("hubspot/benchmark")
    lake._committer._memory = most
    lake.ensure(table, SYNCS)
    for number, file in enumerate(files):
        with lake.stage(table) as stage, pa.ipc.open_stream(pa.OSFile(str(file))) as stream:
            for batch in stream:
                stage.write(pa.Table.from_batches([batch]))
            state = pa.table({"SYNCID": ["s"], "ROWSREAD": [number]})
            lake.commit(Merge(table, stage), Merge(SYNCS, state))


def measured(answer: Connection, *arguments: Any) -> None:
    """Commit in this process, and say what it took: CPU seconds and peak MiB."""
    # As the IO manager does.
    pa.set_memory_pool(pa.system_memory_pool())
    commit(*arguments)
    used = resource.getrusage(resource.RUSAGE_SELF)
    answer.send((used.ru_utime + used.ru_stime, memory("VmHWM")))


def run(case: Case, rows: int, most: int) -> tuple[float, int, float, int]:
    """Run a case on a new store: CPU seconds, peak MiB, MB written, requests."""
    spawn = multiprocessing.get_context("spawn")
    table = widened(case.columns)
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.start() as store,
        FaultyStore.start(store.endpoint, random.Random(0)) as way,
    ):

        def files(queries: list[str]) -> list[Path]:
            paths = [Path(folder, f"{number}.arrow") for number in range(len(queries))]
            for query, path in zip(queries, paths, strict=True):
                made(table, query, path)
            return paths

        there = (way.endpoint, store.role, store.keys)
        for query in case.stored(rows):
            filling = spawn.Process(target=commit, args=(there, table, files([query]), most))
            filling.start()
            filling.join()
        way.requests.clear()
        written = way.written
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=measured, args=(theirs, there, table, files(case.chunks(rows)), most))
        process.start()
        cpu, peak = ours.recv()
        process.join()
        return cpu, peak, (way.written - written) / 1e6, len(way.requests)


def main() -> None:
    """Run the cases, and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", default="")
    parser.add_argument("--memory", type=int, default=MEMORY, help="MiB that DuckDB may use at first")
    chosen = parser.parse_args()
    printed = Printed("case", "CPU s", "peak MiB", "MB written", "requests")
    for name, case in CASES.items():
        if chosen.case in (name, ""):
            cpu, peak, written, requests = run(case, chosen.rows, chosen.memory)
            printed.add_row(name, f"{cpu:.1f}", f"{peak:.0f}", f"{written:.1f}", str(requests))
    Console().print(printed)


if __name__ == "__main__":
    main()
