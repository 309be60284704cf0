"""Ctrl-C and its kin in the demo, at any moment of it."""

import os
import signal
from collections.abc import Callable
from types import FrameType

import psutil

from hubspot_assets.defs.interrupts import INTERRUPTED

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Whoever closes the terminal, or ends the demo by its id, means all of its processes."""


def stop_on_signals(end: Callable[[], None]) -> None:
    """From now on, let each of the signals end what was started, and then this process.

    This happens where the signal meets the main thread, and not by an exception: one that is raised in the midst of an
    import is lost, or comes out as another one. Dagster takes the signals for as long as it executes a run here, and
    stops the step, so that what was read is written.

    Args:
        end: Ends what was started; called once.
    """

    def leave(_: int, __: FrameType | None) -> None:
        ignore_signals()
        end()
        # What was just being started is known to nobody else.
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os._exit(INTERRUPTED)

    def as_ctrl_c(number: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler):
            handler(number, frame)

    for each in _SIGNALS:
        signal.signal(each, leave if each is signal.SIGINT else as_ctrl_c)


def ignore_signals() -> None:
    """Stay with what is being ended, which takes a few seconds, however often Ctrl-C is pressed."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
