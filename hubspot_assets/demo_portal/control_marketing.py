"""The part of the handle on a portal that is about marketing."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hubspot_assets.demo_portal.control_engagement import instant_text


class MarketingControl(ABC):
    """Methods of `control.Portal` about forms, e-mails, campaigns and their like."""

    @abstractmethod
    def order(self, name: str, /, **arguments: object) -> dict[str, Any]:
        """Send an order of `orders.py`; what it answers."""

    @abstractmethod
    def stream(self, what: str) -> Iterator[Any]:
        """The JSON values of a stream of the control plane."""

    def things(self, kind: str) -> dict[str, dict[str, Any]]:
        """All things of a kind (`things.KINDS`) as HubSpot writes them, by id."""
        return dict(self.stream(f"stream/things?kind={kind}"))

    def moments(self, stream: str) -> list[tuple[str, dict[str, Any]]]:
        """All that happened in a stream (`things.STREAMS`): what it belongs to, and how HubSpot writes it."""
        return [(of, body) for of, body in self.stream(f"stream/moments?stream={stream}")]

    def put_thing(self, kind: str, id: str, **fields: object) -> dict[str, Any]:
        """Make or change a thing: fields as HubSpot writes them; the whole thing."""
        return self.order("put_thing", kind=kind, id=id, **fields)["thing"]

    def remove_thing(self, kind: str, id: str) -> None:
        """Let a thing vanish."""
        self.order("remove_thing", kind=kind, id=id)

    def happened(self, stream: str, of: str, bodies: Iterable[tuple[datetime, Mapping[str, Any]]]) -> int:
        """Let things happen; how many there are of the thing then."""
        moments = [{"at": instant_text(at), "body": dict(body)} for at, body in bodies]
        return self.order("happened", stream=stream, of=of, moments=moments)["total"]

    def submit_form(
        self, form: str, emails: Iterable[str], *, at: datetime | None = None, identified: bool = True
    ) -> int:
        """Let people fill in a form, all in one millisecond; how many submissions it has then."""
        more = {"at": instant_text(at), "identified": identified}
        return self.order("submit_form", form=form, emails=list(emails), **more)["total"]

    def make_submissions(self, form: str, count: int, since: datetime, until: datetime) -> int:
        """Fill in a form many times, spread over a span of time; how many submissions it has then."""
        span = {"since": instant_text(since), "until": instant_text(until)}
        return self.order("make_submissions", form=form, count=count, **span)["total"]

    def make_email_events(self, count: int, since: datetime, until: datetime | None = None) -> int:
        """Let many e-mail events happen, spread over a span of time; how many there are then."""
        span = {"since": instant_text(since), "until": instant_text(until)}
        return self.order("make_email_events", count=count, **span)["total"]
