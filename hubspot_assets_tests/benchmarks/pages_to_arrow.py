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
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

RECORDS = 60_000
PAGE_ROWS = 100
TYPES = ["string"] * 25 + ["number"] * 18 + ["datetime"] * 11 + ["bool"] * 5 + ["date"]
KINDS = {
    "60 properties": "all values fit",
    "60 properties, some unfit": "one value in 200 does not fit its column",
    "60 properties, exact": "a JSON number in every page: all through the exact reader",
    "1,200 properties": "60 with values, the rest null",
}


def main() -> None:
    """Print the table."""
    table = Table("pages", "what is special", "records a batch", "memory pool", "records per CPU second", "MB of JSON/s", "peak RSS growth")
    for kind in KINDS:
        for batch_rows in (500, 2_000, 10_000):
            for pool in ("mimalloc", "system") if batch_rows == 2_000 else ("mimalloc",):
                environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": pool}
                command = [sys.executable, "-m", __spec__.name, kind, str(batch_rows)]
                answer = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
                rate, bytes_rate, growth = json.loads(answer)
                table.add_row(kind, KINDS[kind], f"{batch_rows:,}", pool, f"{rate:,.0f}", f"{bytes_rate / 1e6:,.0f}", f"{growth:,.0f} MiB")
    Console().print(table)


def measure(kind: str, batch_rows: int) -> tuple[float, float, float]:
    """Records and bytes per CPU second, and MiB that the peak of the resident memory grew by."""
    from hubspot_assets.hubspot.pages import Page
    from hubspot_assets.tables.pages import PageReader
    from hubspot_assets_tests.tables.examples import definition
    from hubspot_assets.tables.schema import record_schema

    width = 1_200 if kind.startswith("1,200") else 60
    types = (TYPES * 20)[:width]
    names = [f"hs_{type_}_{index}" for index, type_ in enumerate(types)]
    schema = record_schema("0-1", [definition(name, type_) for name, type_ in zip(names, types, strict=True)])
    records = RECORDS // (width // 60)
    pages = [
        Page(body, PAGE_ROWS, datetime.now(UTC)) for body in bodies(kind, dict(zip(names, types, strict=True)), 20)
    ]
    batch = [pages[index % len(pages)] for index in range(batch_rows // PAGE_ROWS)]
    reader = PageReader(schema, "benchmark")
    reader.read(batch[:1])
    before = peak()
    started = time.process_time()
    for _ in range(max(records // batch_rows, 1)):
        table = reader.read(batch)
    seconds = time.process_time() - started
    read = max(records // batch_rows, 1) * table.num_rows
    size = sum(len(page.body) for page in batch) / batch_rows
    return read / seconds, read * size / seconds, (peak() - before)


def peak() -> float:
    """Peak resident memory of this process so far, in MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / (1 << 20)


def bodies(kind: str, types: dict[str, str], count: int) -> Iterator[bytes]:
    """Pages as HubSpot spells them."""
    chance = random.Random(count)
    for number in range(count):
        results = []
        for index in range(PAGE_ROWS):
            id_ = 10**10 + number * PAGE_ROWS + index
            properties = {
                name: value(chance, type_) if position < 60 else None
                for position, (name, type_) in enumerate(types.items())
            }
            if "unfit" in kind:
                for name, type_ in types.items():
                    if type_ != "string" and chance.random() < 0.005:
                        properties[name] = "not available"
            if "exact" in kind and not index:
                properties[next(iter(types))] = 1500.5
            results.append(
                {
                    "id": str(id_),
                    "properties": properties,
                    "createdAt": value(chance, "datetime") or "2026-01-05T10:00:00.000Z",
                    "updatedAt": value(chance, "datetime") or "2026-01-05T10:00:00Z",
                    "archived": False,
                    "url": f"https://app.hubspot.com/contacts/7654321/record/0-1/{id_}",
                }
            )
        yield json.dumps({"results": results, "paging": {"next": {"after": "1"}}}, separators=(",", ":"), ensure_ascii=False).encode()


TEXTS = ("Analytical Engines Ltd", "ada.lovelace@example.com", "email;phone;chat", "München", "+44 20 7946 0018", "subscriber")
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
