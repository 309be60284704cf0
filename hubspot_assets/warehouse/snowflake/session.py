"""Sessions with Snowflake: opened late, kept open, lent to one user at a time.

A login takes longer than most statements, so a session outlives its first use. Whoever needs one takes an idle one
or opens another; a session in which anything failed is not used again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import tenacity
from snowflake.connector import errors

from hubspot_assets.warehouse.snowflake.errors import is_passing, refused_login, refused_statement
from hubspot_assets.warehouse.snowflake.sql import Place

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection
    from snowflake.connector.cursor import SnowflakeCursor

Result = TypeVar("Result")

Connect = Callable[[], AbstractContextManager["SnowflakeConnection"]]
"""Opens a connection, for as long as the context manager is kept and not left."""

ATTEMPTS = 4

_log = logging.getLogger(__name__)


class Session:
    """A connection while one user has it.

    Args:
        connection: What it goes through.
        tag: Query tag of every statement.
    """

    def __init__(self, connection: "SnowflakeConnection", tag: str) -> None:
        self._connection = connection
        self._tag = tag

    def execute(self, statement: str, values: Sequence[object] = ()) -> "SnowflakeCursor":
        """Carry out one statement; `%s` in it stand for the values, which the driver binds."""
        text = statement if values else statement.replace("%%", "%")
        # A tag that goes with the statement lets all assets of a process share sessions.
        parameters = {"QUERY_TAG": self._tag} if self._tag else None
        cursor = self._connection.cursor()
        cursor.execute(text, tuple(values) or None, _statement_params=parameters)
        return cursor

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement's result."""
        return [tuple(row) for row in self.execute(statement, values).fetchall()]

    def counts(self, statement: str, values: Sequence[object] = ()) -> dict[str, int]:
        """What a DML statement did, by the last word of Snowflake's column: `number of rows inserted`."""
        cursor = self.execute(statement, values)
        row = cursor.fetchone() or ()
        names = [column.name.rpartition(" ")[2].lower() for column in cursor.description or ()]
        return {name: int(value) for name, value in zip(names, row, strict=False)}  # pyright: ignore[reportArgumentType]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block or nothing; the block must not contain DDL, which commits by itself."""
        self._connection.autocommit(False)
        try:
            yield
        except BaseException:
            # Closing would roll back as well, but leave the locks until Snowflake notices.
            with suppress(errors.Error):
                self._connection.rollback()
            raise
        self._connection.commit()
        self._connection.autocommit(True)


class Sessions:
    """The sessions of one process with one schema. Thread-safe.

    Args:
        connect: Opens a connection, autocommit on.
        place: Where it leads, for errors.
        most_idle: Seconds after which an idle session is not used again; Snowflake ends one after four hours.
        wait: Seconds before the first repetition of what failed in passing; doubled for each further one.
    """

    def __init__(self, connect: Connect, place: Place, *, most_idle: float = 3_000.0, wait: float = 1.0) -> None:
        self.place = place
        self._connect = connect
        self._most_idle = most_idle
        self._wait = wait
        self._idle: list[tuple[float, _Opened]] = []
        self._guard = threading.Lock()

    def run(self, work: Callable[[Session], Result], tag: str = "") -> Result:
        """Do some work in a session, and again from its beginning if it failed in passing.

        Raises:
            WarehouseError: If Snowflake refuses, or fails again and again.
        """
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_passing),
            wait=tenacity.wait_exponential(multiplier=self._wait, max=30) + tenacity.wait_random(0, self._wait),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            before_sleep=self._say_repeating,
            reraise=True,
        )
        try:
            return attempts(self._once, work, tag)
        except errors.Error as error:
            raise refused_statement(error, self.place) from error

    def close(self) -> None:
        """End the idle sessions."""
        with self._guard:
            idle, self._idle = self._idle, []
        for _, opened in idle:
            opened.end()

    def _once(self, work: Callable[[Session], Result], tag: str) -> Result:
        opened = self._taken()
        try:
            result = work(Session(opened.connection, tag))
        except BaseException:
            # A session that broke off anywhere, by an interrupt too, may hold an open transaction: never use it again.
            opened.end()
            raise
        with self._guard:
            self._idle.append((time.monotonic(), opened))
        return result

    def _taken(self) -> "_Opened":
        while True:
            with self._guard:
                if not self._idle:
                    break
                since, opened = self._idle.pop()
            if time.monotonic() - since < self._most_idle and not opened.connection.is_closed():
                return opened
            opened.end()
        try:
            return _Opened(self._connect())
        except errors.Error as error:
            raise refused_login(error, self.place) from error

    def _say_repeating(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        _log.warning(
            "Snowflake %s: attempt %d failed in passing (%s %s) and is repeated",
            self.place.account,
            state.attempt_number,
            type(error).__name__,
            getattr(error, "errno", ""),
        )


class _Opened:
    """A connection, and the context manager that it lives in."""

    def __init__(self, manager: AbstractContextManager["SnowflakeConnection"]) -> None:
        self._stack = ExitStack()
        self.connection = self._stack.enter_context(manager)

    def end(self) -> None:
        try:
            self.connection.close(retry=False)
            self._stack.close()
        except (errors.Error, OSError) as error:
            _log.debug("A session could not be ended: %s", type(error).__name__)
