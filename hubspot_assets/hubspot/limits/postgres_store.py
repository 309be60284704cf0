"""A window of requests in a Postgres database, shared across machines. Needs the extra `postgres`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool, PoolTimeout
from pyrate_limiter import PostgresBucket

from hubspot_assets.hubspot.limits.window_store import BudgetsUnavailable, Limit, Note, Store

_TABLE = sql.Identifier("hubspot_assets_rate_limits")
_CREATE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {} (name TEXT PRIMARY KEY, requests BIGINT, milliseconds BIGINT, paused_until BIGINT)"
).format(_TABLE)
_READ = sql.SQL("SELECT requests, milliseconds, paused_until FROM {} WHERE name = %s").format(_TABLE)
_WRITE = sql.SQL(
    "INSERT INTO {} VALUES (%s, %s, %s, %s) ON CONFLICT (name) DO UPDATE"
    " SET (requests, milliseconds, paused_until)"
    " = (excluded.requests, excluded.milliseconds, excluded.paused_until)"
).format(_TABLE)


class PostgresStore(Store):
    """A window in a Postgres database, timed by its clock.

    Args:
        pool: connections; closed with the store.
        name: of the window, unique within the database.
        limit: to begin with.
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
    def exclusive(self) -> Iterator[None]:
        """Nothing to hold, for the bucket locks its table; names the server when it fails."""
        try:
            yield
        except (psycopg.Error, PoolTimeout) as error:
            raise BudgetsUnavailable.failed("Postgres", error) from error

    def read(self) -> Note:
        """The note as it stands."""
        with self._pool.connection() as connection:
            return Note.from_row(connection.execute(_READ, (self._name,)).fetchone())

    def write(self, note: Note) -> None:
        """Replace the note."""
        with self._pool.connection() as connection:
            connection.execute(_WRITE, (self._name, *note.row))


def _in_utc(connection: psycopg.Connection) -> None:
    """The bucket stores instants without a zone: machines must not read them in different ones."""
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def connect(url: str, fingerprint: str) -> Callable[[str, Limit], PostgresStore]:
    """Reach the server.

    Args:
        url: `postgresql://…`.
        fingerprint: of the credential whose windows are kept.

    Returns:
        What makes the store of a window, by the window's name and first limit.

    Raises:
        BudgetsUnavailable: the server does not answer, or lets nobody in.
    """
    try:
        # A pool would go on trying in the background; one connection says at once what is wrong.
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise BudgetsUnavailable.unreachable("Postgres", url, error) from error
    pool: ConnectionPool = ConnectionPool(url, min_size=1, max_size=4, open=True, configure=_in_utc)
    return lambda name, limit: PostgresStore(pool, f"{fingerprint}_{name}", limit)
