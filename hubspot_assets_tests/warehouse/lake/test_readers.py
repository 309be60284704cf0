"""Programs that know nothing of us read what we wrote, value by value: DuckDB's delta extension, and Polars."""

import json
import shutil
import subprocess
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hubspot_assets.warehouse.base import Delete, Merge, Patch, Table
from hubspot_assets_tests.warehouse.contacts import INSTANT, NUMBER, instant
from hubspot_assets_tests.warehouse.lake import reader
from hubspot_assets_tests.warehouse.lake.reader import plain

PACKAGES = (
    "duckdb==1.5.5", "duckdb-extension-delta==1.5.5", "duckdb-extension-httpfs==1.5.5",
    "polars>=1.30", "deltalake>=1.6.6", "pytz",
)  # fmt: skip


def values_table(amount: pa.DataType = NUMBER, *added: pa.Field) -> Table:
    fields = [
        ("OBJECTID", pa.int64()), ("UPDATEDAT", INSTANT), ("PROPERTY_AMOUNT", amount), ("PROPERTY_DAY", pa.date32()),
        ("PROPERTY_AT", INSTANT), ("PROPERTY_IS", pa.bool_()), ("PROPERTY_TEXT", pa.string()), *added,
    ]  # fmt: skip
    return Table("OBJECTS_VALUES", pa.schema(fields), key=("OBJECTID",), version=("UPDATEDAT",))


ROWS: list[dict[str, Any]] = [
    {
        "OBJECTID": 2**63 - 1,
        "UPDATEDAT": instant(1).replace(microsecond=123_456),
        "PROPERTY_AMOUNT": Decimal("1234567890123456789012345678.0123456789"),
        "PROPERTY_DAY": date(1, 1, 1),
        "PROPERTY_AT": datetime(1601, 1, 1, 0, 0, 0, 1),
        "PROPERTY_IS": True,
        "PROPERTY_TEXT": "naïve 🙂\n\0'\"",
    },
    {
        "OBJECTID": 0,
        "UPDATEDAT": instant(2),
        "PROPERTY_AMOUNT": Decimal("-0.0000000001"),
        "PROPERTY_DAY": date(9999, 12, 31),
        "PROPERTY_AT": datetime(2262, 4, 12),
        "PROPERTY_IS": False,
        "PROPERTY_TEXT": "",
    },
    {"OBJECTID": 3, "UPDATEDAT": instant(3)},
    {"OBJECTID": 4, "UPDATEDAT": instant(4), "PROPERTY_TEXT": "is deleted"},
]


@pytest.fixture(scope="session")
def reading_python(tmp_path_factory) -> Path:
    """The Python of an environment that has the readers and nothing of ours."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("needs uv, which makes an environment of its own for the readers")
    environment = tmp_path_factory.mktemp("readers") / "environment"
    python = environment / "bin" / "python"
    for command in (["venv", "-q", environment], ["pip", "install", "-q", "--python", python, *PACKAGES]):
        made = subprocess.run([uv, *command], capture_output=True, text=True, timeout=300, check=False)
        if made.returncode:
            pytest.skip(f"needs packages that cannot be installed here: {made.stderr.strip()[-300:]}")
    return python


@pytest.fixture
def read_by(reading_python, s3_warehouse):
    """What a program reads of a table, or answers to a query."""

    def read(program: str, table: str, **others: object) -> list[dict[str, Any]]:
        place, keys = s3_warehouse.place, s3_warehouse._bucket._keys()
        asked = {
            "url": place.uri(table), "key": keys.access_key, "secret": keys.secret_key, "token": keys.token,
            "region": place.region, "address": place.endpoint.removeprefix("http://"), **others,
        }  # fmt: skip
        command = [str(reading_python), reader.__file__, program]
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


def written(warehouse) -> list[dict[str, Any]]:
    """Write values of all types, then change, delete, widen and add columns; what a reader must find."""
    first = values_table()
    warehouse.ensure(first)
    warehouse.commit(Merge(first, pa.Table.from_pylist(ROWS, schema=first.schema)))
    warehouse.commit(Delete(first, [("OBJECTID", "=", 4)]))
    patch = pa.table({"OBJECTID": [3], "PROPERTY_TEXT": ["patched"]})
    warehouse.commit(Patch(first, patch))
    second = values_table(pa.string(), pa.field("PROPERTY_NEW", NUMBER))
    warehouse.ensure(second)
    new = {"OBJECTID": 5, "UPDATEDAT": instant(5), "PROPERTY_AMOUNT": "many", "PROPERTY_NEW": Decimal("1.5")}
    warehouse.commit(Merge(second, pa.Table.from_pylist([new], schema=second.schema)))
    respelled = {2**63 - 1: "1234567890123456789012345678.0123456789", 0: "-0.0000000001"}
    kept = [row | {"PROPERTY_AMOUNT": respelled.get(row["OBJECTID"])} for row in ROWS[:3]]
    kept[2] |= {"PROPERTY_TEXT": "patched"}
    return [dict.fromkeys(second.schema.names) | row for row in (*kept, new)]


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["OBJECTID"])


@pytest.mark.parametrize("program", ["duckdb", "polars"])
def test_a_program_that_knows_nothing_of_us_reads_every_value_that_we_wrote(s3_warehouse, read_by, program):
    expected = by_id([{name: plain(value) for name, value in row.items()} for row in written(s3_warehouse)])
    assert by_id(read_by(program, "OBJECTS_VALUES")) == expected
    ours = [
        {name: plain(value) for name, value in row.items()} for row in s3_warehouse.read("OBJECTS_VALUES").to_pylist()
    ]
    assert by_id(ours) == expected


def test_what_a_checkpoint_has_taken_in_is_read_as_well(s3_warehouse, read_by):
    table = values_table()
    s3_warehouse.ensure(table)
    for number in range(11):
        row = {"OBJECTID": number, "UPDATEDAT": instant(number), "PROPERTY_AMOUNT": Decimal(number)}
        s3_warehouse.commit(Merge(table, pa.Table.from_pylist([row], schema=table.schema)))
    for program in ("duckdb", "polars"):
        assert [row["OBJECTID"] for row in by_id(read_by(program, "OBJECTS_VALUES"))] == list(range(11))
