"""Running the main job in this process, and saying on a console what it says."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

from hubspot_assets.defs.automation.dead_runs import end_dead_runs
from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.failures import reason_of
from hubspot_assets.defs.partitions import ARCHIVED, LATEST, range_tags

if TYPE_CHECKING:
    from rich.console import Console

INTERRUPTED = 130
"""Exit code of a process that was asked to stop."""
_STOPPED = "Stopped. What was read until now is kept; run again to go on from there."


@contextmanager
def instance_here() -> Iterator[dg.DagsterInstance]:
    """Yield the Dagster instance that `dagster dev` would use from here.

    That is the one of DAGSTER_HOME, or else the one that `dagster.yaml` in this folder describes. Without either, the
    run is remembered nowhere; its tables are written all the same.
    """
    from dagster._core.instance import InstanceRef

    if os.environ.get("DAGSTER_HOME"):
        with dg.DagsterInstance.get() as instance:
            yield instance
        return
    if not Path("dagster.yaml").is_file():
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        dg.DagsterInstance.from_ref(InstanceRef.from_dir(folder, config_dir=os.getcwd())) as instance,
    ):
        yield instance


def sync(
    console: "Console",
    defs: dg.Definitions,
    *,
    partitions: Sequence[str] = (LATEST, ARCHIVED),
    keys: Sequence[dg.AssetKey] | None = None,
    run_config: Mapping[str, Any] | None = None,
    job_name: str = SYNC,
) -> int:
    """Run a job in this process.

    Args:
        console: Takes what the syncs say, and what fails.
        defs: The definitions that hold the job.
        partitions: Live records, archived ones, or both, in this order; or the first and the last day.
        keys: The assets to sync; None for all.
        run_config: Config of their ops.
        job_name: The job; the main one by default.

    Returns:
        The exit code of the process: 0, 1 where something failed, 130 where it was interrupted.
    """
    job = dg.Definitions.merge(defs, dg.Definitions(loggers={"console": _lines(console)})).resolve_job_def(job_name)
    with instance_here() as instance:
        for run_id in end_dead_runs(instance):
            console.print(f"Run {run_id} had died; it is ended, and this one goes on where it stopped.")
        try:
            run = job.execute_in_process(
                instance=instance,
                tags=range_tags(partitions[0], partitions[-1]),
                asset_selection=keys,
                run_config={"loggers": {"console": {}}, **(run_config or {})},
                raise_on_error=False,
            )
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            console.print(_STOPPED)
            return INTERRUPTED
    if any(event.is_step_failure and _is_interrupt(event) for event in run.all_events):
        console.print(_STOPPED)
        return INTERRUPTED
    return 0 if run.success else 1


def _lines(console: "Console") -> dg.LoggerDefinition:
    """A Dagster logger that shows what the syncs say, and what fails."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said: Mapping[str, Any] = getattr(record, "dagster_meta", {})
            event: dg.DagsterEvent | None = said.get("dagster_event")
            if event is None:
                console.print(f"  {said.get('orig_message', record.getMessage())}", markup=False, highlight=False)
            elif event.is_step_failure and not _is_interrupt(event):
                console.print(
                    f"  {event.step_key} failed. {reason_of(event)}", style="red", markup=False, highlight=False
                )

    @dg.logger
    def lines(_: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.Logger("console", logging.INFO)
        logger.addHandler(Lines())
        return logger

    return lines


def _is_interrupt(event: dg.DagsterEvent) -> bool:
    """Whether a step failed because this process was asked to stop."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name in (DagsterExecutionInterruptedError.__name__, "KeyboardInterrupt")
