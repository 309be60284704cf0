"""The portal's front door (ASGI): every request passes here, is let in or refused, delayed, broken or answered.

The order is HubSpot's as far as it can be seen: length of the address, path, token, limits, and only then
scopes and the request itself.
"""

import asyncio
import contextlib
import socket
import struct
import time
from email.utils import formatdate
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubspot_assets.demo_portal import orders
from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.calls import Answer, Call, parse_query
from hubspot_assets.demo_portal.errors import Refusal, correlation_id, uri_too_long
from hubspot_assets.demo_portal.faults import Rule
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.request_log import LoggedRequest
from hubspot_assets.demo_portal.router import Router
from hubspot_assets.demo_portal.routes.account import OPEN_ENDPOINTS
from hubspot_assets.demo_portal.tokens import Token

CONTROL_PREFIX = "/__portal/"
BODY_LOGGED = 4_000
SLOW_PIECES = 10
NOT_JSON = b"<!DOCTYPE html><html><body>We'll be right back.</body></html>"


class Gateway:
    """The ASGI application. Paths under `/__portal/` go to the control plane."""

    def __init__(self, account: Account, control: ASGIApp) -> None:
        self._account = account
        self._control = control
        self._router = Router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self._control(scope, receive, send)
            return
        started = time.monotonic()
        requests = self._account.requests
        query = scope["query_string"].decode("latin-1")
        logged = LoggedRequest(self._account.clock.now(), scope["method"], scope["path"], query, Bucket.NONE.value, 0)
        requests.begin()
        try:
            await self._serve(scope, receive, send, logged)
        finally:
            logged.seconds = time.monotonic() - started
            requests.end(logged)
        if not logged.status:
            # Let uvicorn notice that it was cut short, so that it does not try to answer.
            await asyncio.sleep(0.01)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, logged: LoggedRequest) -> None:
        account = self._account
        body = await _read(receive)
        if account.latency.fixed or account.latency.jitter:
            await asyncio.sleep(account.latency.fixed + account.latency.jitter * account.random.random())
        correlation = correlation_id(account.clock.now())
        headers: dict[str, str] = {}
        rule: Rule | None = None
        try:
            raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
            target = raw_path.decode("latin-1") + (f"?{logged.query}" if logged.query else "")
            if len(target) > account.behavior.max_target:
                raise uri_too_long()
            endpoint, version, parameters = self._router.match(logged.method, logged.path)
            logged.bucket = endpoint.bucket.value
            logged.body = body[:BODY_LOGGED].decode(errors="replace")
            token = self._token(scope, endpoint.path)
            try:
                account.limits.admit(endpoint.bucket, token)
            finally:
                headers.update(account.limits.headers(endpoint.bucket, token))
            rule = account.faults.hit(logged.method, target)
            if rule is not None:
                logged.fault = rule.kind
                if (refusal := rule.refusal(account.clock.now())) is not None:
                    raise refusal
                if rule.kind == "run":
                    orders.carry_out(account, rule.order, rule.arguments)
            call = Call(account, token, version, logged.path, parameters, parse_query(logged.query), body)
            given = endpoint.handler(call)
            logged.status, logged.rows = given.status, given.rows
        except Refusal as refusal:
            text, content_type = refusal.render(correlation)
            headers.update(refusal.headers)
            given = Answer(text, refusal.status, 0, content_type)
            logged.status = refusal.status
        headers["X-HubSpot-Correlation-Id"] = correlation
        await self._send(send, given, headers, rule, logged)

    def _token(self, scope: Scope, path: str) -> Token:
        if path in OPEN_ENDPOINTS:
            return self._account.tokens.default
        authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return self._account.tokens.authenticate(authorization.decode("latin-1"))

    async def _send(
        self, send: Send, given: Answer, headers: dict[str, str], rule: Rule | None, logged: LoggedRequest
    ) -> None:
        body, pieces, length = given.body, 1, None
        match rule.kind if rule is not None else "":
            case "reset":
                logged.status = 0
                _reset(send)
                return
            case "hang" if rule is not None:
                logged.status = 0
                await asyncio.sleep(rule.seconds)
                _reset(send)
                return
            case "truncated":
                body = body[: max(len(body) * 2 // 3, 1)]
            case "dropped":
                length = len(body)
                body = body[: max(len(body) * 2 // 3, 1)]
            case "empty":
                body = b""
            case "not_json":
                body = NOT_JSON
            case "slow":
                pieces = SLOW_PIECES
        head = {
            "Content-Type": given.content_type,
            "Content-Length": str(len(body) if length is None else length),
            "Date": formatdate(self._account.clock.now() / 1000, usegmt=True),
            "Server": "cloudflare",
            "Vary": "origin, Accept-Encoding",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
            **headers,
        }
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head.items()]
        # A client that gave up waiting is no failure of the portal.
        with contextlib.suppress(OSError):
            await send({"type": "http.response.start", "status": given.status, "headers": raw})
            if pieces == 1:
                await send({"type": "http.response.body", "body": body, "more_body": length is not None})
                return
            size = max(len(body) // pieces, 1)
            for start in range(0, len(body), size):
                await asyncio.sleep((rule.seconds if rule is not None else 0) / pieces)
                piece: Message = {"type": "http.response.body", "body": body[start : start + size], "more_body": True}
                await send(piece)
            await send({"type": "http.response.body", "body": b""})


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _reset(send: Send) -> None:
    """Cut the connection with a TCP reset.

    ASGI has no way to say this, so it reaches for the transport of uvicorn's request cycle, whose method
    `send` is.
    """
    transport: Any = send.__self__.transport  # pyright: ignore[reportFunctionMemberAccess]
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
