"""A way to S3 that fails: a proxy on 127.0.0.1 which is busy, loses requests or answers, hangs, and counts."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

FAULTS = ("busy", "cut", "lost", "late", "short")
"""Refused; not carried out; carried out, and not answered, when nobody waits any more, or by half an answer."""

_BUSY = b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'
_PER_HOP = {"connection", "transfer-encoding", "content-length", "date", "server"}


class FaultyStore:
    """A proxy in front of a store.

    Args:
        endpoint: Address of the store.
        random: Chooses what fails.
        rate: The share of requests that fail.
        patience: Seconds after which clients give up waiting.
        kinds: The faults there are.
    """

    def __init__(
        self,
        endpoint: str,
        random: random.Random,
        *,
        rate: float = 0,
        patience: float = 1,
        kinds: Sequence[str] = FAULTS,
    ) -> None:
        self.rate = rate
        self.kinds = kinds
        self.requests: list[str] = []
        self.faults: Counter[str] = Counter()
        self.written = 0
        """Bytes that were put."""
        self.before: dict[int, Callable[[], object]] = {}
        """What happens before a request is carried out, by its number."""
        self.after: dict[int, Callable[[], object]] = {}
        """What happens when a request was carried out and not yet answered, by its number."""
        self._upstream = urlsplit(endpoint).netloc
        self._random = random
        self._patience = patience
        self._turn = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"store": self}))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    @classmethod
    @contextmanager
    def start(cls, endpoint: str, random: random.Random, **options: Any) -> Iterator["FaultyStore"]:
        store = cls(endpoint, random, **options)
        thread = threading.Thread(target=store._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield store
        finally:
            store._server.shutdown()
            store._server.server_close()

    def answer(self, handler: "_Handler") -> None:
        """Pass a request on, or fail."""
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        with self._turn:
            number = len(self.requests)
            self.requests.append(f"{handler.command} {handler.path}")
            self.written += len(body) if handler.command == "PUT" else 0
            fault = self._random.choice(self.kinds) if self._random.random() < self.rate else ""
            self.faults[fault] += 1
        self.before.get(number, lambda: None)()
        if fault == "busy":
            handler.give(503, {}, _BUSY)
            return
        handler.close_connection = bool(fault)
        if fault == "cut":
            return
        if fault == "late":
            time.sleep(self._patience + 0.3)
        status, headers, content = self._carried_out(handler, body)
        self.after.get(number, lambda: None)()
        if fault == "short":
            content = content[: len(content) // 2]
        if fault in ("", "short"):
            handler.give(status, headers, content)

    def _carried_out(self, handler: "_Handler", body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._upstream)
        try:
            connection.request(handler.command, handler.path, body, dict(handler.headers))
            found = connection.getresponse()
            kept = {name: value for name, value in found.getheaders() if name.lower() not in _PER_HOP}
            content = found.read()
            length = found.getheader("content-length") if handler.command == "HEAD" else None
            return found.status, kept | {"Content-Length": length or str(len(content))}, content
        finally:
            connection.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ClassVar[FaultyStore]

    def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
        # Who was killed or has given up takes no answer.
        with suppress(OSError):
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.store.answer(self)

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET
