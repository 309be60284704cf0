"""Property definitions: what HubSpot says about the properties of an object type.

A definition's position in its type is where records keep the property's value, for good: an archived
property keeps its position (and its values, which come back when it is created again).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.property_labels import OPTION_LABELS

Sensitivity = Literal["non_sensitive", "sensitive", "highly_sensitive"]
SENSITIVITIES: tuple[Sensitivity, ...] = ("non_sensitive", "sensitive", "highly_sensitive")

FIELD_TYPES: Mapping[str, str] = {
    "string": "text",
    "number": "number",
    "bool": "booleancheckbox",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "phone_number": "phonenumber",
    "json": "text",
    "object_coordinates": "text",
}


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """One property of an object type.

    Attributes:
        name: HubSpot's internal name.
        type: `string`, `number`, `bool`, `date`, `datetime`, `enumeration`, `phone_number`, `json` or
            `object_coordinates`.
        options: Values of an enumeration; empty where HubSpot keeps them elsewhere (`external_options`).
        calculated: HubSpot computes the value; it may change without the record's last-modified moving.
        created_at, updated_at: Milliseconds since 1970; None for properties as old as HubSpot.
    """

    name: str
    type: str = "string"
    field_type: str = ""
    group: str = "custom"
    options: tuple[str, ...] = ()
    calculated: bool = False
    external_options: bool = False
    hubspot_defined: bool = False
    sensitivity: Sensitivity = "non_sensitive"
    has_unique_value: bool = False
    label: str = ""
    description: str = ""
    archived: bool = False
    created_at: int | None = None
    updated_at: int | None = None

    def as_json(self) -> dict[str, object]:
        """The definition as the properties API words it."""
        body: dict[str, object] = {
            "name": self.name,
            "label": self.label or self.name.replace("_", " ").capitalize(),
            "type": self.type,
            "fieldType": self.field_type or FIELD_TYPES.get(self.type, "text"),
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": OPTION_LABELS.get(value, value.replace("_", " ").capitalize()),
                    "value": value,
                    "displayOrder": order,
                    "hidden": False,
                    "description": "",
                }
                for order, value in enumerate(self.options)
            ],
            "displayOrder": -1,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "hasUniqueValue": self.has_unique_value,
            "hidden": False,
            "formField": not self.hubspot_defined,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.calculated,
                "readOnlyOptions": self.hubspot_defined,
            },
            "dataSensitivity": self.sensitivity,
        }
        if self.created_at is not None:
            body["createdAt"] = instant_text(self.created_at)
        if self.updated_at is not None:
            body["updatedAt"] = instant_text(self.updated_at)
        # HubSpot leaves the flag away on its own properties.
        if not self.hubspot_defined or self.archived:
            body["archived"] = self.archived
        return body


@dataclass(slots=True)
class Layout:
    """The definitions of one object type, by name and by position."""

    by_name: dict[str, PropertyDefinition] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, definitions: Iterable[PropertyDefinition]) -> "Layout":
        """A layout that holds the definitions in the order given."""
        layout = cls()
        for definition in definitions:
            layout.put(definition)
        return layout

    def put(self, definition: PropertyDefinition) -> None:
        """Add a definition, or replace the one of the same name (its values stay where they are)."""
        self.positions.setdefault(definition.name, len(self.positions))
        self.by_name[definition.name] = definition

    def alter(self, name: str, **changes: object) -> None:
        """Change fields of one definition.

        Raises:
            KeyError: No property has this name.
        """
        self.require([name])
        self.by_name[name] = replace(self.by_name[name], **changes)  # pyright: ignore[reportArgumentType]

    def require(self, names: Iterable[str]) -> None:
        """Insist that properties are defined.

        Raises:
            KeyError: One is not.
        """
        for name in names:
            if name not in self.positions:
                raise KeyError(f"There is no property {name!r}.")

    def active(self) -> Iterator[PropertyDefinition]:
        """The definitions that are not archived."""
        return (definition for definition in self.by_name.values() if not definition.archived)

    def values(self, properties: Mapping[str, str | None]) -> tuple[str | None, ...]:
        """Property values by position.

        Raises:
            KeyError: A property is not defined.
        """
        self.require(properties)
        return tuple(properties.get(name) for name in self.positions)

    def changed(self, values: tuple[str | None, ...], changes: Mapping[str, str | None]) -> tuple[str | None, ...]:
        """The values with some of them replaced.

        Raises:
            KeyError: A property is not defined.
        """
        self.require(changes)
        altered = list(values) + [None] * (len(self.positions) - len(values))
        for name, value in changes.items():
            altered[self.positions[name]] = value
        return tuple(altered)

    def value(self, values: tuple[str | None, ...], name: str) -> str | None:
        """One property's value; None too for a record older than the property."""
        position = self.positions[name]
        return values[position] if position < len(values) else None

    def properties(self, values: tuple[str | None, ...]) -> dict[str, str]:
        """Every value that is set, by property name, archived properties left out."""
        return {
            name: value
            for name, value in zip(self.positions, values, strict=False)
            if value is not None and not self.by_name[name].archived
        }


def parse_labels(table: str) -> dict[str, tuple[str, str]]:
    """Label and description by property name, from a table of lines `name | label | description`."""
    lines = ([*map(str.strip, line.split("|"))] for line in table.splitlines() if line.strip())
    return {name: (label, description) for name, label, description in lines}


def parse_definitions(table: str) -> list[PropertyDefinition]:
    """Definitions from a table of lines `name | type/field type | group | marks | options`.

    Marks: `calculated`, `external` (options kept elsewhere), `unique`, `sensitive`, `highly_sensitive`, and
    `custom` for properties the account made itself; options are separated by commas.
    """
    definitions = []
    for line in filter(None, map(str.strip, table.splitlines())):
        name, types, group, marks, options = ([*map(str.strip, line.split("|")), "", "", "", ""])[:5]
        type_name, _, field_type = types.partition("/")
        marked = set(marks.split())
        sensitivity: Sensitivity = "non_sensitive"
        if "sensitive" in marked:
            sensitivity = "sensitive"
        if "highly_sensitive" in marked:
            sensitivity = "highly_sensitive"
        definitions.append(
            PropertyDefinition(
                name=name,
                type=type_name or "string",
                field_type=field_type,
                group=group or "information",
                options=tuple(option.strip() for option in options.split(",") if option.strip()),
                calculated="calculated" in marked,
                external_options="external" in marked,
                has_unique_value="unique" in marked,
                hubspot_defined="custom" not in marked,
                sensitivity=sensitivity,
            )
        )
    return definitions
