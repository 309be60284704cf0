"""Which properties of an object type are read: all, unless an allow or a deny list says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hubspot_assets.hubspot.properties import PropertyDefinition

ALWAYS_READ = frozenset({"hs_object_id", "hs_merged_object_ids", "lastmodifieddate", "hs_lastmodifieddate"})
"""Without these, changes and merges could not be told."""


@dataclass(frozen=True, slots=True)
class PropertyFilter:
    """Shell-style patterns of property names (`hs_*`).

    Attributes:
        allow: Only properties that match one of these are read; empty means all.
        deny: Properties that match one of these are not read; wins over `allow`.
        only: Nothing is read besides, not even what syncs of records need.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    only: bool = False

    def select(self, definitions: Sequence[PropertyDefinition]) -> list[PropertyDefinition]:
        """The definitions of the properties to read, in the order given."""
        return [definition for definition in definitions if self.admits(definition.name)]

    def admits(self, name: str) -> bool:
        """Whether a property is to be read."""
        if name in ALWAYS_READ and not self.only:
            return True
        allowed = not self.allow or any(fnmatchcase(name, pattern) for pattern in self.allow)
        return allowed and not any(fnmatchcase(name, pattern) for pattern in self.deny)
