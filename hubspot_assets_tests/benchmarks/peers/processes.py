"""What a process and all that it starts cost."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.2
"""Seconds between two looks at the memory."""


@dataclass(frozen=True)
class Cost:
    """What a run cost.

    Attributes:
        seconds: From start to end.
        cpu_seconds: User and system time of the whole tree of processes; of one that had to be ended, not all.
        memory: The most that the tree held at once, MiB; pages that processes share count once.
        status: Exit status; None where the run had to be ended.
    """

    seconds: float
    cpu_seconds: float
    memory: float
    status: int | None


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path, most_seconds: float) -> Cost:
    """Run a command to its end, or for as long as it may take.

    Args:
        command: What is run.
        environment: The variables it sees.
        folder: It runs in.
        log: A file that its output is added to.
        most_seconds: After them its processes are ended.
    """
    before, began = _children_cpu_seconds(), time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
    watch = _Watch(process.pid)
    watch.start()
    try:
        status: int | None = process.wait(most_seconds)
    except subprocess.TimeoutExpired:
        status = None
    seconds = time.perf_counter() - began
    watch.stop()
    _end(process)
    return Cost(seconds, _children_cpu_seconds() - before, watch.most, status)


class _Watch(threading.Thread):
    """Looks at the memory of a session's processes until it is stopped."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self._session = session
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY):
            self.most = max(self.most, sum(map(_memory, _of_session(self._session))))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _of_session(session: int) -> list[int]:
    processes = []
    for each in os.listdir("/proc"):
        if not each.isdecimal():
            continue
        try:
            fields = Path("/proc", each, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            # It ended between the two looks.
            continue
        if int(fields[3]) == session:
            processes.append(int(each))
    return processes


def _memory(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what is left of a run, and wait until its files are free."""
    while _of_session(process.pid):
        # It may have ended by itself since.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.poll()
        time.sleep(EVERY)
    process.wait()


def _children_cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
