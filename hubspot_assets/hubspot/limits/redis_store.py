"""A window of requests in Redis, shared across machines. Needs the extra `redis`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import redis
from pyrate_limiter import RedisBucket

from hubspot_assets.hubspot.limits.window_store import BudgetsUnavailable, Limit, Note, Store

_FIELDS = ("requests", "milliseconds", "paused_until")
_KEPT_SECONDS = 86_400
"""After this time without a change a window is forgotten; the next answers teach it anew."""


class RedisStore(Store):
    """A window in Redis, timed by Redis's clock.

    Two processes that ask within the same millisecond may both be let through, once in a while; the margin
    that a window keeps is several times that.

    Args:
        client: a connection to the server.
        name: of the window, unique within the database.
        limit: to begin with.
    """

    def __init__(self, client: redis.Redis, name: str, limit: Limit) -> None:
        self._client = client
        self._note_key = f"hubspot_assets:{name}:note"
        self._requests_key = f"hubspot_assets:{name}:requests"
        self.bucket = cast(RedisBucket, _TimedByRedis.init([limit.rate], client, self._requests_key))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Nothing to hold, for counting and adding are one step in Redis; names the server when it fails."""
        try:
            yield
        except redis.RedisError as error:
            raise BudgetsUnavailable.failed("Redis", error) from error

    def read(self) -> Note:
        """The note as it stands."""
        values = cast(list[bytes | None], self._client.hmget(self._note_key, list(_FIELDS)))
        return Note.from_row([int(value or 0) for value in values])

    def write(self, note: Note) -> None:
        """Replace the note."""
        self._client.hset(self._note_key, mapping=dict(zip(_FIELDS, note.row, strict=True)))
        self._client.expire(self._note_key, _KEPT_SECONDS)

    def forget(self, now: int) -> None:
        """Drop what the window has left behind, and in time all of it."""
        super().forget(now)
        self._client.expire(self._requests_key, _KEPT_SECONDS)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


class _TimedByRedis(RedisBucket):
    """Machines do not agree on the time to the millisecond; they all ask the server."""

    def now(self) -> int:
        seconds, microseconds = cast(tuple[int, int], cast(redis.Redis, self.redis).time())
        return seconds * 1000 + microseconds // 1000


def connect(url: str, fingerprint: str) -> Callable[[str, Limit], RedisStore]:
    """Reach the server.

    Args:
        url: `redis://…` or `rediss://…`.
        fingerprint: of the credential whose windows are kept.

    Returns:
        What makes the store of a window, by the window's name and first limit.

    Raises:
        BudgetsUnavailable: the server does not answer.
    """
    try:
        client = redis.Redis.from_url(url, socket_timeout=10, health_check_interval=30)
        client.ping()
    except redis.RedisError as error:
        raise BudgetsUnavailable.unreachable("Redis", url, error) from error
    return lambda name, limit: RedisStore(client, f"{fingerprint}:{name}", limit)
