"""What the stories of the demo company share."""

from collections.abc import Sequence
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
    employers: dict[int, int] = field(default_factory=dict)
    """Position of the company by position of the contact who works there."""
    employees: dict[int, list[int]] = field(default_factory=dict)
    """The same the other way around."""

    def owners_of(self, *teams: int) -> list[str]:
        """Ids of the owners of these teams, archived ones among them: records keep whom they belonged to."""
        return [str(each.id) for each in self.owners if set(teams) & set(each.teams)]

    def associate(self, rows: Rows, name: str, partners: Sequence[int | None], label: str | None = None) -> None:
        """Associate each record with a record of another type, given by its position; or with none."""
        others = self.rows[name].ids
        for record_id, each in zip(rows.ids, partners, strict=True):
            if each is not None:
                self.associations.add(rows.name, record_id, name, others[each], label)

    def with_contacts(self, rows: Rows, label: str | None = None) -> list[int] | None:
        """Associate each record with a contact and with the company of the contact, as its primary one.

        Returns:
            The position of each record's contact; None when there are no contacts.
        """
        people = self.partners(rows, "contacts")
        if people is None:
            return None
        self.associate(rows, "contacts", people, label)
        if "companies" in self.rows:
            types = self.associations.types(rows.name, "companies")
            primary = "Primary" if any(each.label == "Primary" for each in types) else None
            self.associate(rows, "companies", [self.employers.get(each) for each in people], primary)
        return people

    def partners(self, rows: Rows, name: str) -> list[int] | None:
        """The position of a record of another type for each record; None when there is none to choose."""
        others = self.rows.get(name)
        return rows.pick(range(len(others))) if others is not None and len(others) else None
