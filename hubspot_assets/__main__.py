"""The door of the command line: Ctrl-C ends a command by exit code 130 and without a traceback, at any moment of it."""

import os
import signal
import sys
from types import FrameType

from hubspot_assets.defs.interrupts import INTERRUPTED


def main() -> None:
    """Run the command line.

    Ctrl-C ends the process where it is: raised as an exception in the midst of an import it would be lost, or come out
    as another one. What has to be brought to an end first, as runs of Dagster and the demo, sees to it by itself.
    """
    signal.signal(signal.SIGINT, _leave)
    from hubspot_assets.cli import app

    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            # Python would wait for requests on their way, which HubSpot may take its time to answer.
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(INTERRUPTED)
        raise


def _leave(_: int, __: FrameType | None) -> None:
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
