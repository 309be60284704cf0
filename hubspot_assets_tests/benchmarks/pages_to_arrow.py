"""How fast pages of JSON become typed Arrow tables, and in how much memory.

    uv run python -m hubspot_assets_tests.benchmarks.pages_to_arrow

Every line of the table is a process of its own, on one thread, with the memory pool that is named.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.tables.pages import PageReader
from hubspot_assets.tables.schema import record_schema
from hubspot_assets_tests.tables.examples import definition

SECONDS = 3
PAGE_ROWS = 100
DISTINCT_PAGES = 20
TYPES = ["string"] * 25 + ["number"] * 18 + ["datetime"] * 11 + ["bool"] * 5 + ["date"]
FIT, UNFIT, EXACT, WIDE = KINDS = (
    "60 properties",
    "60 properties, 1 typed value in 200 unfit",
    "60 properties, every page for the exact reader",
    "1,200 properties, 60 of them with values",
)


def main() -> None:
    """Print the table."""
    table = Table("pages", "records a batch", "memory pool", "records / CPU s", "MB of JSON / CPU s", "peak RSS growth")
    for kind in KINDS:
        for batch_rows, pool in ((500, "mimalloc"), (2_000, "mimalloc"), (2_000, "system"), (10_000, "mimalloc")):
            rate, bytes_rate, growth = measured_apart(kind, batch_rows, pool)
            table.add_row(
                kind, f"{batch_rows:,}", pool, f"{rate:,.0f}", f"{bytes_rate / 1e6:,.0f}", f"{growth:,.0f} MiB"
            )
    Console(width=140).print(table)


def measured_apart(kind: str, batch_rows: int, pool: str) -> tuple[float, float, float]:
    """`measure` in a new process, whose memory nothing else has grown."""
    command = [sys.executable, "-m", "hubspot_assets_tests.benchmarks.pages_to_arrow", kind, str(batch_rows)]
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": pool}
    return tuple(json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout))


def measure(kind: str, batch_rows: int) -> tuple[float, float, float]:
    """Records and bytes of JSON per CPU second, and MiB that the peak of the resident memory grew by."""
    types = TYPES * 20 if kind == WIDE else TYPES
    named = {f"hs_{type_}_{index}": type_ for index, type_ in enumerate(types)}
    schema = record_schema("0-1", [definition(name, type_) for name, type_ in named.items()])
    pages = [Page(body, PAGE_ROWS, datetime.now(UTC)) for body in bodies(kind, named)]
    batch = [pages[index % len(pages)] for index in range(batch_rows // PAGE_ROWS)]
    reader = PageReader(schema, "benchmark")
    reader.read(batch[:1])
    peak_before, rows, size = peak(), 0, 0
    started = time.process_time()
    while time.process_time() < started + SECONDS:
        rows += reader.read(batch).num_rows
        size += sum(len(page.body) for page in batch)
    seconds = time.process_time() - started
    return rows / seconds, size / seconds, peak() - peak_before


def peak() -> float:
    """Peak resident memory of this process so far, in MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / (1 << 20)


def bodies(kind: str, types: Mapping[str, str]) -> Iterator[bytes]:
    """Pages as HubSpot spells them."""
    chance = random.Random(60)
    for number in range(DISTINCT_PAGES):
        records = [record(chance, kind, types, 10**10 + number * PAGE_ROWS + row) for row in range(PAGE_ROWS)]
        if kind == EXACT:
            records[0]["properties"] |= {"hs_string_0": 1500.5}
        answer = {"results": records, "paging": {"next": {"after": "1"}}}
        yield json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


def record(chance: random.Random, kind: str, types: Mapping[str, str], id_: int) -> dict:
    """A record with values in its first 60 properties."""
    properties = {
        name: value(chance, type_) if position < len(TYPES) else None
        for position, (name, type_) in enumerate(types.items())
    }
    if kind == UNFIT:
        unfit = [name for name, type_ in types.items() if type_ != "string" and chance.random() < 0.005]
        properties |= dict.fromkeys(unfit, "not available")
    return {
        "id": str(id_),
        "properties": properties,
        "createdAt": VALUES["datetime"](chance),
        "updatedAt": VALUES["datetime"](chance),
        "archived": False,
        "url": f"https://app.hubspot.com/contacts/7654321/record/0-1/{id_}",
    }


TEXTS = (
    "Analytical Engines Ltd",
    "ada.lovelace@example.com",
    "email;phone;chat",
    "München",
    "+44 20 7946 0018",
    "subscriber",
)
VALUES: dict[str, Callable[[random.Random], str]] = {
    "string": lambda chance: chance.choice(TEXTS),
    "number": lambda chance: f"{chance.random() * 10**6:.{chance.choice((0, 2, 6))}f}",
    "datetime": lambda chance: datetime.fromtimestamp(chance.randrange(2**31), UTC).strftime(
        f"%Y-%m-%dT%H:%M:%S.{chance.randrange(1000):03}Z"
    ),
    "bool": lambda chance: chance.choice(("true", "false")),
    "date": lambda chance: datetime.fromtimestamp(chance.randrange(2**31), UTC).strftime("%Y-%m-%d"),
}


def value(chance: random.Random, type_: str) -> str | None:
    """A value, or in a quarter of all cases none, spelt null or empty."""
    absent = chance.random()
    if absent < 0.25:
        return None if absent < 0.2 else ""
    return VALUES[type_](chance)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main()
