"""The part of the handle on a portal that is about what stands between records and around them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from hubspot_assets.demo_portal.truth import TrueAssociation


class RelationControl(ABC):
    """Methods of `control.Portal` that edit associations and tell the truth about them."""

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
