"""Things of the account that are not records (forms, e-mails, campaigns, …), kept as HubSpot writes them.

Each kind is a dictionary of JSON objects by id. What belongs to one of them in great numbers (submissions, e-mail
events) is kept beside it, in the order of time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hubspot_assets.demo_portal.clock import Clock, instant_text

Thing = dict[str, Any]

KINDS: tuple[str, ...] = (
    "forms", "marketing_emails", "campaigns", "campaign_metrics", "subscriptions", "workflows", "marketing_events",
)  # fmt: skip
STREAMS: tuple[str, ...] = ("submissions", "email_events", "subscription_changes", "participations")


class Moment(NamedTuple):
    """Something that happened to a thing.

    Attributes:
        at: Milliseconds since 1970.
        number: Tells those of one millisecond apart, in the order of arrival.
        of: The thing that it belongs to; "" for the account.
        body: As HubSpot writes it.
    """

    at: int
    number: int
    of: str
    body: Thing


class Things:
    """All such things of one account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._number = 0
        self._by_kind: dict[str, dict[str, Thing]] = {kind: {} for kind in KINDS}
        self._moments: dict[str, defaultdict[str, list[Moment]]] = {name: defaultdict(list) for name in STREAMS}

    def of(self, kind: str) -> dict[str, Thing]:
        """The things of a kind by id.

        Raises:
            KeyError: There is no such kind.
        """
        return self._by_kind[kind]

    def put(self, kind: str, id: str, fields: Mapping[str, Any], at: int | None = None) -> Thing:
        """Make a thing, or change some of its fields; `updatedAt` moves, `createdAt` does not.

        Raises:
            KeyError: There is no such kind.
        """
        now = instant_text(self._clock.now() if at is None else at)
        old = self._by_kind[kind].get(id, {"createdAt": now})
        thing = self._by_kind[kind][id] = {**old, "updatedAt": now, **fields}
        return thing

    def remove(self, kind: str, id: str) -> None:
        """Let a thing vanish.

        Raises:
            KeyError: There is none.
        """
        del self._by_kind[kind][id]

    def happened(self, stream: str, of: str, moments: Iterable[tuple[int, Thing]]) -> int:
        """Add what happened, in any order; how many there are of the thing now.

        Raises:
            KeyError: There is no such stream.
        """
        known = self._moments[stream][of]
        for at, body in moments:
            self._number += 1
            known.append(Moment(at, self._number, of, body))
        # By instant and number; no two have one number.
        known.sort()
        return len(known)

    def moments(self, stream: str, of: str = "") -> list[Moment]:
        """What happened to a thing, in the order of time. Not to be altered.

        Raises:
            KeyError: There is no such stream.
        """
        return self._moments[stream][of]

    def every_moment(self, stream: str) -> list[Moment]:
        """What happened to all things of a stream.

        Raises:
            KeyError: There is no such stream.
        """
        return [each for moments in list(self._moments[stream].values()) for each in moments]
