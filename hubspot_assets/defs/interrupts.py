"""Whether this process was asked to stop: also where Dagster took the signal, and the run was at its end already."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit code of a process that was asked to stop."""

_REQUESTS = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def noticing_signals() -> Iterator[Callable[[], bool]]:
    """Notice signals to stop during a block of code, whoever handles them, and without changing that.

    Yields:
        Tells whether one has come. Other threads than the main one have no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    came: set[int] = set()

    def asked_to_stop() -> bool:
        # Python writes the number of each signal that it handles; a profiler's timer is one of them.
        while select.select([read], [], [], 0)[0]:
            came.update(os.read(read, 4096))
        return bool(came & _REQUESTS)

    try:
        yield asked_to_stop
    finally:
        signal.set_wakeup_fd(before)
        os.close(read)
        os.close(write)
