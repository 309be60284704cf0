"""Runs whose process is gone: killed, or lost with a restart of its machine.

Dagster watches only runs that its daemon launched, and of those not all. A run that died stays STARTED, keeps its pools
and with them every later sync of its tables. So each run writes down which process it is, and whoever comes next on
the same machine, be it a run, a schedule or the sensor below, ends those whose process is gone. Runs of other machines
are left to Dagster's run monitoring and its ceiling.
"""

import os
import socket
from collections.abc import Sequence

import dagster as dg
import psutil

from hubspot_assets.defs.automation.jobs import FRESHNESS
from hubspot_assets.defs.automation.launches import UNFINISHED
from hubspot_assets.defs.names import Names

PROCESS = "hubspot/process"
"""Tag of a run: host, process id and when that process started, since ids are given anew."""
INTERVAL = 30
"""Seconds between looks."""


def note_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Write down that this process executes a run."""
    if instance.has_run(run_id):
        started = psutil.Process().create_time()
        instance.add_run_tags(run_id, {PROCESS: f"{socket.gethostname()} {os.getpid()} {started:.2f}"})


def end_dead_runs(instance: dg.DagsterInstance) -> Sequence[str]:
    """End the runs of this machine whose process is gone, and give their pools back.

    Returns:
        The ids of the runs that were ended.
    """
    ended = []
    for run in instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED))):
        if _is_dead(run.tags.get(PROCESS, "")):
            said = (
                f"The process of this run is gone ({run.tags[PROCESS].split()[1]} on this machine): it was killed, or "
                "the machine restarted. What it committed is kept; the next sync goes on from there."
            )
            if run.status is dg.DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, said)
            else:
                instance.report_run_failed(run, said)
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            ended.append(run.run_id)
    return ended


def dead_run_sensor(names: Names) -> dg.SensorDefinition:
    """Return the sensor that ends dead runs, so that what waits for their pools goes on within a minute."""

    @dg.sensor(
        name=names.of("dead_runs"),
        # Dagster wants something that a sensor could launch; this one only tidies.
        job_name=names.of(FRESHNESS),
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends runs of this machine whose process is gone (killed, or lost with a restart), so that their "
        "tables can be synced again. Launches nothing.",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = end_dead_runs(context.instance)
        return dg.SkipReason(f"Ended {', '.join(ended)}." if ended else "Every run has its process.")

    return dead_runs


def _is_dead(process: str) -> bool:
    """Whether the process of a tag is gone; that of another machine, or of no tag, is not known to be."""
    host, _, rest = process.partition(" ")
    if host != socket.gethostname():
        return False
    identity, started = rest.split()
    try:
        return abs(psutil.Process(int(identity)).create_time() - float(started)) > 1
    except psutil.NoSuchProcess:
        return True
