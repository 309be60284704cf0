"""Telling somebody when syncs fail, and when that is over: a sensor that reads what runs ended with.

What was told already stands in the sensor's cursor, which Dagster keeps only if the tick ends well: a message that
could not be sent is sent with the next tick, and none is sent twice.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster._core.execution.stats import StepEventStatus

from hubspot_assets.defs.assets.account import PORTAL
from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.automation.causes import Cause, Causes, Place, in_words
from hubspot_assets.defs.automation.jobs import FRESHNESS, RETENTION, SYNC, UPKEEP
from hubspot_assets.defs.automation.launches import partitions_of
from hubspot_assets.defs.automation.webhook import Message, post
from hubspot_assets.defs.failures import reason_of
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.settings.hubspot import Settings

INTERVAL = 30
"""Seconds between looks."""
MOST_RUNS = 100
"""Runs looked at in one tick."""
MOST_TOLD = 5
"""Causes told of in one message; that there are more is said."""
_ENDS = (dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_SUCCESS)


def alert_sensors(
    settings: Settings, names: Names, tables: Sequence[SyncedTable], steps: Collection[str]
) -> Sequence[dg.SensorDefinition]:
    """Return the sensor `alerts`; none without a webhook.

    Args:
        settings: Where to post, and where the UI is.
        names: What it is called.
        tables: What is synced.
        steps: The names of all ops of these definitions; runs of others are not our business.
    """
    if settings.alert_webhook is None:
        return ()
    webhook = settings.alert_webhook.get_secret_value()
    runs = _Runs(names, {table.op: table for table in tables}, frozenset(steps))

    @dg.sensor(
        name=names.of("alerts"),
        # Dagster wants something that a sensor could launch; this one only tells.
        job_name=names.of(FRESHNESS),
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Posts a message to the webhook of HUBSPOT_ALERT_WEBHOOK when runs fail, once per cause, and "
        "another when all that failed by it has succeeded again. Launches nothing.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if context.cursor is None:
            # What failed before somebody wanted to be told is no news.
            return _nothing("From now on, failures are told.", _cursor(_last_ends(context.instance), Causes()))
        remembered = json.loads(context.cursor)
        causes = Causes.remembered(remembered["causes"])
        seen: dict[str, int] = remembered["seen"]
        for event in _ended_since(context.instance, seen):
            runs.take_note(context, event, causes)
        causes.forget(runs.places_known, datetime.now(UTC).timestamp())
        message = _message(causes, _account(context.instance, names), settings.dagster_url)
        if message is not None:
            post(webhook, message)
        said = message.title if message is not None else "Nothing new."
        return _nothing(said, _cursor(seen, causes))

    return (alerts,)


@dataclass(frozen=True)
class _Runs:
    """What the runs of these definitions tell by their end.

    Attributes:
        names: What they are called.
        tables: What is synced, by op.
        steps: The names of all ops.
    """

    names: Names
    tables: Mapping[str, SyncedTable]
    steps: frozenset[str]

    @property
    def places_known(self) -> Collection[str]:
        """Return what can fail, as places name it."""
        return {*map(self._called, self.steps), *self._jobs}

    @property
    def _jobs(self) -> Collection[str]:
        return [self.names.of(job) for job in (SYNC, FRESHNESS, RETENTION, UPKEEP)]

    def take_note(self, context: dg.SensorEvaluationContext, event: dg.EventLogEntry, causes: Causes) -> None:
        """Add what a run that ended tells of causes."""
        instance = context.instance
        run = instance.get_run_by_id(event.run_id)
        whole = event.dagster_event_type is dg.DagsterEventType.RUN_SUCCESS
        if run is None or _is_of_another_place(context, run) or (whole and not causes):
            return
        steps = {step.step_key: step for step in instance.get_run_step_stats(run.run_id)}
        asked_for = self._asked_for(run)
        if run.job_name not in self._jobs and not asked_for and not self.steps & steps.keys():
            return
        succeeded = {name for name, step in steps.items() if step.status is StepEventStatus.SUCCESS}
        causes.succeeded([*self._places(run, succeeded), *([(run.job_name, "")] if whole else [])], event.timestamp)
        if whole:
            return
        failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        for failure in failures:
            if failure.dagster_event is not None and failure.step_key in self.steps:
                said, places = reason_of(failure.dagster_event), self._places(run, [failure.step_key])
                causes.failed(places, said, failure.timestamp, run_id=run.run_id, job=run.job_name)
        if not failures:
            # The run failed as a whole: its process died, or did not start.
            places = self._places(run, asked_for - succeeded) or [(run.job_name, "")]
            causes.failed(places, _said_of_run(event), event.timestamp, run_id=run.run_id, job=run.job_name)

    def _asked_for(self, run: dg.DagsterRun) -> set[str]:
        """The ops of the tables that a run was to sync."""
        if run.asset_selection is None:
            return set(self.tables) if run.job_name == self.names.of(SYNC) else set()
        return {op for op, table in self.tables.items() if table.key in run.asset_selection}

    def _places(self, run: dg.DagsterRun, steps: Collection[str]) -> list[Place]:
        return [place for step in steps if step in self.steps for place in self._places_of(run, step)]

    def _places_of(self, run: dg.DagsterRun, step: str) -> Iterator[Place]:
        table = self.tables.get(step)
        # Of what has a partition per day, every run is about other days: none would ever make good for another.
        partitioned = table is not None and set(table.partitions) <= {LATEST, ARCHIVED}
        for partition in (partitions_of(run.tags) if partitioned else ()) or ("",):
            yield self._called(step), partition

    def _called(self, step: str) -> str:
        """What people call a step: without what all steps begin with."""
        return step.removeprefix(self.names.op(""))


def _is_of_another_place(context: dg.SensorEvaluationContext, run: dg.DagsterRun) -> bool:
    """Whether another code location launched a run: its jobs may be called as ours."""
    if run.remote_job_origin is None or context.code_location_origin is None:
        return False
    repository = run.remote_job_origin.repository_origin
    there = (repository.code_location_origin.location_name, repository.repository_name)
    return there != (context.code_location_origin.location_name, context.repository_name)


def _last_ends(instance: dg.DagsterInstance) -> dict[str, int]:
    """The last event of each kind; later ones are new."""
    last = {}
    for kind in _ENDS:
        records = instance.fetch_run_status_changes(kind, limit=1).records
        last[kind.value] = records[0].storage_id if records else -1
    return last


def _ended_since(instance: dg.DagsterInstance, seen: dict[str, int]) -> Sequence[dg.EventLogEntry]:
    """The ends of runs after those seen, in the order of time; they are seen then."""
    ended: list[dg.EventLogRecord] = []
    for kind in _ENDS:
        after = dg.RunStatusChangeRecordsFilter(kind, after_storage_id=seen[kind.value])
        records = instance.fetch_run_status_changes(after, limit=MOST_RUNS, ascending=True).records
        seen[kind.value] = max([record.storage_id for record in records], default=seen[kind.value])
        ended += records
    return sorted((record.event_log_entry for record in ended), key=lambda entry: entry.timestamp)


def _said_of_run(event: dg.EventLogEntry) -> str:
    """Why a run failed that has no failed step."""
    data: Any = event.dagster_event.event_specific_data if event.dagster_event is not None else None
    error = getattr(data, "error", None)
    said = event.dagster_event.message if event.dagster_event is not None else None
    return (error.message.strip() if error is not None else said) or "The run failed."


def _account(instance: dg.DagsterInstance, names: Names) -> str:
    """What the account is called in messages: HubSpot's id of it as soon as that is known."""
    records = instance.fetch_observations(names.key("account"), limit=1).records
    observation = records[0].asset_observation if records else None
    portal = observation.metadata.get(PORTAL) if observation is not None else None
    return " ".join(["HubSpot", *names.prefix, *([f"account {portal.value}"] if portal is not None else [])])


def _message(causes: Causes, account: str, ui: str | None) -> Message | None:
    """What is new, in one message; None where nothing is."""
    begun, over = causes.begun, causes.over
    if not begun and not over:
        return None
    if begun:
        title = f"{account}: syncs fail" + ("" if len(begun) == 1 else f" for {len(begun)} reasons")
    else:
        title = f"{account}: syncs work again"
    paragraphs = [*map(_begun, begun[:MOST_TOLD]), *(_over(cause, at) for cause, at in over[:MOST_TOLD])]
    if more := len(begun) + len(over) - len(paragraphs):
        paragraphs.append(f"And {more} more; see the runs.")
    links = (
        {f"Run {cause.run_id[:8]}": f"{ui.rstrip('/')}/runs/{cause.run_id}" for cause in begun[:MOST_TOLD]}
        if ui
        else {}
    )
    return Message(title, paragraphs, links)


def _begun(cause: Cause) -> str:
    return (
        f"Since {_instant(cause.since)}: {cause.said}\n"
        f"This concerns {in_words(cause.places)}; run {cause.run_id[:8]} of {_job(cause.job)}."
    )


def _over(cause: Cause, at: float) -> str:
    return f"Over at {_instant(at)}, since {_instant(cause.since)}: {cause.said}"


def _job(name: str) -> str:
    """What a job is called; Dagster's own, for what people materialize, has a name that says nothing."""
    return "a materialization in the UI" if name.startswith("__") else f"the job {name}"


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _cursor(seen: Mapping[str, int], causes: Causes) -> str:
    return json.dumps({"seen": seen, "causes": causes.written()})


def _nothing(said: str, cursor: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=said, cursor=cursor)
