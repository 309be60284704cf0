"""A rolling limit in Redis, shared across machines. Needs the extra `redis`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import redis
from pyrate_limiter import RedisBucket
from typing_extensions import override

from hubspot_assets.hubspot.limits.limit_store import Limit, Note, Store
from hubspot_assets.hubspot.limits.server_url import ServerUrl, failed, unusable

_KEPT_SECONDS = 86_400
"""After this time without a change a limit is forgotten; the next answers teach it anew."""

_PAUSE = """
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'paused_until') or 0) then
    redis.call('HSET', KEYS[1], 'paused_until', ARGV[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
"""Redis runs a script as one step, so the longest of several pauses stays."""


class RedisStore(Store):
    """A rolling limit in Redis, timed by Redis's clock.

    Two processes that ask within the same millisecond may both be let through, once in a while; the margin
    that a rolling limit keeps is several times that.

    Args:
        client: A connection to the server.
        name: Of the limit, unique within the database.
        limit: To begin with.
    """

    def __init__(self, client: redis.Redis, name: str, limit: Limit) -> None:
        self._client = client
        self._note_key = f"hubspot_assets:{name}:note"
        self._requests_key = f"hubspot_assets:{name}:requests"
        self.bucket = cast(RedisBucket, _TimedByRedis.init([limit.rate], client, self._requests_key))

    @contextmanager
    @override
    def exclusive(self) -> Iterator[None]:
        # Nothing to hold, for counting and adding are one step in Redis.
        try:
            yield
        except redis.RedisError as error:
            raise failed("Redis", error) from error

    @override
    def read(self) -> Note:
        fields = ["requests", "milliseconds", "paused_until"]
        values = cast(list[bytes | None], self._client.hmget(self._note_key, fields))
        return Note.from_row([int(value or 0) for value in values])

    @override
    def note_limit(self, limit: Limit) -> None:
        self._client.hset(self._note_key, items=["requests", limit.requests, "milliseconds", limit.milliseconds])
        self._client.expire(self._note_key, _KEPT_SECONDS)

    @override
    def note_pause(self, until: int) -> None:
        self._client.eval(_PAUSE, 1, self._note_key, str(until), str(_KEPT_SECONDS))

    @override
    def forget(self, now: int) -> None:
        super().forget(now)
        self._client.expire(self._requests_key, _KEPT_SECONDS)

    @override
    def close(self) -> None:
        self._client.close()


class _TimedByRedis(RedisBucket):
    """Machines do not agree on the time to the millisecond; they all ask the server."""

    def now(self) -> int:
        seconds, microseconds = cast(tuple[int, int], cast(redis.Redis, self.redis).time())
        return seconds * 1000 + microseconds // 1000


def connect(server: ServerUrl) -> Callable[[str, str, Limit], RedisStore]:
    """Reach the server.

    Args:
        server: `redis://…` or `rediss://…`.

    Returns:
        What makes the store of a limit, by whose limit it is, its name and its first value.

    Raises:
        BudgetsUnavailable: The server does not answer, or the address is not one.
    """
    client = _client(server)
    try:
        client.ping()
    except redis.RedisError as error:
        raise server.unreachable("Redis", error) from error
    return lambda owner, name, limit: RedisStore(client, f"{owner}:{name}", limit)


def _client(server: ServerUrl) -> redis.Redis:
    try:
        return redis.Redis.from_url(server.url, socket_timeout=10, health_check_interval=30)
    except (redis.RedisError, ValueError, TypeError):
        pass  # raised below, where the error that knows the address is not in the chain
    raise unusable()
