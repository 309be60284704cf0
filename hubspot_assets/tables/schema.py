"""From property definitions to the Arrow schema of an object type's table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import pyarrow as pa

from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables.names import column_names


class ColumnType(Enum):
    """How a property's values are stored. Every type but TEXT can meet a value that does not fit it."""

    TEXT = pa.string()
    NUMBER = pa.decimal128(38, 10)
    BOOLEAN = pa.bool_()
    DATE = pa.date32()
    TIMESTAMP = pa.timestamp("us")
    """Naive, UTC; HubSpot's precision is the millisecond."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of such a column."""
        return self.value


# HubSpot's set of types is open: what is not listed here (string, enumeration, phone_number, json,
# object_coordinates, and what may come) is kept as text.
TYPES: Mapping[str, ColumnType] = {
    "number": ColumnType.NUMBER,
    "bool": ColumnType.BOOLEAN,
    "date": ColumnType.DATE,
    "datetime": ColumnType.TIMESTAMP,
}

PROPERTY = b"property"
"""Key in a field's metadata: the property that the column holds, as UNPARSED names it."""

COMMENT = b"comment"
"""Key in a field's metadata: what a reader of the table should know about the column."""


def _core(name: str, type_: pa.DataType, comment: str) -> pa.Field:
    return pa.field(name, type_, metadata={COMMENT: comment.encode()})


_BEFORE_PROPERTIES = (
    _core("OBJECTTYPEID", pa.string(), "HubSpot's id of the object type."),
    _core("OBJECTID", pa.int64(), "HubSpot's id of the record; the table's key."),
    _core("CREATEDAT", pa.timestamp("us"), "When the record was created (UTC)."),
    _core("UPDATEDAT", pa.timestamp("us"), "When the record was last modified (UTC)."),
    _core("ARCHIVED", pa.bool_(), "Whether the record is in HubSpot's recycle bin."),
    _core("ARCHIVEDAT", pa.timestamp("us"), "Since when it is in the recycle bin (UTC)."),
    _core("DELETEDAT", pa.timestamp("us"), "When a sync first knew the record gone for good (UTC)."),
    _core("DELETIONREASON", pa.string(), "archived, merged or purged; NULL while the record is live."),
    _core("MERGEDINTO", pa.int64(), "The surviving record, where this one was merged away."),
    _core("URL", pa.string(), "The record's page in HubSpot."),
)
_AFTER_PROPERTIES = (
    _core("UNPARSED", pa.string(), "Values that do not fit their column's type, as JSON: property to raw text."),
    _core("INGESTEDAT", pa.timestamp("us"), "When the page that carried this row was read from HubSpot (UTC)."),
    _core("SYNCID", pa.string(), "The row of SYNCS that wrote this one."),
)


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """One property and the column that holds it.

    Attributes:
        property: HubSpot's internal name.
        column: The column's name.
        type: How the values are stored.
        label: What HubSpot's users call the property.
        description: What HubSpot says about it.
    """

    property: str
    column: str
    type: ColumnType
    label: str
    description: str

    def to_arrow(self) -> pa.Field:
        """Return the column in Arrow, its metadata telling which property it holds and what that is."""
        comment = ": ".join(part for part in (self.label, self.description) if part)
        metadata = {PROPERTY: self.property.encode(), COMMENT: comment.encode()}
        return pa.field(self.column, self.type.arrow, metadata=metadata)


@dataclass(frozen=True)
class RecordSchema:
    """The table of one object type.

    Attributes:
        object_type_id: `0-1`, `2-1234567`...
        properties: The property columns, in the table's order.
    """

    object_type_id: str
    properties: tuple[PropertyColumn, ...]

    @cached_property
    def arrow(self) -> pa.Schema:
        """All columns: the core ones around the properties."""
        properties = (property_.to_arrow() for property_ in self.properties)
        return pa.schema([*_BEFORE_PROPERTIES, *properties, *_AFTER_PROPERTIES])


def record_schema(
    object_type_id: str,
    definitions: Iterable[PropertyDefinition],
    known_columns: Mapping[str, str] | None = None,
    stored: pa.Schema | None = None,
) -> RecordSchema:
    """Return the table that holds these properties.

    Args:
        object_type_id: `0-1`, `2-1234567`...
        definitions: The properties to keep, one definition per name.
        known_columns: Columns given to properties earlier (property -> column).
        stored: The table as it is, when there is one. A column it keeps in another type than the definition's
            becomes text, and text stays text: that way every value stored before keeps its exact form.

    Returns:
        The schema, its property columns in alphabetical order of the properties.
    """
    return RecordSchema(object_type_id, property_columns(definitions, known_columns, stored))


def property_columns(
    definitions: Iterable[PropertyDefinition],
    known_columns: Mapping[str, str] | None = None,
    stored: pa.Schema | None = None,
) -> tuple[PropertyColumn, ...]:
    """Return the columns that hold these properties, in alphabetical order of the properties; see `record_schema`."""
    definitions = sorted(definitions, key=lambda definition: definition.name)
    columns = column_names(definitions, known_columns or {})
    return tuple(
        PropertyColumn(
            property=definition.name,
            column=columns[definition.name],
            type=_column_type(definition.type, columns[definition.name], stored),
            label=definition.label,
            description=definition.description,
        )
        for definition in definitions
    )


def _column_type(property_type: str, column: str, stored: pa.Schema | None) -> ColumnType:
    defined = TYPES.get(property_type, ColumnType.TEXT)
    if stored is None or column not in stored.names or stored.field(column).type == defined.arrow:
        return defined
    return ColumnType.TEXT
