"""One value that a property has had: since when, and who set it."""

from collections.abc import Mapping
from typing import NamedTuple


class ChangeSource(NamedTuple):
    """Who set a value, as HubSpot words it.

    Attributes:
        type: `CRM_UI`, `IMPORT`, `INTEGRATION`, `CALCULATED`, `MERGE_OBJECTS`, …: an open set.
        id: Of the user, import or app.
        label: Its name, where HubSpot knows one.
        user_id: The user, where it was one.
    """

    type: str = "CRM_UI"
    id: str | None = None
    label: str | None = None
    user_id: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, object] | None) -> "ChangeSource | None":
        """The source that an order of the control plane describes by these fields.

        Raises:
            TypeError: A source has no such field.
        """
        return None if given is None else cls(**given)  # pyright: ignore[reportArgumentType]


USER = ChangeSource("CRM_UI", "userId:9586504", None, 9586504)
IMPORT = ChangeSource("IMPORT", "import:1034", "First import")
CALCULATION = ChangeSource("CALCULATED")
MERGE = ChangeSource("MERGE_OBJECTS", "userId:9586504", None, 9586504)


class Version(NamedTuple):
    """One entry of a record's history.

    Attributes:
        at: Milliseconds since 1970.
        value: None where the value was unset.
    """

    at: int
    name: str
    value: str | None
    source: ChangeSource = USER
