"""Whether this process was asked to stop: also where Dagster took the signal, and the run was at its end already."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit code of a process that was asked to stop."""


@contextmanager
def noticing_signals() -> Iterator[Callable[[], bool]]:
    """Notice signals during a block of code, whoever handles them, and without changing that.

    Yields:
        Tells whether one has come. Other threads than the main one have no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield lambda: bool(select.select([read], [], [], 0)[0])
    finally:
        signal.set_wakeup_fd(before)
        os.close(read)
        os.close(write)
