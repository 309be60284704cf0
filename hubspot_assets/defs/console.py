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
from hubspot_assets.defs.automation.jobs import FRESHNESS, SYNC
from hubspot_assets.defs.failures import reason_of
from hubspot_assets.defs.interrupts import INTERRUPTED, noticing_signals
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST, range_tags

if TYPE_CHECKING:
    from rich.console import Console

_OVERRIDES = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""What a run prints goes to the terminal, where somebody reads it.

Dagster would send it there by way of files and of two processes, which Ctrl-C would end, and loudly, before the run.
"""
_CHECKS = "_checks"
_AS_OF_THE_UI = {".dagster/repository": "__repository__@hubspot_assets"}
"""Tag by which the UI shows a run under its job, though this process launched it; `workspace.yaml` names the place."""


@contextmanager
def instance_here() -> Iterator[dg.DagsterInstance]:
    """Yield the Dagster instance that `dagster dev` would use from here.

    That is the one of DAGSTER_HOME, or else the one that `dagster.yaml` in this folder describes. Without either, the
    run is remembered nowhere; its tables are written all the same.
    """
    from dagster._core.instance import InstanceRef

    # Ctrl-C may meet SQLAlchemy as it closes a connection of Dagster's, and it would print where; closed it is anyway.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    if named := os.environ.get("DAGSTER_HOME"):
        home = Path(named).expanduser()
        if not (home.is_absolute() and home.is_dir()):
            # Raises, and says what is wrong.
            dg.DagsterInstance.get()
        with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=_OVERRIDES)) as instance:
            yield instance
        return
    if not Path("dagster.yaml").is_file():
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        dg.DagsterInstance.from_ref(
            InstanceRef.from_dir(folder, config_dir=os.getcwd(), overrides=_OVERRIDES)
        ) as instance,
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
    with instance_here() as instance, noticing_signals() as asked_to_stop:
        for run_id in end_dead_runs(instance):
            console.print(f"Run {run_id} had died; it is ended, and this one goes on where it stopped.")
        try:
            run = job.execute_in_process(
                instance=instance,
                tags={**_AS_OF_THE_UI, **range_tags(partitions[0], partitions[-1])},
                asset_selection=keys,
                run_config={"loggers": {"console": {}}, **(run_config or {})},
                raise_on_error=False,
            )
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            return INTERRUPTED
        # Dagster may have taken the signal for a failure of the step, or for nothing at the very end of the run.
        if asked_to_stop():
            return INTERRUPTED
    return 0 if run.success else 1


def make_storage() -> None:
    """Make the databases of the instance that is used here: two processes that come first would both make them."""
    with instance_here() as instance:
        # Each is made when it is first asked for.
        instance.get_runs(limit=1)
        instance.fetch_run_status_changes(dg.DagsterEventType.RUN_SUCCESS, limit=1)
        instance.all_instigator_state()


def observe_account(defs: dg.Definitions) -> int:
    """Observe the asset `account` in this process; return 0, or 130 where it was interrupted."""
    with instance_here() as instance, noticing_signals() as asked_to_stop:
        try:
            # That HubSpot does not answer is what an observation tells, and no failure.
            defs.resolve_job_def(FRESHNESS).execute_in_process(
                instance=instance,
                tags=_AS_OF_THE_UI,
                asset_selection=[Names().key("account")],
                run_config={"loggers": {"console": {"config": {"log_level": "WARNING"}}}},
                raise_on_error=False,
            )
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            return INTERRUPTED
        return INTERRUPTED if asked_to_stop() else 0


def _lines(console: "Console") -> dg.LoggerDefinition:
    """A Dagster logger that shows what the syncs say, and what fails."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said: Mapping[str, Any] = getattr(record, "dagster_meta", {})
            event: dg.DagsterEvent | None = said.get("dagster_event")
            if event is None:
                if record.levelno < logging.INFO:
                    return
                console.print(f"  {said.get('orig_message', record.getMessage())}", markup=False, highlight=False)
            elif event.is_step_start and str(event.step_key).endswith(_CHECKS):
                console.print(f"  {_plain(event.step_key)}: looks whether the table holds what it should", markup=False)
            elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
                found = event.asset_check_evaluation_data
                if not found.passed:
                    line = f"  {found.asset_key.path[-1]}, {found.check_name}: {found.description}"
                    console.print(line, style="yellow", markup=False, highlight=False)
            elif event.is_step_failure and not _is_interrupt(event):
                console.print(
                    f"  {event.step_key} failed. {reason_of(event)}", style="red", markup=False, highlight=False
                )

    @dg.logger
    def lines(_: dg.InitLoggerContext) -> logging.Logger:
        # Dagster logs the events of a run at DEBUG.
        logger = logging.Logger("console", logging.DEBUG)
        logger.addHandler(Lines())
        return logger

    return lines


def _plain(step: str | None) -> str:
    """What people call what a step of checks is about."""
    return str(step).removeprefix(Names().op("")).removesuffix(_CHECKS)


def _is_interrupt(event: dg.DagsterEvent) -> bool:
    """Whether a step failed because this process was asked to stop."""
    error = event.step_failure_data.error
    return error is not None and error.cls_name in (DagsterExecutionInterruptedError.__name__, "KeyboardInterrupt")
