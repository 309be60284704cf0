"""The events of one type, day by day, and the columns that they turn out to need."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.event_definitions import EventDefinition, event_definitions
from hubspot_assets.hubspot.events import Event, read_events
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.hubspot.schemas import custom_object_types
from hubspot_assets.hubspot.span_read import Span, SpanPage
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes
from hubspot_assets.sync.records.record_table import PROPERTY_DEFINITIONS
from hubspot_assets.sync.source import Rows
from hubspot_assets.tables.definitions import definition_rows
from hubspot_assets.tables.events import OBJECT_TYPE_IDS, EventTable, observed_properties
from hubspot_assets.tables.names import id_stem
from hubspot_assets.warehouse.base import Filters, Warehouse

STANDARD = "e_"
"""What the names of HubSpot's own types begin with; it defines no others."""
MOST_COLUMNS = 500
"""Beyond, what a sender calls properties is data; it goes to UNPARSED."""


class EventDays:
    """The table of one type of events (a `DayTable`).

    The account's own types have the columns of their definition. What is not defined, as nothing is of HubSpot's types,
    becomes a column of text as soon as an event has it. PROPERTY_DEFINITIONS remembers both, under the full name of the
    type, since its id is not known of every type.

    Args:
        client: The HubSpot client, asked for definitions once there is something to write.
        event_type: Full name (`e_visited_page`).
        table: Name of the table.
    """

    key: Sequence[str] = ("ID",)
    column = "OCCURREDAT"
    ahead = timedelta(days=1)
    """A sender's clock may be ahead; all of today is asked for."""

    def __init__(self, client: Client, event_type: str, table: str) -> None:
        self.table = table
        self.of = event_type
        self.remarks: tuple[str, ...] = ()
        self._client = client
        self._event_type_id: str | None = None
        self._stored: pa.Schema | None = None
        self._properties: dict[str, PropertyDefinition] = {}
        self._columns: dict[str, str] = {}
        self._made: EventTable | None = None
        self._object_types: Mapping[str, str] | None = None

    def recall(self, warehouse: Warehouse) -> None:
        """Learn which properties have had columns."""
        self._stored = warehouse.schema(self.table)
        if self._stored is None or warehouse.schema(PROPERTY_DEFINITIONS.name) is None:
            return
        columns = ["NAME", "LABEL", "DESCRIPTION", "TYPE", "COLUMNNAME"]
        of_type: Filters = (("OBJECTTYPEID", "=", self.of), ("COLUMNNAME", "is not null", None))
        for row in warehouse.read(PROPERTY_DEFINITIONS.name, columns, of_type).to_pylist():
            self._properties[row["NAME"]] = PropertyDefinition(
                row["NAME"], row["LABEL"] or "", row["DESCRIPTION"] or "", row["TYPE"] or "string"
            )
            self._columns[row["NAME"]] = row["COLUMNNAME"]

    def read(self, client: Client, spans: Iterable[Span]) -> Iterable[SpanPage[Event]]:
        """Read what occurred in some spans."""
        return read_events(client, spans)

    def key_of(self, thing: Event) -> tuple[object, ...]:
        """Return the event's id."""
        return (thing.id,)

    def rows(self, things: Sequence[Event], *, read_at: datetime, sync_id: str) -> tuple[Rows, ...]:
        """Return events as rows, and the properties that are new."""
        new = self._new_properties(things)
        if self._made is None or new:
            self._properties |= {each.name: each for each in new}
            self._made = EventTable.of(
                self.of,
                self.table,
                self._properties.values(),
                event_type_id=self._event_type_id,
                known_columns=self._columns,
                stored=self._stored,
            )
            self._columns |= {each.property: each.column for each in self._made.properties}
        rows = self._made.rows(things, read_at=read_at, sync_id=sync_id, object_type_ids=self._object_types_of(things))
        own = Rows(self._made.table, rows)
        return (own, Rows(PROPERTY_DEFINITIONS, definition_rows(self.of, new, self._columns))) if new else (own,)

    def _new_properties(self, events: Sequence[Event]) -> Sequence[PropertyDefinition]:
        """What is to be had from the definition of the type, once, and what events have beyond it."""
        defined = self._definition_properties() if self._made is None else ()
        known = {*self._properties, *(each.name for each in defined)}
        observed = [each for each in observed_properties(events) if each.name not in known]
        return [*defined, *observed[: max(MOST_COLUMNS - len(known), 0)]]

    def _definition_properties(self) -> Sequence[PropertyDefinition]:
        """The properties of the account's own type, as HubSpot defines it."""
        if self.of.startswith(STANDARD):
            return ()
        try:
            found: Sequence[EventDefinition] = event_definitions(self._client)
        except (MissingScopes, Forbidden) as error:
            self.remarks = (f"New columns are text, since HubSpot does not give out what defines {self.of}: {error}",)
            return ()
        for each in found:
            if each.fully_qualified_name.lower() == self.of:
                self._event_type_id = each.object_type_id
                return each.properties
        return ()

    def _object_types_of(self, events: Sequence[Event]) -> Mapping[str, str]:
        """Ids of custom objects by what events call them; HubSpot is asked when the first such event comes."""
        if self._object_types is None:
            if all(each.object_type in (None, *OBJECT_TYPE_IDS) for each in events):
                return {}
            self._object_types = _custom_objects(self._client)
        return self._object_types


def _custom_objects(client: Client) -> Mapping[str, str]:
    """The account's own object types by the names that events may call them; none where they may not be read."""
    try:
        found = custom_object_types(client)
    except (MissingScopes, Forbidden):
        return {}
    spellings: Sequence[Callable[[Any], str]] = (
        lambda each: id_stem(each.singular_label, each.object_type_id),
        lambda each: each.name.upper(),
        lambda each: each.fully_qualified_name.upper(),
    )
    return {spelling(each): each.object_type_id for spelling in spellings for each in found}
