"""An S3 on this machine, so that a lake can be tried without an account of AWS: moto, where it is installed."""

import http.client
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse

BUCKET, PREFIX, REGION = "demo", "hubspot", "us-east-1"
KEY = "demo"
"""Id and secret of the key; this S3 takes any."""
PATIENCE = 120
"""Seconds in which it must have started."""


class NoLocalS3(Exception):
    """There is no S3 to be started here."""


@contextmanager
def s3_server() -> Iterator[str]:
    """Run an S3 on 127.0.0.1, whose files are gone with it.

    Yields:
        Its address.

    Raises:
        NoLocalS3: Moto is not installed, or does not start.
    """
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("boto3") is None:
        raise NoLocalS3(
            "The demo on S3 needs moto, which serves S3 on this machine: "
            "pip install 'hubspot-assets[s3]' 'moto[server]'."
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    # In a session of its own, since Ctrl-C would end it before what was read is written.
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(port, process)
        yield address
    finally:
        process.kill()
        process.wait()


@contextmanager
def demo_lake() -> Iterator[Mapping[str, str]]:
    """Run an S3 with a bucket; the settings that lead to a lake there.

    Raises:
        NoLocalS3: There is none.
    """
    with s3_server() as address:
        import boto3

        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
        boto3.client("s3", endpoint_url=address, region_name=REGION, **keys).create_bucket(Bucket=BUCKET)
        yield {
            "HUBSPOT_DESTINATION": "s3",
            "S3_URL": f"s3://{BUCKET}/{PREFIX}",
            "S3_REGION": REGION,
            "AWS_ENDPOINT_URL": address,
            **{name.upper(): value for name, value in keys.items()},
        }


def files_written(lake: "LakeWarehouse") -> Table:
    """What stands on S3: the files of each table that has rows, and the versions in its log."""
    title = f"Written to {lake.place} at {lake.place.endpoint}"
    # Without lines between the columns, the longest name and all headings fit a terminal of 80 columns.
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("Delta table", no_wrap=True)
    for heading in ("rows", "versions", "files", "kB"):
        table.add_column(heading, justify="right", no_wrap=True)
    with lake.reading():
        for name in lake.tables():
            files, version = lake.files(name)
            size = sum(file.size for file in files) / 1_000
            rows = sum(file.rows for file in files)
            if not rows:
                continue
            table.add_row(name, f"{rows:,}", f"{version + 1:,}", f"{len(files):,}", f"{size:,.0f}")
    return table


def how_to_open(lake: "LakeWarehouse", table: str) -> str:
    """Python that reads a table of the demo's lake."""
    options = {
        "AWS_ENDPOINT_URL": lake.place.endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
    }
    return f"deltalake.DeltaTable({lake.place.uri(table)!r}, storage_options={options}).scan().read_all()"


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/moto-api/")
            connection.getresponse().close()
            return
        time.sleep(0.05)
    raise NoLocalS3("moto does not start: run `python -m moto.server` to see why ('moto[server]' must be installed).")
