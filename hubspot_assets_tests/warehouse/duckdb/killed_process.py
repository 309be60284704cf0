"""Other processes that use a DuckDB file, started by the tests: `python -m ... <what> <file> <argument>`."""

import os
import subprocess
import sys
import time
from decimal import Decimal
from itertools import count

import duckdb
import pyarrow as pa

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.warehouse.base import Merge
from hubspot_assets.warehouse.duckdb.schema import evolution
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.warehouse.contacts import CONTACTS, contact, contacts_table, merged, property_field, rows

ROWS = 20_000


def start(what: str, path: object, argument: object = 0) -> subprocess.Popen[str]:
    """Starts a process, and returns when it has come to what it is for."""
    command = [sys.executable, "-m", __name__, what, str(path), str(argument)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def hold(path: str, seconds: str) -> None:
    """A user's DuckDB shell."""
    with duckdb.connect(path):
        print("ready", flush=True)
        time.sleep(float(seconds))


def rewrite(path: str, _: str) -> None:
    """A sync that gives every row another value, over and over, and says so in the same commit."""
    warehouse = DuckDBWarehouse(path)
    for version in count(warehouse.count(SEEN.name)):
        one = rows(contact(0, updated=version, EMAIL=str(version)))
        incoming = one.take([0] * ROWS).set_column(0, one.schema.field(0), pa.arange(0, ROWS))
        said = pa.table({"SYNCID": ["s"], "OBJECTID": [version]})
        warehouse.commit(Merge(CONTACTS, incoming), Merge(SEEN, said))
        print("ready", flush=True)


def interleave(path: str, first: str) -> None:
    """A sync whose versions are even, beside one whose are odd."""
    warehouse = DuckDBWarehouse(path)
    print("ready", flush=True)
    for version in range(int(first), 24, 2):
        merged(warehouse, *(contact(id_, updated=version, EMAIL=str(version)) for id_ in range(version, 40)))


def widen(path: str, _: str) -> None:
    """A sync that dies when it has turned a number into text and not yet closed the file."""
    warehouse = DuckDBWarehouse(path)
    warehouse.ensure(CONTACTS)
    merged(warehouse, contact(1, AMOUNT=Decimal("1.5"), UNPARSED='{"amount": "many", "fax": "none"}'))
    with warehouse._file.open(read_only=False) as connection:
        connection.begin()
        for step in evolution(connection, contacts_table(property_field("email"), property_field("amount"))):
            for statement in step.statements:
                connection.execute(statement)
        connection.commit()
        print("ready", flush=True)
        os._exit(9)


if __name__ == "__main__":
    _, what, path, argument = sys.argv
    {"hold": hold, "rewrite": rewrite, "interleave": interleave, "widen": widen}[what](path, argument)
