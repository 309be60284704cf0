"""What the libraries log becomes a part of the run whose step is at work: above all, what it waits for.

Dagster offers this by its instance's settings (`managed_python_loggers`), which are not ours to rely on: runs in a host
project or in a test have others.
"""

import logging

import dagster as dg
from dagster._core.log_manager import DagsterLogHandler
from typing_extensions import override

from hubspot_assets.defs.plain import plain

_LIBRARIES = logging.getLogger("hubspot_assets")


class IntoTheRun(logging.Handler):
    """Hands records to the run that captures logs at this moment; without one, warnings go to standard error."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # Dagster adds its handler to this logger while the code of a step runs.
        record.msg, record.args = plain(record.getMessage()), None
        runs = [each for each in dg.get_dagster_logger().handlers if isinstance(each, DagsterLogHandler)]
        for run in runs:
            # Where the instance's settings capture this logger as well, Dagster knows the record again.
            run.handle(record)
        last = logging.lastResort
        if not runs and last is not None and not logging.getLogger().handlers and record.levelno >= last.level:
            # This handler would keep Python from doing so.
            last.handle(record)


def tell_runs() -> None:
    """Let runs of this process have what the libraries log, from INFO on."""
    if not any(isinstance(each, IntoTheRun) for each in _LIBRARIES.handlers):
        _LIBRARIES.addHandler(IntoTheRun())
        if not _LIBRARIES.isEnabledFor(logging.INFO):
            _LIBRARIES.setLevel(logging.INFO)
