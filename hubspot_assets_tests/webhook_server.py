"""A webhook on 127.0.0.1 that keeps what is posted to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "T0000-B0000-whoever-knows-this-may-post"


@dataclass
class Hook:
    """A webhook, and what came in.

    Attributes:
        url: Where it is; its path is the secret.
        posted: The messages, in order.
        status: What it answers.
        text: The body of that answer.
    """

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    text: str = "ok"


@contextmanager
def webhook() -> Iterator[Hook]:
    """A running webhook."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if hook.status == 200:
                hook.posted.append(said)
            self.send_response(hook.status)
            self.end_headers()
            self.wfile.write(hook.text.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hook.url = f"http://127.0.0.1:{server.server_port}/services/{SECRET}"
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
