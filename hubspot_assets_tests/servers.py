"""Redis and PostgreSQL servers of a test's own, on 127.0.0.1, where the machine has the programs.

A test is skipped where it has not; on CI, which installs them, it fails.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis


def without(programs: str, package: str) -> NoReturn:
    """Skip a test that needs programs which this machine lacks; on CI they must be there."""
    missing = f"no {programs} on this machine (apt-get install {package})"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def redis_server(password: str | None = None) -> Iterator[str]:
    """A Redis server that keeps nothing on disk; its URL."""
    program = shutil.which("redis-server")
    if program is None:
        without("redis-server", "redis-server")
    port = _free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*command, "--requirepass", password or ""],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"redis://{f':{password}@' if password else ''}127.0.0.1:{port}/0"
            with redis.Redis.from_url(url) as client:
                _wait_until(client.ping, process)
            yield url
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def postgres_server(password: str | None = None) -> Iterator[str]:
    """A PostgreSQL server with an empty database; its URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        without("PostgreSQL in /usr/lib/postgresql", "postgresql")
    as_user: dict[str, str | int] = {}
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            as_user = {"user": user.pw_uid, "group": user.pw_gid}
            os.chown(folder, user.pw_uid, user.pw_gid)
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(password or "unused")
        secret.chmod(0o644)
        authentication = ["-A", "password" if password else "trust", f"--pwfile={secret}"]
        initialize = [str(programs[-1].with_name("initdb")), "-D", str(data), "-U", "postgres", "-N", *authentication]
        subprocess.run(initialize, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]
        port = _free_port()
        command = [str(programs[-1]), "-D", str(data), "-p", str(port), "-k", folder, "-F"]
        process = subprocess.Popen(
            [*command, "-c", "listen_addresses=127.0.0.1"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_user,  # type: ignore[arg-type]
        )
        try:
            url = f"postgresql://postgres{f':{password}' if password else ''}@127.0.0.1:{port}/postgres"
            _wait_until(lambda: psycopg.connect(url).close(), process)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # does not wait for clients to leave
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until(answers: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            answers()
        except (redis.RedisError, psycopg.Error):
            assert process.poll() is None, "the server ended as soon as it was started"
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
