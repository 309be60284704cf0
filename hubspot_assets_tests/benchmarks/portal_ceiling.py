"""How fast the demo portal itself can answer: the ceiling that every other benchmark stands under.

    uv run python hubspot_assets_tests/benchmarks/portal_ceiling.py

Reads 100,000 contacts of 60 properties over plain sockets, without parsing anything but the cursor, so that the
client costs next to nothing. "Cold" pages are rendered for the first time, the others come from memory.
"""

import argparse
import http.client
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from hubspot_assets.demo_portal.control import Portal

NEXT_ID = re.compile(rb'"after":"(\d+)"')
LAST_ID = re.compile(rb'"url":"[^"]*/(\d+)"\}')


@dataclass(frozen=True)
class Reader:
    """What reading needs: where, with which token, which properties, and which ids there are."""

    portal: Portal
    properties: list[str]
    ids: list[int]

    def connection(self) -> http.client.HTTPConnection:
        host, _, port = self.portal.url.removeprefix("http://").partition(":")
        return http.client.HTTPConnection(host, int(port))

    def ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.portal.token}", "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path[:80]} was answered {answer.status}: {read[:200]!r}")
        return read

    def by_list(self, first: int, last: int) -> int:
        """Read ids from `first` to `last` by list; how many."""
        connection, rows, after = self.connection(), 0, first
        names = ",".join(self.properties)
        while True:
            page = self.ask(
                connection, "GET", f"/crm/objects/2026-09/contacts?limit=100&properties={names}&after={after}"
            )
            rows += page.count(b'"archived":')
            found = NEXT_ID.search(page, len(page) - 6000 if len(page) > 6000 else 0)
            if found is None or int(found[1]) > last:
                return rows
            after = int(found[1])

    def by_search(self, first: int, last: int) -> int:
        """Read ids from `first` to `last` by keyset search; how many."""
        connection, rows, after = self.connection(), 0, first - 1
        while True:
            body = {
                "limit": 200,
                "properties": self.properties,
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "filterGroups": [
                    {
                        "filters": [
                            {
                                "propertyName": "lastmodifieddate",
                                "operator": "BETWEEN",
                                "value": "1000",
                                "highValue": "1999999999999",
                            },
                            {"propertyName": "hs_object_id", "operator": "GT", "value": str(after)},
                            {"propertyName": "hs_object_id", "operator": "LTE", "value": str(last)},
                        ]
                    }
                ],
            }
            page = self.ask(connection, "POST", "/crm/objects/2026-09/contacts/search", json.dumps(body))
            found = LAST_ID.findall(page)
            rows += len(found)
            if b'"paging"' not in page[-200:]:
                return rows
            after = int(found[-1])

    def by_batch(self, first: int, last: int) -> int:
        """Read ids from `first` to `last` by batch read; how many."""
        connection, rows = self.connection(), 0
        wanted = [each for each in self.ids if first <= each <= last]
        for start in range(0, len(wanted), 100):
            inputs = [{"id": str(each)} for each in wanted[start : start + 100]]
            body = json.dumps({"inputs": inputs, "properties": self.properties})
            rows += self.ask(connection, "POST", "/crm/objects/2026-09/contacts/batch/read", body).count(b'"archived":')
        return rows


def measure(reader: Reader, read: Callable[[int, int], int], in_flight: int) -> tuple[float, float]:
    """Records per second, and per second of the portal's CPU, reading everything with so many connections."""
    bounds = [reader.ids[len(reader.ids) * each // in_flight] for each in range(in_flight)] + [reader.ids[-1] + 1]
    cpu, started = reader.portal.about()["cpu_seconds"], time.perf_counter()
    with ThreadPoolExecutor(in_flight) as threads:
        parts = list(threads.map(lambda each: read(bounds[each], bounds[each + 1] - 1), range(in_flight)))
    seconds = time.perf_counter() - started
    if sum(parts) < len(reader.ids):
        raise RuntimeError(f"Only {sum(parts)} of {len(reader.ids)} records were read.")
    return len(reader.ids) / seconds, len(reader.ids) / (reader.portal.about()["cpu_seconds"] - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast the demo portal itself can answer.")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--properties", type=int, default=60)
    arguments = parser.parse_args()
    console = Console()
    started = time.perf_counter()
    sizes, properties = {"contacts": arguments.contacts}, {"contacts": arguments.properties}
    with Portal.start(sizes=sizes, properties=properties, archived_share=0, merged_share=0) as portal:
        console.print(f"The portal was ready after {time.perf_counter() - started:.1f} s.")
        reader = Reader(portal, sorted(_property_names(portal)), portal.ids("contacts"))
        table = Table("what", "in flight", "records/s", "records per portal CPU second", title="Ceiling of the portal")
        runs = [
            ("list, cold", reader.by_list, 1),
            *((f"{name}", read, in_flight) for name, read in _kinds(reader) for in_flight in (1, 8)),
        ]
        for name, read, in_flight in runs:
            per_second, per_cpu_second = measure(reader, read, in_flight)
            table.add_row(name, str(in_flight), f"{per_second:,.0f}", f"{per_cpu_second:,.0f}")
        console.print(table)


def _kinds(reader: Reader) -> list[tuple[str, Callable[[int, int], int]]]:
    return [("list", reader.by_list), ("search, keyset", reader.by_search), ("batch read", reader.by_batch)]


def _property_names(portal: Portal) -> set[str]:
    reader = Reader(portal, [], [])
    connection = reader.connection()
    names = set()
    for sensitivity in ("non_sensitive", "sensitive", "highly_sensitive"):
        path = f"/crm/properties/2026-09/contacts?dataSensitivity={sensitivity}"
        names |= {each["name"] for each in json.loads(reader.ask(connection, "GET", path))["results"]}
    return names


if __name__ == "__main__":
    main()
