"""The Dagster daemon in this process: its own scheduler and sensor loop, one look at a time, at a simulated time."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.api import execute_run
from dagster._core.instance_for_test import instance_for_test
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.remote_representation.external import RemoteRepository, RemoteSchedule, RemoteSensor
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import ScheduleIterationTimes, launch_scheduled_runs

import hubspot_assets
from hubspot_assets_tests.end_to_end.simulated_time import SimulatedTime
from hubspot_assets_tests.quick_dagster import on_disk

DEFINITIONS = Path(hubspot_assets.__file__).with_name("definitions.py")
"""Loaded by its path, hence afresh: the module may be known from other tests, with other settings."""
_RUNS_OF_A_LOOK = 20


class Daemon:
    """The daemon on the definitions that the settings make. A run that it launches has ended when `look` returns.

    Attributes:
        instance: Of Dagster, on disk.
    """

    def __init__(self, context: WorkspaceProcessContext, time: SimulatedTime) -> None:
        self.instance: dg.DagsterInstance = context.instance
        self._context = context
        self._time = time
        self._known: set[str] = set()
        self._logger = logging.getLogger(__name__)
        self.restart()

    @classmethod
    @contextmanager
    def of(cls, folder: Path, time: SimulatedTime) -> Iterator[Self]:
        """The daemon of a Dagster instance in a folder."""
        origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file=str(DEFINITIONS), attribute="defs"))
        with (
            instance_for_test(
                temp_dir=str(folder),
                synchronous_run_coordinator=True,
                synchronous_run_launcher=True,
                overrides={"python_logs": {"python_log_level": "ERROR"}, **on_disk(folder)},
            ) as instance,
            WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as context,
        ):
            yield cls(context, time)

    def restart(self) -> None:
        """Forget what only the daemon's memory holds."""
        self._iterations: dict[str, ScheduleIterationTimes] = {}

    def look(self) -> Sequence[dg.DagsterRun]:
        """Evaluate the ticks that are due, as the daemon does every few seconds; the runs that ended meanwhile."""
        now = self._time.now()
        errors = [*launch_scheduled_runs(self._context, self._logger, now, self._iterations)]
        errors += execute_sensor_iteration(self._context, self._logger, None, None)
        assert not any(errors), errors
        return self._new_runs()

    def ticks(self, name: str) -> Sequence[InstigatorTick]:
        """The ticks of a schedule or of the sensor, the first first."""
        each = self._schedule_or_sensor(name)
        return self.instance.get_ticks(each.get_remote_origin_id(), each.selector_id)[::-1]

    def switch_on(self, sensor: str) -> None:
        """Switch a sensor on, as in the UI."""
        each = self._schedule_or_sensor(sensor)
        assert isinstance(each, RemoteSensor)
        self.instance.start_sensor(each)

    def switch_off(self, sensor: str) -> None:
        """Switch a sensor off, as in the UI."""
        each = self._schedule_or_sensor(sensor)
        assert isinstance(each, RemoteSensor)
        self.instance.stop_sensor(each.get_remote_origin_id(), each.selector_id, each)

    @contextmanager
    def launched(self, job: str, tags: Mapping[str, str] = MappingProxyType({})) -> Iterator[dg.DagsterRun]:
        """A run that a person launched: it waits for its turn while the block lasts, and is over after it."""
        reconstructable = ReconstructableRepository.for_file(str(DEFINITIONS), "defs").get_reconstructable_job(job)
        run = self.instance.create_run_for_job(
            reconstructable.get_definition(), job_code_origin=reconstructable.get_python_origin(), tags=dict(tags)
        )
        yield run
        execute_run(reconstructable, run, self.instance)
        self._new_runs()

    def status(self, run: dg.DagsterRun) -> dg.DagsterRunStatus:
        """How a run stands now."""
        now = self.instance.get_run_by_id(run.run_id)
        assert now is not None
        return now.status

    def _new_runs(self) -> Sequence[dg.DagsterRun]:
        latest = self.instance.get_runs(limit=_RUNS_OF_A_LOOK)
        new = [run for run in reversed(latest) if run.run_id not in self._known]
        self._known |= {run.run_id for run in new}
        return new

    def _repository(self) -> RemoteRepository:
        [location] = self._context.create_request_context().code_locations
        [repository] = location.get_repositories().values()
        return repository

    def _schedule_or_sensor(self, name: str) -> RemoteSchedule | RemoteSensor:
        repository = self._repository()
        return repository.get_schedule(name) if repository.has_schedule(name) else repository.get_sensor(name)
