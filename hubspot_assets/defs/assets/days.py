"""Events, e-mail events and changes of subscriptions: what has daily partitions, since a day is how it is read."""

from collections.abc import Callable, Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

import dagster as dg

from hubspot_assets.defs.assets.family import Family
from hubspot_assets.defs.assets.marketing import GROUP as MARKETING_GROUP
from hubspot_assets.defs.assets.satellites import Satellite, Step, family_of
from hubspot_assets.defs.names import Names
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.tables.event_names import event_table_names

if TYPE_CHECKING:
    from hubspot_assets.hubspot.transport.client import Client
    from hubspot_assets.sync.days import DaysSource

GROUP = "events"
SINCE = date(2024, 1, 1)
"""The first day where `HUBSPOT_EVENTS_SINCE` names none."""
_BACKFILL = (
    "A partition is a day (UTC). The schedules read the recent days; for older ones choose Materialize and a "
    "range, which is one run. Reading a day again adds what came late, and changes nothing else."
)


def days_family(settings: Settings, names: Names) -> Family:
    """Return the assets that have a partition for each day, as far as the settings ask for them."""
    return family_of(_steps(settings), settings, names)


def day_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the days, today among them; an earlier or later first day leaves what was materialized alone."""
    first = settings.events_since.astimezone(UTC).date() if settings.events_since else SINCE
    return dg.DailyPartitionsDefinition(start_date=f"{first}", end_offset=1)


def _steps(settings: Settings) -> Sequence[Step]:
    partitions = day_partitions(settings)

    def step(name: str, group: str, satellite: Satellite) -> Step:
        return Step(
            name=name,
            group=group,
            satellites=[satellite],
            prepare=lambda hubspot: hubspot.client,
            follows=(),
            schedule=settings.marketing_schedule,
            ticks=frozenset(),
            partitions=partitions,
        )

    steps = [step(each.name, GROUP, each) for each in _events(settings)]
    if "email_events" in settings.datasets:
        what = "What became of marketing e-mails: sent, delivered, opened, clicked, bounced."
        steps.append(step("email_events", MARKETING_GROUP, _email("email_events", what, "CREATED")))
    if "subscriptions" in settings.datasets:
        what = "Every change of a subscription: who left which list of recipients, or came back, and how."
        steps.append(step("subscription_changes", MARKETING_GROUP, _email("subscription_changes", what, "OCCURREDAT")))
    return steps


def _events(settings: Settings) -> Sequence[Satellite]:
    def satellite(event_type: str, table: str) -> Satellite:
        def source(client: "Client", days: Sequence[date]) -> "DaysSource[Any]":
            from hubspot_assets.sync.days import DaysSource
            from hubspot_assets.sync.events import EventDays

            return DaysSource(client, EventDays(client, event_type, table), days[0], days[-1])

        description = f"Events {event_type}, one row per occurrence. {_BACKFILL}"
        return Satellite(table.lower(), description, table, source, "OCCURREDAT")

    return [satellite(*each) for each in event_table_names(settings.events).items()]


def _email(name: str, description: str, column: str) -> Satellite:
    def source(client: "Client", days: Sequence[date]) -> "DaysSource[Any]":
        from hubspot_assets.sync import email_days
        from hubspot_assets.sync.days import DaysSource

        table: Callable[[], Any] = getattr(email_days, name)
        return DaysSource(client, table(), days[0], days[-1])

    return Satellite(name, f"{description} {_BACKFILL}", name.upper(), source, column)
