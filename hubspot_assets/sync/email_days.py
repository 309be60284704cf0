"""What became of e-mails, and who wants them: tables that are read by days, and whose columns are known."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import pyarrow as pa

from hubspot_assets.hubspot.email_events import instant, read_email_events
from hubspot_assets.hubspot.span_read import Span, SpanPage
from hubspot_assets.hubspot.subscriptions import read_subscription_changes
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.source import Rows
from hubspot_assets.tables.email_events import EMAIL_EVENTS, email_event_rows
from hubspot_assets.tables.subscriptions import SUBSCRIPTION_CHANGES, WHOLE_ACCOUNT, change_rows
from hubspot_assets.warehouse.base import Table, Warehouse

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class EmailDays(Generic[Thing]):
    """A table of the legacy API (a `DayTable`).

    Attributes:
        written: The table.
        column: The column of the instant.
        reading: Reads spans.
        key_of: Gives the key of a thing.
        to_rows: Makes rows of things.
    """

    written: Table
    column: str
    reading: Callable[[Client, Iterable[Span]], Iterable[SpanPage[Thing]]]
    key_of: Callable[[Thing], tuple[object, ...]]
    to_rows: Callable[..., pa.Table]

    of = ""
    ahead = timedelta()
    """HubSpot's own clock stamps them. A window that ends now does not move while it is paged through."""
    remarks = ()

    @property
    def table(self) -> str:
        """Return the table's name."""
        return self.written.name

    @property
    def key(self) -> Sequence[str]:
        """Return its key columns."""
        return self.written.key

    def recall(self, warehouse: Warehouse) -> None:
        """Learn nothing: the columns are always the same."""

    def read(self, client: Client, spans: Iterable[Span]) -> Iterable[SpanPage[Thing]]:
        """Read what happened in some spans."""
        return self.reading(client, spans)

    def rows(self, things: Sequence[Thing], *, read_at: datetime, sync_id: str) -> tuple[Rows, ...]:
        """Return things as rows."""
        return (Rows(self.written, self.to_rows(things, read_at=read_at, sync_id=sync_id)),)


def email_events() -> EmailDays:
    """Return the table of e-mail events."""
    return EmailDays(
        written=EMAIL_EVENTS,
        column="CREATED",
        reading=read_email_events,
        key_of=lambda event: (event.id, _naive(event.created)),
        to_rows=email_event_rows,
    )


def subscription_changes() -> EmailDays:
    """Return the table of changes of subscriptions."""
    return EmailDays(
        written=SUBSCRIPTION_CHANGES,
        column="OCCURREDAT",
        reading=read_subscription_changes,
        key_of=lambda made: (
            made.recipient,
            _naive(made.at),
            made.change.subscription_id or WHOLE_ACCOUNT,
            made.change.change,
        ),
        to_rows=change_rows,
    )


def _naive(milliseconds: int) -> datetime:
    """An instant as the warehouse gives it."""
    return instant(milliseconds).replace(tzinfo=None)
