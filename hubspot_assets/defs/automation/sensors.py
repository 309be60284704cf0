"""Changes within minutes: a look at each object type every minute, and runs for those that changed."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable, check_keys, of_keys
from hubspot_assets.defs.automation.jobs import SYNC
from hubspot_assets.defs.automation.launches import being_synced
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.defs.plain import plain
from hubspot_assets.defs.resources.client import client_of
from hubspot_assets.defs.resources.object_types import object_types
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


class CannotLook(Exception):
    """HubSpot could not be asked whether anything changed; the cursor stays, so nothing is missed."""


def change_sensor(settings: Settings, names: Names, tables: Sequence[SyncedTable]) -> dg.SensorDefinition:
    """The sensor `changes`.

    Off until somebody switches it on in the UI: a busy account gets a run a minute, which may cost more (a Snowflake
    warehouse that never sleeps) than the schedule that was asked for.
    """
    known: dict[str, ObjectType] = {}
    records = {name: names.key(name) for name in settings.objects}

    @dg.sensor(
        name=names.of("changes"),
        job_name=names.of(SYNC),
        minimum_interval_seconds=INTERVAL,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Looks every minute, by one search per object type, whether records changed or went. Types that "
        "changed get a latest run at once; where there are fewer records than before, an archived run.",
    )
    def changes(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from hubspot_assets.hubspot.transport.errors import HubSpotError

        try:
            with client_of(settings, patience=PATIENCE) as client:
                tick = _Tick(context, client, settings, tables, records, known)
                tick.look_around()
                return tick.result()
        except (SettingsError, HubSpotError) as error:
            # A tick that is skipped passes for one that found nothing; one that fails is seen.
            raise CannotLook(plain(str(error))) from None

    return changes


class _Tick:
    """One tick: the looks, and what they lead to."""

    def __init__(
        self,
        context: dg.SensorEvaluationContext,
        client: "Client",
        settings: Settings,
        tables: Sequence[SyncedTable],
        records: Mapping[str, dg.AssetKey],
        known: "dict[str, ObjectType]",
    ) -> None:
        from hubspot_assets.sync.records.watch import remembered

        self._context = context
        self._client = client
        self._object_types = known
        self._settings = settings
        self._tables = tables
        self._keys = records
        # In the order of looking: who was left over by the last tick comes first.
        self._looks = {name: look for name, look in remembered(context.cursor).items() if name in self._keys}
        leading = [table for table in tables if table.key in records.values()]
        self._at_work: Mapping[str, Mapping[dg.AssetKey, str]] = {
            partition: being_synced(context.instance, partition, leading) for partition in (LATEST, ARCHIVED)
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
            self._context.log.info(plain(line))
        runs = []
        if self._changed:
            selected = [table.key for table in of_keys(self._tables, self._changed)]
            runs.append(dg.RunRequest(partition_key=LATEST, asset_selection=selected, asset_check_keys=[]))
        if self._gone:
            gone = of_keys(self._tables, self._gone)
            runs.append(
                dg.RunRequest(
                    partition_key=ARCHIVED,
                    asset_selection=[table.key for table in gone],
                    asset_check_keys=check_keys(gone),
                )
            )
        cursor = cursor_of(self._looks)
        if not runs:
            return dg.SensorResult(skip_reason="; ".join(self._said), cursor=cursor)
        return dg.SensorResult(run_requests=runs, cursor=cursor)

    def _look_at(self, name: str) -> None:
        import msgspec

        from hubspot_assets.hubspot.records.newest import newest
        from hubspot_assets.sync.records.watch import compare

        if name not in self._object_types:
            # A custom object costs a request to look up.
            self._object_types |= object_types(self._client, self._settings, [name])
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
