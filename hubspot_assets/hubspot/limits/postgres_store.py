"""A rolling limit in a Postgres database, shared across machines. Needs the extra `postgres`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool, PoolTimeout
from pyrate_limiter import PostgresBucket
from typing_extensions import override

from hubspot_assets.hubspot.limits.limit_store import Limit, Note, Store
from hubspot_assets.hubspot.limits.server_url import ServerUrl, failed, unusable

_TABLE = sql.Identifier("hubspot_assets_rate_limits")
_CREATE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {} (name TEXT PRIMARY KEY, requests BIGINT, milliseconds BIGINT, paused_until BIGINT)"
).format(_TABLE)
_READ = sql.SQL("SELECT requests, milliseconds, paused_until FROM {} WHERE name = %s").format(_TABLE)
_NOTE_LIMIT = sql.SQL(
    "INSERT INTO {} (name, requests, milliseconds) VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE"
    " SET (requests, milliseconds) = (excluded.requests, excluded.milliseconds)"
).format(_TABLE)
# GREATEST passes over NULL.
_NOTE_PAUSE = sql.SQL(
    "INSERT INTO {0} (name, paused_until) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE"
    " SET paused_until = GREATEST({0}.paused_until, excluded.paused_until)"
).format(_TABLE)


class PostgresStore(Store):
    """A rolling limit in a Postgres database, timed by its clock.

    Args:
        pool: Connections; closed with the store.
        name: Of the limit, unique within the database.
        limit: To begin with.
    """

    def __init__(self, pool: ConnectionPool, name: str, limit: Limit) -> None:
        self._pool = pool
        self._name = name
        with self.exclusive():
            self.bucket = PostgresBucket(pool, name, [limit.rate])
            with pool.connection() as connection:
                # Two processes that create a table at the same moment would collide.
                connection.execute("SELECT pg_advisory_xact_lock(hashtext('hubspot_assets_rate_limits'))")
                connection.execute(_CREATE)

    @contextmanager
    @override
    def exclusive(self) -> Iterator[None]:
        # Nothing to hold, for the bucket locks its table.
        try:
            yield
        except (psycopg.Error, PoolTimeout) as error:
            raise failed("Postgres", error) from error

    @override
    def read(self) -> Note:
        with self._pool.connection() as connection:
            return Note.from_row(connection.execute(_READ, (self._name,)).fetchone())

    @override
    def note_limit(self, limit: Limit) -> None:
        with self._pool.connection() as connection:
            connection.execute(_NOTE_LIMIT, (self._name, limit.requests, limit.milliseconds))

    @override
    def note_pause(self, until: int) -> None:
        with self._pool.connection() as connection:
            connection.execute(_NOTE_PAUSE, (self._name, until))


def _in_utc(connection: psycopg.Connection) -> None:
    """Make all machines read the same instants: the bucket stores them without a zone."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def connect(server: ServerUrl) -> Callable[[str, str, Limit], PostgresStore]:
    """Reach the server.

    Args:
        server: `postgresql://…`.

    Returns:
        What makes the store of a limit, by whose limit it is, its name and its first value.

    Raises:
        BudgetsUnavailable: The server does not answer or lets nobody in, or the address is not one.
    """
    if not _is_readable(server):
        raise unusable()
    try:
        # A pool would go on trying in the background; one connection says at once what is wrong.
        psycopg.connect(server.url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise server.unreachable("Postgres", error) from error
    pool: ConnectionPool = ConnectionPool(server.url, min_size=1, max_size=4, open=True, configure=_in_utc)
    return lambda owner, name, limit: PostgresStore(pool, f"{owner}_{name}", limit)


def _is_readable(server: ServerUrl) -> bool:
    try:
        conninfo_to_dict(server.url)
    except psycopg.ProgrammingError:
        return False
    return True
