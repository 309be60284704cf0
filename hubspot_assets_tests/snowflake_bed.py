"""Snowflake for tests: a server on 127.0.0.1 that the genuine driver talks to, or a real account."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import requests
import snowflake.connector

from hubspot_assets.defs.resources.snowflake import snowflake_resource, snowflake_warehouse
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.snowflake import SnowflakeSettings
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import STAGE, Place
from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

NETWORK_TIMEOUT = 20
"""Seconds; fakesnow answers what it does not know by an error that the driver would repeat for ever."""


class Server:
    """A running snowflake_server.py."""

    PLACE = Place("test", "ANALYTICS", "NONE", "FAKESNOW_WAREHOUSE", "LOADER", "HUBSPOT_ASSETS")

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
        """A new schema with the stage in it."""
        schema = f"HUBSPOT_{uuid.uuid4().hex[:8].upper()}"
        place = replace(self.PLACE, schema=schema)
        with self.connect(place) as connection:
            connection.cursor().execute(f"CREATE STAGE {place.table(STAGE)}")
        return place

    def warehouse(self, place: Place | None = None, **options: Any) -> SnowflakeWarehouse:
        """A warehouse, in a new schema unless one is given."""
        place = place or self.place()
        return SnowflakeWarehouse(lambda: self.connect(place), place, **{"wait": 0.01, **options})

    def forget_sessions(self) -> None:
        """End all sessions, and their transactions."""
        requests.post(f"http://127.0.0.1:{self.port}/forget-sessions", timeout=20).raise_for_status()

    def _wait(self) -> None:
        for _ in range(400):
            with suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{self.port}/", timeout=5)
                return
            time.sleep(0.05)
        raise RuntimeError("the Snowflake server does not answer")


@contextmanager
def live_warehouse() -> Iterator[SnowflakeWarehouse]:
    """A warehouse in a new schema of the account that the SNOWFLAKE_* settings name; dropped in the end.

    Skips the test, and says why, where they name none.
    """
    try:
        settings = SnowflakeSettings.load()
    except SettingsError as error:
        pytest.skip(f"there is no Snowflake account to test with: {error}")
    schema = f"HUBSPOT_ASSETS_TEST_{uuid.uuid4().hex[:8].upper()}"
    inside = settings.model_copy(update={"schema_name": schema})
    with snowflake_resource(settings).get_connection() as connection:
        place = Place(settings.account, settings.database, schema)
        connection.cursor().execute(f"CREATE SCHEMA {place.schema_name}")
        connection.cursor().execute(f"CREATE STAGE {place.table(STAGE)}")
        try:
            with closing(snowflake_warehouse(inside)) as warehouse:  # pyright: ignore[reportArgumentType]
                yield warehouse
        finally:
            connection.cursor().execute(f"DROP SCHEMA {place.schema_name}")


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The statements that are sent meanwhile, as the driver gets them: values stand apart."""
    sent: list[str] = []
    execute = Session.execute

    def recording(session: Session, statement: str, values: Sequence[object] = ()) -> Any:
        sent.append(statement)
        return execute(session, statement, values)

    with mock.patch.object(Session, "execute", recording):
        yield sent
