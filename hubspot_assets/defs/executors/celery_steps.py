"""Steps of a run on Celery's workers: dagster-celery's executor, which here also sees when a worker dies.

Celery forgets a task whose worker was killed, and dagster-celery would wait for its result forever. So a run asks the
workers now and then what they are executing. A step that none of them knows any more is treated as one that failed:
its retry policy sends it to the queue again, and the sync goes on from its last commit.
"""

import sys
import time
import warnings
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.retries import RetryMode, get_retries_config
from dagster._serdes import serialize_value
from dagster._utils.error import serializable_error_info_from_exc_info
from dagster_celery.executor import CeleryExecutor, _submit_task
from dagster_shared.error import SerializableErrorInfo

from hubspot_assets.defs.executors.preloaded import PRELOADED
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from celery import Celery
    from celery.result import AsyncResult
    from dagster._core.execution.context.system import PlanOrchestrationContext
    from dagster._core.execution.plan.plan import ExecutionPlan
    from dagster._core.execution.plan.state import KnownExecutionState
    from dagster._core.execution.plan.step import ExecutionStep

# dagster-celery registers its one task anew forevery step.
warnings.filterwarnings("ignore", message="Task name 'execute_plan' is already registered")

LOOK_SECONDS = 15.0
"""How often the workers are asked what they are executing."""
ANSWER_SECONDS = 2.0
"""How long their answers are waited for."""
PATIENCE = 3
"""A step is lost when so many questions in a row found no worker that executes it."""


def celery_executor(settings: Settings) -> dg.ExecutorDefinition:
    """The executor for these settings.

    The broker's address, which may hold a password, is part of no configuration that Dagster stores or shows.
    """

    @dg.executor(
        name="celery",
        config_schema={"retries": get_retries_config()},
        requirements=dg.multiple_process_executor_requirements(),
    )
    def celery(context: dg.InitExecutorContext) -> CelerySteps:
        return CelerySteps(settings, RetryMode.from_config(context.executor_config["retries"]))  # pyright: ignore[reportArgumentType]

    return celery


class CelerySteps(CeleryExecutor):
    """Sends the steps of a run to the queue that the settings name, and waits for what becomes of them.

    Args:
        settings: Where the broker is, and which queue.
        retries: Whether retry policies of steps are obeyed.
    """

    def __init__(self, settings: Settings, retries: RetryMode = RetryMode.DISABLED) -> None:
        assert settings.celery_broker is not None
        broker = settings.celery_broker.get_secret_value()
        by_redis = broker.startswith("redis")
        super().__init__(
            retries=retries,
            broker=broker,
            backend=broker if by_redis else "rpc://",
            include=list(PRELOADED),
            config_source={
                "task_default_queue": settings.celery_queue,
                # So that a task which waits can be told from one whose worker died.
                "task_track_started": True,
                "result_expires": timedelta(days=7),
                # No task waits within a worker that is busy with another, where it would be lost with it.
                "worker_disable_prefetch": by_redis,
                "broker_connection_retry_on_startup": True,
                # Dagster's log lines are not warnings of Celery's.
                "worker_redirect_stdouts": False,
            },
        )

    def execute(
        self, plan_context: "PlanOrchestrationContext", execution_plan: "ExecutionPlan"
    ) -> Generator[dg.DagsterEvent, Any, None]:
        """Execute the steps of a run.

        Raises:
            SettingsError: The broker cannot be reached.
        """
        from dagster_celery.core_execution_loop import core_celery_execution_loop
        from dagster_celery.make_app import make_app

        app = make_app(self.app_args())
        _reach_broker(app)
        watch = _Watch(app, plan_context)

        def submit(
            app: "Celery",
            plan_context: "PlanOrchestrationContext",
            step: "ExecutionStep",
            queue: str,
            priority: int,
            known_state: "KnownExecutionState",
        ) -> _StepResult:
            result = _submit_task(app, plan_context, step, queue, priority, known_state)
            return _StepResult(self, plan_context, step, known_state, result, watch)

        yield from core_celery_execution_loop(plan_context, execution_plan, step_execution_fn=submit)


class _Watch:
    """What workers say they are executing, asked for all steps of a run at once."""

    def __init__(self, app: "Celery", plan_context: "PlanOrchestrationContext") -> None:
        self._app = app
        self._log = plan_context.log
        self._waiting: set[str] = set()
        self._missed: Counter[str] = Counter()
        self._next_look = time.monotonic() + LOOK_SECONDS
        self._unanswered = 0
        self._warned = False

    def lost(self, task: str, *, begun: bool) -> bool:
        """Whether a worker has begun this task, and none executes it any more."""
        if begun:
            self._waiting.discard(task)
            self._missed.setdefault(task, 0)
        else:
            self._waiting.add(task)
        self._look()
        return self._missed[task] >= PATIENCE

    def forget(self, task: str) -> None:
        """A step has ended."""
        self._waiting.discard(task)
        del self._missed[task]

    def _look(self) -> None:
        if time.monotonic() < self._next_look:
            return
        asked = [*self._missed]
        answers = self._app.control.inspect(timeout=ANSWER_SECONDS).query_task(*asked, *self._waiting) or {}
        self._next_look = time.monotonic() + LOOK_SECONDS
        executing = {task for tasks in answers.values() for task in tasks}
        for task in asked:
            self._missed[task] = 0 if task in executing else self._missed[task] + 1
        self._unanswered = 0 if answers else self._unanswered + 1
        if self._waiting and self._unanswered >= PATIENCE and not self._warned:
            self._warned = True
            self._log.warning(
                f"No Celery worker answers. {len(self._waiting)} steps wait in the queue "
                f"{self._app.conf.task_default_queue} until one is started: "
                "celery -A hubspot_assets.defs.executors.celery_worker worker"
            )


class _StepResult:
    """What becomes of one step: to dagster-celery's loop, a result of Celery that always arrives."""

    def __init__(
        self,
        executor: CelerySteps,
        plan_context: "PlanOrchestrationContext",
        step: "ExecutionStep",
        known_state: "KnownExecutionState",
        result: "AsyncResult",
        watch: _Watch,
    ) -> None:
        self._executor = executor
        self._step_context = plan_context.for_step(step)
        self._known_state = known_state
        assert result.id is not None
        self._result = result
        self._task: str = result.id
        self._watch = watch
        self._revoked = False

    def ready(self) -> bool:
        """Whether the step has ended, in whatever way."""
        from celery import states

        begun = self._result.state == states.STARTED
        # Without a worker, nobody would ever say that a step which waits was revoked.
        return self._result.ready() or (self._revoked and not begun) or self._watch.lost(self._task, begun=begun)

    def get(self) -> Sequence[str]:
        """The events of the step, as Dagster writes them; its failure or retry where the worker could tell none.

        Raises:
            celery.exceptions.TaskRevokedError: The run was terminated.
        """
        from celery.exceptions import TaskRevokedError

        self._watch.forget(self._task)
        try:
            if self._result.ready():
                return self._events()
            if self._revoked:
                raise TaskRevokedError("The run was terminated.")
            error = SerializableErrorInfo("The Celery worker that executed this step is gone.", [], None)
        except TaskRevokedError:
            self._free_pool()
            raise
        # A worker may raise anything; the second is no Exception, and would pass for an interrupt of this process.
        except (Exception, DagsterExecutionInterruptedError):  # noqa: BLE001
            error = serializable_error_info_from_exc_info(sys.exc_info())
        event = self._executor.log_failure_or_retry_event_after_error(self._step_context, error, self._known_state)
        return [serialize_value(event)]

    def revoke(self) -> None:
        """End the step, also one that is being executed: what it committed stays."""
        self._result.revoke(terminate=True)
        self._revoked = True

    def _events(self) -> Sequence[str]:
        events: Any = self._result.get()
        # Results by RPC go with the connection.
        with suppress(NotImplementedError):
            self._result.forget()
        return events

    def _free_pool(self) -> None:
        """Give back the pool of a step that never began; dagster-celery would let it keep others waiting."""
        context = self._step_context
        context.instance.event_log_storage.free_concurrency_slot_for_step(context.run_id, context.step.key)


def _reach_broker(app: "Celery") -> None:
    from kombu.exceptions import OperationalError

    with app.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=3, interval_start=0.2, interval_step=0.2)
        except OperationalError as error:
            raise SettingsError(
                f"The Celery broker at {connection.as_uri()} cannot be used: {error}. Start it, or correct "
                "HUBSPOT_CELERY_BROKER."
            ) from None
