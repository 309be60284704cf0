"""What the stories of the demo company share."""

from dataclasses import dataclass, field

from hubspot_assets.demo_portal.associations import Associations
from hubspot_assets.demo_portal.company.rows import Rows
from hubspot_assets.demo_portal.people import Owner
from hubspot_assets.demo_portal.versions import Version


@dataclass
class World:
    """What the stories share: the day, the staff, the records so far, and who belongs to whom."""

    now: int
    owners: tuple[Owner, ...]
    associations: Associations
    rows: dict[str, Rows] = field(default_factory=dict)
    history: dict[tuple[str, int], list[Version]] = field(default_factory=dict)

    def partners(self, rows: Rows, name: str) -> list[int] | None:
        """The position of a record of another type for each record; None when there is none to choose."""
        others = self.rows.get(name)
        return rows.pick(range(len(others))) if others is not None and len(others) else None
