"""Decoding answers: fast, and also where the fast way refuses what users may have typed."""

import functools
import json
import threading
from typing import TypeVar

import msgspec

T = TypeVar("T")


_making = threading.Lock()


@functools.cache
def _decoder(type: type[T]) -> msgspec.json.Decoder[T]:
    # msgspec looks at a type once and keeps what it saw with it. Threads that decode it for the first time at the same
    # moment find that half done, and the process dies (msgspec 0.22: segmentation fault).
    with _making:
        return msgspec.json.Decoder(type)


def decoded(body: bytes, type: type[T]) -> T:
    """Decode JSON as a msgspec type.

    Values may hold half a surrogate pair, which HubSpot stores as typed and msgspec refuses even in fields that it
    skips; such bodies are decoded the slow way.

    Raises:
        ValueError: It is not complete JSON (msgspec's errors are ValueErrors too), or does not fit the type.
    """
    try:
        return _decoder(type).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if b"\\u" not in body:
            raise
        return msgspec.convert(json.loads(body), type)
