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

_BEFORE_PROPERTIES = (
    pa.field("OBJECTTYPEID", pa.string()),
    pa.field("OBJECTID", pa.int64()),
    pa.field("CREATEDAT", pa.timestamp("us")),
    pa.field("UPDATEDAT", pa.timestamp("us")),
    pa.field("ARCHIVED", pa.bool_()),
    pa.field("ARCHIVEDAT", pa.timestamp("us")),
    pa.field("DELETEDAT", pa.timestamp("us")),
    pa.field("DELETIONREASON", pa.string()),
    pa.field("MERGEDINTO", pa.int64()),
    pa.field("URL", pa.string()),
)
_AFTER_PROPERTIES = (
    pa.field("UNPARSED", pa.string()),
    pa.field("INGESTEDAT", pa.timestamp("us")),
    pa.field("SYNCID", pa.string()),
)


@dataclass(frozen=True, slots=True)
class PropertyColumn:
    """One property and the column that holds it.

    Attributes:
        property: HubSpot's internal name.
        column: the column's name.
        type: how the values are stored.
        label: what HubSpot's users call the property.
        description: what HubSpot says about it.
    """

    property: str
    column: str
    type: ColumnType
    label: str
    description: str


@dataclass(frozen=True)
class RecordSchema:
    """The table of one object type.

    Attributes:
        object_type_id: `0-1`, `2-1234567`...
        properties: the property columns, in the table's order.
    """

    object_type_id: str
    properties: tuple[PropertyColumn, ...]

    @cached_property
    def arrow(self) -> pa.Schema:
        """All columns: the core ones around the properties."""
        properties = (pa.field(property_.column, property_.type.arrow) for property_ in self.properties)
        return pa.schema([*_BEFORE_PROPERTIES, *properties, *_AFTER_PROPERTIES])


def record_schema(
    object_type_id: str,
    definitions: Iterable[PropertyDefinition],
    known_columns: Mapping[str, str] | None = None,
    stored: pa.Schema | None = None,
) -> RecordSchema:
    """The table that holds these properties.

    Args:
        object_type_id: `0-1`, `2-1234567`...
        definitions: the properties to keep, one definition per name.
        known_columns: columns given to properties earlier (property -> column).
        stored: the table as it is, when there is one. A column it keeps in another type than the definition's
            becomes text, and text stays text: that way every value stored before keeps its exact form.

    Returns:
        The schema, its property columns in alphabetical order of the properties.
    """
    definitions = sorted(definitions, key=lambda definition: definition.name)
    columns = column_names(definitions, known_columns or {})
    return RecordSchema(
        object_type_id,
        tuple(
            PropertyColumn(
                property=definition.name,
                column=columns[definition.name],
                type=_column_type(definition.type, columns[definition.name], stored),
                label=definition.label,
                description=definition.description,
            )
            for definition in definitions
        ),
    )


def _column_type(property_type: str, column: str, stored: pa.Schema | None) -> ColumnType:
    defined = TYPES.get(property_type, ColumnType.TEXT)
    if stored is None or column not in stored.names or stored.field(column).type == defined.arrow:
        return defined
    return ColumnType.TEXT
