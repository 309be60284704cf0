"""An HTTP server that answers from a script, and remembers what it was asked."""

import http.server
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Reply:
    """One answer of the script. `body` that is no bytes is sent as JSON."""

    status: int = 200
    body: object = field(default_factory=lambda: {"results": []})
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Literal["", "reset", "cut short", "silent"] = ""

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body)


class ScriptedServer:
    """Answers in the order of the script; the last reply is repeated for ever.

    A script by words answers whoever asks with such a word in the target, in whatever order: for concurrent requests.
    """

    def __init__(self, script: Sequence[Reply] | Mapping[str, Reply]) -> None:
        self.by_words = dict(script) if isinstance(script, Mapping) else {}
        self.script = list(script) if not isinstance(script, Mapping) else []
        self.asked: list[Asked] = []
        self.arrived = threading.Event()
        self.release = threading.Event()
        self._lock = threading.Lock()
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                reply = server._next(
                    Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                )
                if reply.fault == "reset":
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.close()
                    self.close_connection = True
                    return
                if reply.fault == "silent":
                    server.release.wait(20)
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.bytes)))
                self.end_headers()
                if reply.fault == "cut short":
                    self.wfile.write(reply.bytes[: len(reply.bytes) // 2])
                    self.close_connection = True
                else:
                    self.wfile.write(reply.bytes)

            do_POST = do_GET

            def date_time_string(self, timestamp: float | None = None) -> str:
                return server.date or super().date_time_string(timestamp)

            def log_message(self, format: str, *args: object) -> None:
                """Tests speak for themselves."""

            def handle(self) -> None:
                try:
                    super().handle()
                except (OSError, ValueError):
                    self.close_connection = True

            def finish(self) -> None:
                try:
                    super().finish()
                except (OSError, ValueError):
                    self.close_connection = True

        return Handler

    date: str | None = None

    def _next(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            self.arrived.set()
            if self.by_words:
                return next(reply for word, reply in self.by_words.items() if word in asked.target)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @contextmanager
    def running(self) -> Iterator["ScriptedServer"]:
        thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.release.set()
            self._http.shutdown()
            thread.join()
            self._http.server_close()
