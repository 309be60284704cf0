"""Snowflake for tests: a server on 127.0.0.1 that the genuine driver talks to, or a real account."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import requests
import snowflake.connector

from hubspot_assets.warehouse.snowflake import SnowflakeWarehouse
from hubspot_assets.warehouse.snowflake_sql import STAGE, Place

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

NETWORK_TIMEOUT = 20
"""Seconds; fakesnow answers what it does not know by an error that the driver would repeat for ever."""


class Server:
    """A running snowflake_server.py."""

    def __init__(self, port: int) -> None:
        self.port = port

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Server"]:
        program = [sys.executable, "-m", "hubspot_assets_tests.warehouse.snowflake_server"]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            server = cls(int(process.stdout.readline()))
            server._wait()
            yield server
        finally:
            process.kill()
            process.wait()

    def connect(self, place: Place) -> "SnowflakeConnection":
        return snowflake.connector.connect(
            account=place.account,
            user=place.user,
            password="not checked",
            host="127.0.0.1",
            port=self.port,
            protocol="http",
            database=place.database,
            schema=place.schema,
            network_timeout=NETWORK_TIMEOUT,
            login_timeout=NETWORK_TIMEOUT,
            arrow_number_to_decimal=True,
            session_parameters={"TIMEZONE": "UTC"},
        )

    def place(self) -> Place:
        """A new schema."""
        schema = f"HUBSPOT_{uuid.uuid4().hex[:8].upper()}"
        return Place("test", "ANALYTICS", schema, "LOADING", "LOADER", "HUBSPOT_ASSETS")

    def warehouse(self, place: Place | None = None, **options) -> SnowflakeWarehouse:
        """A warehouse with the stage made, in a new schema unless one is given."""
        place = place or self.place()
        with self.connect(place) as connection:
            connection.cursor().execute(f"CREATE STAGE IF NOT EXISTS {place.table(STAGE)}")
        return SnowflakeWarehouse(lambda: self.connect(place), place, **{"wait": 0.01, **options})

    def _wait(self) -> None:
        for _ in range(200):
            with suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{self.port}/", timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError("the Snowflake server does not answer")
