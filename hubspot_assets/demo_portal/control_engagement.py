"""The part of the handle on a portal that is about histories, lists and events."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
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

    # Events

    def events(self, type: str) -> list[dict[str, Any]]:
        """Every event of a type, as HubSpot writes it."""
        return list(self.stream(f"stream/events?type={type}"))

    def event_definitions(self) -> list[dict[str, Any]]:
        """The account's own types of events."""
        return list(self.stream("stream/event_definitions"))

    def add_events(self, type: str, events: Iterable[Mapping[str, Any]]) -> list[str]:
        """Let events arrive, however long ago they occurred (see `engagement_orders.add_events`); their ids."""
        return self.order("add_events", type=type, events=list(events))["ids"]

    def make_events(
        self, type: str, count: int, since: datetime, until: datetime | None = None, *, record_type: str = "contacts"
    ) -> int:
        """Let many events arrive at once, spread over a span of time; how many the type has then."""
        span = {"since": instant_text(since), "until": instant_text(until)}
        return self.order("make_events", type=type, count=count, record_type=record_type, **span)["total"]

    def define_event(self, name: str, properties: Mapping[str, str], *, primary_object: str = "CONTACT") -> str:
        """Define a type of events, or change its definition; its full name."""
        order = self.order("define_event", name=name, properties=dict(properties), primary_object=primary_object)
        return order["name"]


def instant_text(at: datetime | None) -> str | None:
    """An instant as orders take it; None for now."""
    return None if at is None else at.astimezone(UTC).isoformat()
