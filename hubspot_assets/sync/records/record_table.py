"""The table of one object type, and which of its properties hold values for every record stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.properties import PLAIN, Definitions, PropertyDefinition
from hubspot_assets.sync.records.property_filter import PropertyFilter
from hubspot_assets.sync.syncs import naive
from hubspot_assets.tables.definitions import PROPERTY_DEFINITIONS_SCHEMA, definition_rows
from hubspot_assets.tables.schema import RecordSchema, record_schema
from hubspot_assets.warehouse.base import Delete, Filters, Merge, Patch, Table, Warehouse, Write

PROPERTY_DEFINITIONS = Table(
    name="PROPERTY_DEFINITIONS",
    schema=PROPERTY_DEFINITIONS_SCHEMA,
    key=("OBJECTTYPEID", "NAME"),
    json=("OPTIONS",),
    comment="The properties of each object type, and the column that holds each of them.",
)


@dataclass(frozen=True)
class RecordTable:
    """An object type's table as HubSpot's definitions and the stored columns together make it.

    Attributes:
        object_type: Whose records it holds.
        definitions: All property definitions the token may see.
        schema: The columns that a sync writes.
        table: The same as the warehouse takes it.
        columns: Every column ever given to a property, also to those not read now (property -> column).
        backfilled: Since when each property known to the warehouse has values for every stored record;
            None while that is still to be done.
        vanished: Properties that the warehouse knows as live and HubSpot no longer lists.
        stored: The columns that the table had before.
        forgotten: Whether definitions are known of an earlier table of the type, which was dropped.
    """

    object_type: ObjectType
    definitions: tuple[PropertyDefinition, ...]
    schema: RecordSchema
    table: Table
    columns: Mapping[str, str]
    backfilled: Mapping[str, datetime | None]
    vanished: tuple[str, ...]
    stored: frozenset[str]
    forgotten: bool = False

    @classmethod
    def compare(
        cls,
        warehouse: Warehouse,
        object_type: ObjectType,
        definitions: Definitions,
        property_filter: PropertyFilter,
    ) -> "RecordTable":
        """Compare HubSpot's definitions with what the warehouse has."""
        known: list[dict] = []
        with warehouse.reading():
            stored = warehouse.schema(object_type.table)
            if warehouse.schema(PROPERTY_DEFINITIONS.name) is not None:
                known = warehouse.read(
                    PROPERTY_DEFINITIONS.name,
                    ["NAME", "COLUMNNAME", "BACKFILLEDAT", "ARCHIVED"],
                    (("OBJECTTYPEID", "=", object_type.object_type_id),),
                ).to_pylist()
        forgotten = stored is None and bool(known)
        if forgotten:
            # A table that is started afresh owes nothing to the one before, which may have been another account's.
            known = []
        listed = {definition.name for definition in definitions}
        columns = {row["NAME"]: row["COLUMNNAME"] for row in known if row["COLUMNNAME"]}
        schema = record_schema(
            object_type.object_type_id, property_filter.select(definitions.readable), columns, stored
        )
        return cls(
            object_type=object_type,
            definitions=tuple(definitions),
            schema=schema,
            table=records_table(object_type.table, schema),
            columns={**columns, **{column.property: column.column for column in schema.properties}},
            backfilled={row["NAME"]: row["BACKFILLEDAT"] for row in known},
            vanished=tuple(row["NAME"] for row in known if row["NAME"] not in listed and not row["ARCHIVED"]),
            stored=frozenset(stored.names if stored is not None else ()),
            forgotten=forgotten,
        )

    @property
    def property_names(self) -> list[str]:
        """The properties to ask HubSpot for."""
        return [column.property for column in self.schema.properties]

    @property
    def to_backfill(self) -> tuple[PropertyDefinition, ...]:
        """The properties whose values of records already stored are still to be read."""
        read = set(self.property_names)
        return tuple(
            definition
            for definition in self.definitions
            if definition.name in read and self.backfilled.get(definition.name) is None
        )

    def may_hold_old_values(self, definition: PropertyDefinition) -> bool:
        """Whether a property has a column from before, with values that HubSpot may have cleared since."""
        return self.columns[definition.name] in self.stored

    def definition_writes(self, backfilled_at: datetime | None) -> list[Write]:
        """Bring PROPERTY_DEFINITIONS into line.

        Args:
            backfilled_at: Since when the properties not backfilled so far are; None leaves them to be done.
        """
        rows = definition_rows(self.object_type.object_type_id, self.definitions, self.columns)
        read = set(self.property_names)
        instants = [
            (self.backfilled.get(name) or naive(backfilled_at)) if name in read else None
            for name in rows["NAME"].to_pylist()
        ]
        position = rows.schema.get_field_index("BACKFILLEDAT")
        field = rows.schema.field(position)
        of_type: Filters = (("OBJECTTYPEID", "=", self.object_type.object_type_id),)
        writes: list[Write] = [Delete(PROPERTY_DEFINITIONS, of_type)] if self.forgotten else []
        writes += [Merge(PROPERTY_DEFINITIONS, rows.set_column(position, field, pa.array(instants, field.type)))]
        if self.vanished:
            gone = {
                "OBJECTTYPEID": [self.object_type.object_type_id] * len(self.vanished),
                "NAME": list(self.vanished),
                "ARCHIVED": [True] * len(self.vanished),
                # Should it come back, its values may be others.
                "BACKFILLEDAT": pa.nulls(len(self.vanished), pa.timestamp("us")),
            }
            writes.append(Patch(PROPERTY_DEFINITIONS, pa.table(gone)))
        return writes


def has_properties_to_backfill(warehouse: Warehouse, object_type: ObjectType, property_filter: PropertyFilter) -> bool:
    """Whether a property that the warehouse knows, and that is to be read, lacks values of records stored."""
    if warehouse.schema(PROPERTY_DEFINITIONS.name) is None:
        return True
    incomplete: Filters = (
        ("OBJECTTYPEID", "=", object_type.object_type_id),
        ("BACKFILLEDAT", "is null", None),
        ("ARCHIVED", "!=", True),
    )
    columns = ["NAME", "COLUMNNAME", "DATASENSITIVITY"]
    rows = warehouse.read(PROPERTY_DEFINITIONS.name, columns, incomplete).to_pylist()
    return any(property_filter.admits(row["NAME"]) for row in rows if not _is_refused(row))


def _is_refused(row: Mapping[str, str | None]) -> bool:
    """Whether a property is one of those whose values the token may not read; it never had a column."""
    return row["COLUMNNAME"] is None and row["DATASENSITIVITY"] not in (None, PLAIN)


def records_table(name: str, schema: RecordSchema) -> Table:
    """The table of an object type as the warehouse takes it: by OBJECTID, the newest UPDATEDAT wins."""
    return Table(
        name=name,
        schema=schema.arrow,
        key=("OBJECTID",),
        version=("UPDATEDAT", "INGESTEDAT"),
        provenance=("INGESTEDAT", "SYNCID"),
        json=("UNPARSED",),
        comment="HubSpot's records of one object type, a row each; DELETIONREASON is NULL as long as a record is live.",
    )
