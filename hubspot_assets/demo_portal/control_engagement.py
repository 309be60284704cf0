"""The part of the handle on a portal that is about histories, lists and events."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
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

    # Lists

    def lists(self) -> list[dict[str, Any]]:
        """Every list as HubSpot writes it, its stamps as they ought to be, however late HubSpot tells them."""
        return list(self.stream("stream/lists"))

    def members(self) -> set[tuple[int, int, int]]:
        """Every membership: list, record, and the millisecond of joining."""
        return {(list_id, record, at) for list_id, record, at in self.stream("stream/members")}

    def put_list(self, id: int | None = None, *, type: str | None = None, **fields: object) -> int:
        """Change a list, or make one for an object type: fields of `lists.RecordList`; its id."""
        return self.order("put_list", id=id, type=type, **fields)["id"]

    def put_lists(self, type: str, count: int, **fields: object) -> list[int]:
        """Make many lists at once; their ids."""
        return self.order("put_lists", type=type, count=count, **fields)["ids"]

    def remove_list(self, id: int) -> None:
        """Delete a list."""
        self.order("remove_list", id=id)

    def join_list(self, id: int, records: Iterable[int], *, at: datetime | None = None) -> int:
        """Let records join a list, all in one millisecond; how many were not in yet."""
        return self.order("join_list", id=id, records=list(records), at=instant_text(at))["joined"]

    def leave_list(self, id: int, records: Iterable[int], *, at: datetime | None = None) -> int:
        """Let records leave a list; how many were in."""
        return self.order("leave_list", id=id, records=list(records), at=instant_text(at))["left"]


def instant_text(at: datetime | None) -> str | None:
    """An instant as orders take it; None for now."""
    return None if at is None else at.astimezone(UTC).isoformat()
