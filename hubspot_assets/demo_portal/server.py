"""Runs a portal: in the foreground for people (`serve`), or as a child process for tests (`main`)."""

import contextlib
import gc
import json
import os
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

import uvicorn

from hubspot_assets.demo_portal.account import Account, AccountOptions
from hubspot_assets.demo_portal.company.build import DEFAULT_SIZES
from hubspot_assets.demo_portal.control_plane import control_plane
from hubspot_assets.demo_portal.gateway import Gateway

HOST = "127.0.0.1"
DEFAULT_PORT = 8087
BACKLOG = 2_048


def application(account: Account) -> Gateway:
    """The ASGI application of one account."""
    return Gateway(account, control_plane(account))


def open_account(options: AccountOptions) -> Account:
    """Build the account; the garbage collector rests meanwhile and ignores what was built for good."""
    gc.disable()
    try:
        account = Account(options)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
    return account


def listen(port: int) -> socket.socket:
    """A listening socket on this machine only; port 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as problem:
        listener.close()
        raise OSError(f"The demo portal cannot listen on port {port} of {HOST}: {problem.strerror}.") from problem
    # Connections wait here until the server takes over, so the address may be told at once.
    listener.listen(BACKLOG)
    return listener


def run(account: Account, listener: socket.socket) -> None:
    """Answer requests until the process is told to stop."""
    config = uvicorn.Config(
        application(account),
        lifespan="off",
        access_log=False,
        log_level="warning",
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        backlog=BACKLOG,
    )
    uvicorn.Server(config).run(sockets=[listener])


def serve(
    *,
    port: int = DEFAULT_PORT,
    seed: int = 1,
    scale: float = 1.0,
    sizes: Mapping[str, int] | None = None,
    latency: float = 0.0,
    limits: bool = True,
) -> None:
    """Serve the demo company until interrupted; prints the settings that let a sync use it.

    It behaves like a real account: HubSpot's limits, a search index that lags, a search page that is short
    now and then.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        seed: Of all data; the same seed gives the same company.
        scale: How many times the demo company's number of records.
        sizes: Records of some object types, instead (`{"contacts": 50_000}`).
        latency: Seconds that every answer takes.
        limits: Whether HubSpot's rate limits hold.

    Raises:
        OSError: The port is taken.
        KeyError: `sizes` names an object type that the portal does not have.
    """
    scaled = {name: max(round(size * scale), 1) for name, size in DEFAULT_SIZES.items()}
    with contextlib.closing(listen(port)) as listener:
        account = open_account(
            AccountOptions(
                seed=seed,
                sizes={**scaled, **(sizes or {})},
                latency=latency,
                limits=limits,
                index_lag=True,
                short_pages=0.01,
            )
        )
        records = sum(len(store.live) + len(store.archived) for store in account.stores.values())
        print(f"A demo HubSpot account with {records:,} records is ready. Press Ctrl+C to stop it.")
        print(f"HUBSPOT_BASE_URL=http://{HOST}:{listener.getsockname()[1]}")
        print(f"HUBSPOT_ACCESS_TOKEN={account.tokens.default.value}", flush=True)
        run(account, listener)


def main() -> None:
    """Serve as a child process.

    The first line of standard input holds the options as JSON, the answer on standard output is one line of
    JSON with the URL and the token (or with what was wrong). When standard input ends, the parent is gone,
    and so is the portal.
    """
    given: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    try:
        listener = listen(given.pop("port", 0))
        account = open_account(AccountOptions(**given))
    except (KeyError, TypeError, ValueError, OSError) as problem:
        print(json.dumps({"error": str(problem.args[0] if problem.args else problem)}), flush=True)
        raise SystemExit(1) from problem
    ready = {"url": f"http://{HOST}:{listener.getsockname()[1]}", "token": account.tokens.default.value}
    print(json.dumps(ready), flush=True)
    run(account, listener)


def _leave_with_parent() -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.read(1):
            pass
    os._exit(0)


if __name__ == "__main__":
    main()
