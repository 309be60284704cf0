from contextlib import nullcontext

import pytest
from snowflake.connector import errors

from hubspot_assets.warehouse.base import WarehouseBusy, WarehouseError, WarehouseUnreachable
from hubspot_assets.warehouse.snowflake.check import examine
from hubspot_assets.warehouse.snowflake.errors import is_passing, refused_login, refused_statement
from hubspot_assets.warehouse.snowflake.session import Sessions
from hubspot_assets.warehouse.snowflake.sql import Place

PLACE = Place("acme-test", "HUBSPOT", "CRM", "LOADING", "LOADER", "ASSETS")


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (390100, "see that SNOWFLAKE_USER is right"),
        (390144, "public half of SNOWFLAKE_PRIVATE_KEY"),
        (390189, "GRANT ROLE LOADER TO USER ASSETS"),
        (390201, "has no warehouse LOADING, database HUBSPOT or schema CRM"),
        (390422, "network policy"),
        (390318, "its service has to be restarted"),
        (290404, "set SNOWFLAKE_ACCOUNT to organization and account name"),
        (251008, "RSA key of at least 2048 bits"),
        (399999, "refuses the connection"),
    ],
)
def test_a_refused_login_is_told_with_the_cure(number, cure):
    error = refused_login(errors.DatabaseError("Snowflake said so", errno=number), PLACE)
    assert error.permanent
    assert cure in str(error)
    assert f"(Snowflake {number}: " in str(error)
    assert "Snowflake said so" in str(error)


def test_an_account_that_cannot_be_reached_may_be_reached_later():
    error = refused_login(errors.OperationalError("no address", errno=250001), PLACE)
    assert isinstance(error, WarehouseUnreachable)
    assert "see that SNOWFLAKE_ACCOUNT is right" in str(error)


@pytest.mark.parametrize(
    ("number", "said", "cure"),
    [
        (606, "No active warehouse selected", "GRANT USAGE ON WAREHOUSE LOADING TO ROLE LOADER"),
        (90073, "cannot be resumed", "warehouse LOADING is suspended and may not resume"),
        (3001, "Insufficient privileges to operate on schema 'CRM'", "GRANT USAGE, CREATE TABLE ON SCHEMA HUBSPOT.CRM"),
        (3001, "Insufficient privileges to operate on warehouse 'LOADING'", "GRANT USAGE ON WAREHOUSE LOADING"),
        (3001, "Insufficient privileges to operate on stage 'HUBSPOT_LOAD'", "GRANT READ, WRITE ON STAGE HUBSPOT.CRM"),
        (3001, "Insufficient privileges to operate on table 'X'", "it has to own the tables that it syncs"),
        (
            2003,
            "Stage 'HUBSPOT.CRM.HUBSPOT_LOAD' does not exist or not authorized",
            "has no stage HUBSPOT.CRM.HUBSPOT_LOAD",
        ),
        (2003, "Object 'X' does not exist or not authorized", "`hubspot-assets check` looks at the grants"),
        (630, "Statement reached its timeout", "raise STATEMENT_TIMEOUT_IN_SECONDS"),
        (904, "invalid identifier", "no longer has the columns"),
    ],
)
def test_a_refused_statement_is_told_with_the_grant_or_setting_that_is_missing(number, said, cure):
    error = refused_statement(errors.ProgrammingError(said, errno=number), PLACE)
    assert error.permanent
    assert cure in str(error)
    assert said in str(error)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (errors.OperationalError("x", errno=250003), True),
        (errors.ServiceUnavailableError(errno=290503), True),
        (errors.ProgrammingError("x", errno=390112), True),
        (errors.ProgrammingError("x", errno=625), True),
        (errors.ProgrammingError("x", errno=1003), False),
        (errors.ProgrammingError("x", errno=3001), False),
        (errors.RevocationCheckError(msg="x", errno=254011), False),
        (ValueError("x"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error, passing):
    assert is_passing(error) is passing


def test_waiting_for_others_in_vain_is_no_fault_of_ours():
    assert isinstance(refused_statement(errors.ProgrammingError("x", errno=625), PLACE), WarehouseBusy)


class Refusing(nullcontext):
    """A connection to an account that refuses one kind of statement."""

    def __enter__(self):
        return self

    def __init__(self, start: str, error: Exception) -> None:
        self.sent: list[str] = []
        self._start, self._error = start, error
        self.description = [type("Column", (), {"name": "rows_loaded"})]

    def cursor(self):
        return self

    def execute(self, statement, *_, **__):
        self.sent.append(statement.split()[0])
        if statement.startswith(self._start):
            raise self._error
        self._rows = [("ASSETS", "LOADER")]
        if statement.startswith("SHOW SCHEMAS"):
            self._rows = [(None, "CRM")]
        if statement.startswith("SHOW WAREHOUSES"):
            self._rows = [("LOADING",)]
        if statement.startswith("COPY"):
            self._rows = [(1,)]
        return self

    def fetchall(self):
        return self._rows

    def close(self, retry=True):
        pass

    def is_closed(self):
        return False


@pytest.mark.parametrize(
    ("start", "number", "said", "subject", "cure"),
    [
        ("SHOW SCHEMAS", 2043, "Object does not exist", "database", "look"),
        ("LIST", 2003, "Stage does not exist", "stage", "GRANT READ, WRITE ON STAGE HUBSPOT.CRM.HUBSPOT_LOAD"),
        ("PUT", 3001, "Insufficient privileges to operate on stage", "load", "GRANT READ, WRITE ON STAGE"),
        ("CREATE", 3001, "Insufficient privileges to operate on schema", "load", "GRANT USAGE, CREATE TABLE ON SCHEMA"),
        ("COPY", 606, "No active warehouse", "load", "GRANT USAGE ON WAREHOUSE LOADING TO ROLE LOADER"),
        ("COPY", 90073, "quota exceeded", "load", "raise the quota"),
    ],
)
def test_the_check_stops_at_what_does_not_work_and_names_the_grant(start, number, said, subject, cure):
    connection = Refusing(start, errors.ProgrammingError(said, errno=number))
    *works, last = examine(Sessions(lambda: connection, PLACE))  # pyright: ignore[reportArgumentType]
    assert all(each.works for each in works)
    assert not last.works
    assert last.subject == f"snowflake {subject}"
    assert cure in last.detail
    if subject == "load":
        assert connection.sent[-2:] == ["DROP", "REMOVE"], "what was tried is taken away"


def test_a_schema_or_a_warehouse_that_is_not_to_be_seen_is_named():
    connection = Refusing("nothing", ValueError())
    elsewhere = Place("acme-test", "HUBSPOT", "SALES", "LOADING", "LOADER", "ASSETS")
    *_, last = examine(Sessions(lambda: connection, elsewhere))  # pyright: ignore[reportArgumentType]
    assert "GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA HUBSPOT.SALES TO ROLE LOADER" in last.detail


def test_a_login_is_not_tried_again_by_us_for_the_driver_has_done_so():
    attempts = []

    def connect():
        attempts.append(1)
        raise errors.OperationalError("no address", errno=250001)

    with pytest.raises(WarehouseError):
        Sessions(connect, PLACE).run(lambda session: session.rows("SELECT 1"))
    assert len(attempts) == 1
