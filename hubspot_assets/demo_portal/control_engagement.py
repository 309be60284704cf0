"""The part of the handle on a portal that is about histories, lists and events."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from hubspot_assets.demo_portal.truth import TrueVersion


class EngagementControl(ABC):
    """Methods of `control.Portal` about histories, lists and events."""

    @abstractmethod
    def order(self, name: str, /, **arguments: object) -> dict[str, Any]:
        """Send an order of `orders.py`; what it answers."""

    @abstractmethod
    def stream(self, what: str) -> Iterator[Any]:
        """The JSON values of a stream of the control plane."""

    # Histories

    def history_served(self, type: str) -> set[TrueVersion]:
        """Every version of a value that the portal ever answered, also those that it has forgotten since."""
        return {TrueVersion(*row) for row in self.stream(f"stream/history?type={type}")}
