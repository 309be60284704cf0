"""What a load into Snowflake costs this machine: seconds for writing the file, PUT, COPY and MERGE.

    uv run python -m hubspot_assets_tests.benchmarks.snowflake_merge [--rows 200_000]

The genuine driver talks to fakesnow on this machine, so PUT shows no network, and COPY and MERGE show DuckDB's speed,
not a warehouse's; the file, its size, and the memory of this process are those of production.
"""

import argparse
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Printed

from hubspot_assets.warehouse.base import Counts, Merge
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse
from hubspot_assets_tests.benchmarks.duckdb_merge import CONTACTS, contacts
from hubspot_assets_tests.snowflake_bed import Server

BATCH_ROWS = 2_000


def main() -> None:
    """Load the same contacts three times: all new, all changed, none changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    columns = len(CONTACTS.schema)
    printed = Printed(title=f"{rows:,} x {columns} rows into Snowflake (fakesnow)", title_justify="left")
    for heading in ("case", "file s", "file MB", "PUT s", "COPY s", "MERGE s", "all s", "rows/s", "MiB at peak"):
        printed.add_column(heading, justify="left" if heading == "case" else "right", no_wrap=True)
    with Server.start() as server:
        warehouse = server.warehouse()
        warehouse.ensure(CONTACTS)
        for case, updated, salt in (("all new", 0, 0), ("all changed", 60, 1), ("none changed", 60, 1)):
            expected = Counts(
                inserted=rows if case == "all new" else 0,
                updated=rows if case == "all changed" else 0,
                unchanged=rows if case == "none changed" else 0,
            )
            made = contacts(f"SELECT i FROM range({rows}) r(i)", updated=updated, salt=salt)
            printed.add_row(case, *_measured(warehouse, made, rows, expected))
    Console().print(printed)


def _measured(warehouse: SnowflakeWarehouse, made: str, rows: int, expected: Counts) -> list[str]:
    began = time.perf_counter()
    with warehouse.stage(CONTACTS) as stage:
        relation = duckdb.sql(made)
        assert relation is not None
        for batch in relation.to_arrow_reader(BATCH_ROWS):
            stage.write(pa.Table.from_batches([batch]))
        size = stage.file().stat().st_size
        written = time.perf_counter() - began
        with _timed() as seconds:
            counts = warehouse.commit(Merge(CONTACTS, stage))
    everything = time.perf_counter() - began
    assert counts == [expected], counts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"{written:.1f}",
        f"{size / 1e6:.0f}",
        *(f"{seconds[verb]:.1f}" for verb in ("PUT", "COPY", "MERGE")),
        f"{everything:.1f}",
        f"{rows / everything:,.0f}",
        f"{peak:.0f}",
    ]


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Seconds by the first word of each statement."""
    seconds: dict[str, float] = defaultdict(float)
    execute = Session.execute

    def timing(session: Session, statement: str, values: Any = ()) -> Any:
        began = time.perf_counter()
        try:
            return execute(session, statement, values)
        finally:
            seconds[statement.split()[0]] += time.perf_counter() - began

    with mock.patch.object(Session, "execute", timing):
        yield seconds


if __name__ == "__main__":
    main()
