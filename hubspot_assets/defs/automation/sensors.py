"""Changes within minutes: a look at each object type every minute, and runs for those that changed."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.assets.records import records_key
from hubspot_assets.defs.automation.jobs import SYNC_JOB
from hubspot_assets.defs.automation.launches import being_synced
from hubspot_assets.defs.checks.records import record_check_keys
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.catalog.object_types import ObjectType
    from hubspot_assets.hubspot.transport.client import Client

INTERVAL = 60
"""Seconds between looks."""
PATIENCE = 10.0
"""Seconds for which one search may keep failing."""
LONGEST_TICK = 40.0
"""Seconds after which the rest is left to the next tick: other syncs may be using up the searches, and Dagster gives
a tick 60 s."""
ARCHIVED_RUNS_APART = 600
"""Seconds at least between two reads of one recycle bin: HubSpot only ever gives it whole."""


def change_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor `changes`.

    Off until somebody switches it on in the UI: a busy account gets a run a minute, which may cost more (a Snowflake
    warehouse that never sleeps) than the schedule that was asked for.
    """
    object_types: dict[str, ObjectType] = {}

    @dg.sensor(
        name="changes",
        job=SYNC_JOB,
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Looks every minute, by one search per object type, whether records changed or went. Types that "
        "changed get a `latest` run at once; where there are fewer records than before, an `archived` run.",
    )
    def changes(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from hubspot_assets.hubspot.transport.errors import HubSpotError

        try:
            with client_of(Settings.load(), patience=PATIENCE) as client:
                tick = _Tick(context, client, settings, object_types)
                tick.look_around()
                return tick.result()
        except (SettingsError, HubSpotError) as error:
            return dg.SensorResult(skip_reason=str(error), cursor=context.cursor)

    return changes


class _Tick:
    """One tick: the looks, and what they lead to."""

    def __init__(
        self,
        context: dg.SensorEvaluationContext,
        client: "Client",
        settings: Settings,
        object_types: "dict[str, ObjectType]",
    ) -> None:
        from hubspot_assets.sync.records.watch import remembered

        self._context = context
        self._client = client
        self._object_types = object_types
        self._keys = {name: records_key(name) for name in settings.objects}
        # In the order of looking: who was left over by the last tick comes first.
        self._looks = {name: look for name, look in remembered(context.cursor).items() if name in self._keys}
        keys = list(self._keys.values())
        self._at_work: Mapping[str, Mapping[dg.AssetKey, str]] = {
            partition: being_synced(context.instance, partition, keys) for partition in (LATEST, ARCHIVED)
        }
        self._changed: list[dg.AssetKey] = []
        self._gone: list[dg.AssetKey] = []
        self._said: list[str] = []

    def look_around(self) -> None:
        """Look at every object type, as long as time and the day's requests last."""
        from hubspot_assets.hubspot.account import account
        from hubspot_assets.hubspot.transport.errors import DailyLimitReached, HubSpotError

        began = time.monotonic()
        # Its answer tells what is left of the day's requests, as those of searches do not.
        account(self._client)
        left = [*(name for name in self._keys if name not in self._looks), *self._looks]
        while left and time.monotonic() - began < LONGEST_TICK:
            name = left.pop(0)
            if run := self._at_work[LATEST].get(self._keys[name]):
                self._say(name, f"run {run} is still going")
                continue
            try:
                self._look_at(name)
            except DailyLimitReached as error:
                left.insert(0, name)
                self._say("limits", str(error))
                break
            except HubSpotError as error:
                self._say(name, str(error))
        if left:
            self._say("left to the next tick", ", ".join(left))

    def result(self) -> dg.SensorResult:
        """The runs to launch, or what was seen in place of changes."""
        from hubspot_assets.sync.records.watch import cursor_of

        for line in self._said:
            self._context.log.info(line)
        runs = []
        if self._changed:
            runs.append(dg.RunRequest(partition_key=LATEST, asset_selection=self._changed, asset_check_keys=[]))
        if self._gone:
            checks = record_check_keys(self._gone)
            runs.append(dg.RunRequest(partition_key=ARCHIVED, asset_selection=self._gone, asset_check_keys=checks))
        cursor = cursor_of(self._looks)
        if not runs:
            return dg.SensorResult(skip_reason="; ".join(self._said), cursor=cursor)
        return dg.SensorResult(run_requests=runs, cursor=cursor)

    def _look_at(self, name: str) -> None:
        import msgspec

        from hubspot_assets.hubspot.records.newest import newest
        from hubspot_assets.sync.object_types import object_type_called
        from hubspot_assets.sync.records.watch import compare

        if name not in self._object_types:
            # A custom object costs a request to look up.
            self._object_types[name] = object_type_called(self._client, name)
        object_type = self._object_types[name]
        before = self._looks.get(name)
        now = newest(self._client, object_type.path, object_type.last_modified_property)
        seen = compare(before, now)
        look = seen.look
        said = f"{now.total:,} records"
        if before is None:
            said += " at the first look"
        elif not seen.changed and not look.gone:
            said += ", none changed"
        else:
            said += f", {seen.changed:,} changed, {seen.created:,} of them created, {look.gone:,} gone"
        if seen.changed:
            self._changed.append(self._keys[name])
        if look.gone and self._keys[name] not in self._at_work[ARCHIVED]:
            rested = time.time() - look.archived_run_at
            if rested >= ARCHIVED_RUNS_APART:
                self._gone.append(self._keys[name])
                look = msgspec.structs.replace(look, gone=0, archived_run_at=int(time.time()))
            else:
                said += f" (the recycle bin is read again in {ARCHIVED_RUNS_APART - rested:.0f} s)"
        self._say(name, said)
        self._looks.pop(name, None)
        self._looks[name] = look

    def _say(self, subject: str, what: str) -> None:
        self._said.append(f"{subject}: {what}")
