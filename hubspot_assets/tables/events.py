"""The tables of events: one per type, a row per occurrence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import pyarrow as pa

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.events import Event
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.names import id_stem
from hubspot_assets.tables.property_values import property_values
from hubspot_assets.tables.satellite import instant, satellite, text, whole
from hubspot_assets.tables.schema import PropertyColumn, property_columns
from hubspot_assets.warehouse.base import UNPARSED, Table

OBJECT_TYPE_IDS: Mapping[str, str] = {
    id_stem(each.singular_label, each.object_type_id): each.object_type_id for each in STANDARD_OBJECT_TYPES.values()
}
"""HubSpot's id of an object type by the name that events call it (`CONTACT`)."""


def observed_properties(events: Iterable[Event]) -> list[PropertyDefinition]:
    """Return definitions of what events hold, for types that HubSpot does not define: texts, all of them."""
    names = dict.fromkeys(name for each in events for name in each.properties or ())
    return [PropertyDefinition(name) for name in names]


@dataclass(frozen=True)
class EventTable:
    """The table of one type of events.

    Attributes:
        event_type: Full name.
        event_type_id: HubSpot's id of it, where known.
        table: As the warehouse takes it.
        properties: The property columns.
    """

    event_type: str
    event_type_id: str | None
    table: Table
    properties: tuple[PropertyColumn, ...]

    @classmethod
    def of(
        cls,
        event_type: str,
        name: str,
        definitions: Iterable[PropertyDefinition],
        *,
        event_type_id: str | None = None,
        known_columns: Mapping[str, str] | None = None,
        stored: pa.Schema | None = None,
    ) -> Self:
        """Return the table of a type.

        Args:
            event_type: Full name.
            name: The table's name (see `event_names.event_table_names`).
            definitions: What events hold, by the type's definition or by `observed_properties`.
            event_type_id: HubSpot's id of the type, where known.
            known_columns: Columns given to properties earlier (property to column).
            stored: The table as it is, when there is one; see `tables.schema.record_schema`.
        """
        properties = property_columns(definitions, known_columns, stored)
        table = satellite(
            name,
            f"Events {event_type}: one row per occurrence.",
            [
                text("ID", "HubSpot's id of the event."),
                text("EVENTTYPE", "The type's full name."),
                text("EVENTTYPEID", "HubSpot's id of the type, where known."),
                text("OBJECTTYPEID", "HubSpot's id of the object type of the record that the event is about."),
                whole("OBJECTID", "The record that the event is about."),
                instant("OCCURREDAT", "When it occurred, by the sender's word: it may have come days later"),
                *(each.to_arrow() for each in properties),
                text(UNPARSED, "Values that fit no column, as JSON: property to raw text."),
            ],
            key=("ID",),
            json=(UNPARSED,),
            immutable=True,
        )
        return cls(event_type, event_type_id, table, properties)

    def rows(
        self,
        events: Sequence[Event],
        *,
        read_at: datetime,
        sync_id: str,
        object_type_ids: Mapping[str, str] | None = None,
    ) -> pa.Table:
        """Return events as rows. A property without a column, or a value that does not fit it, goes to UNPARSED.

        Args:
            events: Of this type.
            read_at: When HubSpot answered (aware).
            sync_id: The sync that writes them.
            object_type_ids: Ids of the account's own object types, by what events call them.

        Raises:
            UnreadableAnswer: HubSpot sent an event about something that is not a record.
        """
        columns, unparsed = property_values(self.properties, [each.properties or {} for each in events])
        known = {**OBJECT_TYPE_IDS, **(object_type_ids or {})}
        return filled(
            self.table,
            {
                "ID": [each.id for each in events],
                "EVENTTYPE": [each.event_type for each in events],
                "EVENTTYPEID": [self.event_type_id] * len(events),
                "OBJECTTYPEID": [known.get(each.object_type or "", each.object_type) for each in events],
                "OBJECTID": [each.object_id for each in events],
                "OCCURREDAT": [each.occurred_at for each in events],
                **columns,
                UNPARSED: unparsed,
            },
            read_at=read_at,
            sync_id=sync_id,
        )
