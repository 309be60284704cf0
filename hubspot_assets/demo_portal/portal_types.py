"""The object types of the portal's account, and how requests may spell them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.definitions import PropertyDefinition, parse_definitions, parse_labels
from hubspot_assets.demo_portal.errors import object_type_unknown
from hubspot_assets.demo_portal.property_catalog import (
    COMMON,
    CREATED_WITHOUT_PREFIX,
    DEFAULT_PROPERTIES,
    PROPERTIES,
)
from hubspot_assets.demo_portal.property_labels import COMMON_LABELS, LABELS

CUSTOM_OBJECTS_SCOPE = "crm.objects.custom.read"


@dataclass(frozen=True, slots=True)
class PortalType:
    """One object type as the portal serves it.

    Attributes:
        fully_qualified_name: `p7654321_cars` for custom objects, empty for HubSpot's own types.
        spellings: What the type may be called in a path, in lower case.
    """

    name: str
    object_type_id: str
    singular: str
    label: str
    singular_label: str
    scopes: tuple[str, ...]
    created_property: str
    last_modified_property: str
    fully_qualified_name: str
    spellings: frozenset[str]

    @property
    def custom(self) -> bool:
        """Whether the account made this type itself."""
        return bool(self.fully_qualified_name)

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that every answer holds, whatever was asked for."""
        return ("hs_object_id", self.created_property, self.last_modified_property)

    @property
    def defaults(self) -> tuple[str, ...]:
        """Properties of an answer when none are asked for."""
        return (*self.always, *DEFAULT_PROPERTIES.get(self.name, ()))

    def definitions(self) -> list[PropertyDefinition]:
        """The property definitions that the account starts with."""
        return [*_definitions(self)]


@cache
def _definitions(object_type: PortalType) -> tuple[PropertyDefinition, ...]:
    modified = dict.fromkeys(("hs_lastmodifieddate", object_type.last_modified_property))
    dates = "\n".join(f"{name} | datetime" for name in (object_type.created_property, *modified))
    definitions = parse_definitions(f"{dates}\n{PROPERTIES.get(object_type.name, '')}\n{COMMON}")
    unique = {definition.name: definition for definition in reversed(definitions)}
    labels = {**parse_labels(COMMON_LABELS), **parse_labels(LABELS.get(object_type.name, ""))}
    for name in labels.keys() & unique.keys():
        label, description = labels[name]
        unique[name] = replace(unique[name], label=label, description=description)
    first = ("hs_object_id", object_type.created_property, *modified)
    return (
        *(unique[name] for name in first),
        *(definition for name, definition in reversed(unique.items()) if name not in first),
    )


def _singular(word: str) -> str:
    for ending, replacement in (("ies", "y"), ("xes", "x"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + replacement
    return word


def standard_types() -> list[PortalType]:
    """Every object type of HubSpot's own that the project knows."""
    return [
        PortalType(
            name=each.name,
            object_type_id=each.object_type_id,
            singular=_singular(each.name),
            label=each.label,
            singular_label=each.singular_label,
            scopes=each.scopes,
            created_property="createdate" if each.name in CREATED_WITHOUT_PREFIX else "hs_createdate",
            last_modified_property=each.last_modified_property,
            fully_qualified_name="",
            spellings=frozenset(
                spelling.lower()
                for spelling in (each.name, each.path, each.object_type_id, _singular(each.name), _singular(each.path))
            ),
        )
        for each in STANDARD_OBJECT_TYPES.values()
    ]


def custom_type(name: str, number: int, portal_id: int) -> PortalType:
    """A custom object of the account; its bare name is no spelling of it, as on HubSpot."""
    object_type_id = f"2-{number}"
    fully_qualified_name = f"p{portal_id}_{name}"
    label = name.replace("_", " ").capitalize()
    return PortalType(
        name=name,
        object_type_id=object_type_id,
        singular=_singular(name),
        label=label,
        singular_label=_singular(label),
        scopes=(CUSTOM_OBJECTS_SCOPE,),
        created_property="hs_createdate",
        last_modified_property="hs_lastmodifieddate",
        fully_qualified_name=fully_qualified_name,
        spellings=frozenset({object_type_id, fully_qualified_name.lower()}),
    )


class PortalTypes:
    """The types of one account, found by any spelling."""

    def __init__(self, types: Iterable[PortalType]) -> None:
        self._types = tuple(types)
        self._by_spelling: Mapping[str, PortalType] = {
            spelling: each for each in self._types for spelling in each.spellings
        }

    def __iter__(self) -> Iterator[PortalType]:
        return iter(self._types)

    def resolve(self, spelling: str) -> PortalType:
        """The type that a path names.

        Raises:
            Refusal: 400, no type is called this.
        """
        found = self._by_spelling.get(spelling.lower())
        if found is None:
            raise object_type_unknown(spelling)
        return found

    def named(self, name: str) -> PortalType:
        """The type by our own name for it (`cars` too), for the control plane.

        Raises:
            KeyError: No type is called this.
        """
        for each in self._types:
            if each.name == name or name.lower() in each.spellings:
                return each
        known = ", ".join(each.name for each in self._types)
        raise KeyError(f"The portal has no object type {name!r}; it has {known}.")
