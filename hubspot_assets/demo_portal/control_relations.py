"""The part of the handle on a portal that is about associations, people and pipelines."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hubspot_assets.demo_portal.truth import TrueAssociation


class Settings(NamedTuple):
    """What the account's settings hold, as HubSpot's endpoints write it.

    Attributes:
        owners: Archived ones too.
        pipelines: By object type, with their stages.
    """

    owners: list[dict[str, Any]]
    teams: list[dict[str, Any]]
    users: list[dict[str, Any]]
    pipelines: dict[str, list[dict[str, Any]]]


class RelationControl(ABC):
    """Methods of `control.Portal` about associations, people and pipelines."""

    @abstractmethod
    def order(self, name: str, /, **arguments: object) -> dict[str, Any]:
        """Send an order of `orders.py`; what it answers."""

    @abstractmethod
    def stream(self, what: str) -> Iterator[Any]:
        """The JSON values of a stream of the control plane."""

    def association_truth(self, type: str, to: str) -> set[TrueAssociation]:
        """Every association from one object type to another, one entry per label, as HubSpot answers them now."""
        return set(self.associations(type, to))

    def associations(self, type: str, to: str) -> Iterator[TrueAssociation]:
        """The same as a stream, ascending, for portals too large for `association_truth`."""
        return (TrueAssociation(*row) for row in self.stream(f"associations/{type}/{to}"))

    def associate(self, type: str, id: int, to: str, to_id: int, label: str | None = None) -> None:
        """Associate two records; with a label (`Primary`) also where they are associated already."""
        self.order("associate", type=type, id=id, to=to, to_id=to_id, label=label)

    def associate_many(self, type: str, id: int, to: str, to_ids: Iterable[int], label: str | None = None) -> None:
        """Associate one record with many of another type."""
        self.order("associate_many", type=type, id=id, to=to, to_ids=list(to_ids), label=label)

    def dissociate(self, type: str, id: int, to: str, to_id: int, label: str | None = None) -> None:
        """Take two records apart, or take only a label off their association."""
        self.order("dissociate", type=type, id=id, to=to, to_id=to_id, label=label)

    def settings_truth(self) -> Settings:
        """Owners, teams, users and pipelines as they are now."""
        (settings,) = self.stream("settings")
        return Settings(**settings)

    def put_owner(self, id: int, **fields: object) -> None:
        """Change an owner, or hire one: fields of `people.Owner` (`teams`, `archived`, `first_name`, …)."""
        self.order("put_owner", id=id, **fields)

    def remove_owner(self, id: int) -> None:
        """Let an owner vanish from all lists."""
        self.order("remove_owner", id=id)

    def put_user(self, id: int, **fields: object) -> None:
        """Change a user, or add one: fields of `people.User`."""
        self.order("put_user", id=id, **fields)

    def remove_user(self, id: int) -> None:
        """Remove a user."""
        self.order("remove_user", id=id)

    def put_team(self, id: int, name: str, parent_id: int | None = None) -> None:
        """Change a team, or found one."""
        self.order("put_team", id=id, name=name, parent_id=parent_id)

    def remove_team(self, id: int) -> None:
        """Dissolve a team."""
        self.order("remove_team", id=id)

    def put_pipeline(
        self, type: str, id: str, label: str | None = None, stages: Iterable[Mapping[str, object]] | None = None
    ) -> None:
        """Change a pipeline, or make one; `stages` (fields of `pipelines.Stage`) replaces all of its stages."""
        self.order("put_pipeline", type=type, id=id, label=label, stages=None if stages is None else list(stages))

    def remove_pipeline(self, type: str, id: str) -> None:
        """Delete a pipeline with its stages."""
        self.order("remove_pipeline", type=type, id=id)
