"""The works: what happens in HubSpot before and while the tools read."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from hubspot_assets.demo_portal.control import Portal

PROPERTIES = 60
PAGES = r"objects/.*contacts"
"""Of the requests that bring records, whichever of HubSpot's endpoints a tool chooses."""
EDITS = 25
LAGGING = 10
AT_ONCE = 12_000
"""More than the 10,000 results that HubSpot gives for one search."""
FAULTS = (
    {"kind": "server_error", "status": 502},
    {"kind": "burst_limit"},
    {"kind": "reset"},
    {"kind": "dropped"},
)


@dataclass(frozen=True)
class Work:
    """A work.

    Attributes:
        title: As the tables call it.
        happens: In HubSpot, before each run; given how many contacts there are, and the number of the run.
        runs: How many there are.
    """

    title: str
    happens: Callable[[Portal, int, int], None]
    runs: int = 1


def _nothing(portal: Portal, contacts: int, number: int) -> None:
    pass


def _changed(portal: Portal, contacts: int, number: int, share: float = 0.01) -> list[int]:
    ids = random.Random(number).sample(portal.ids("contacts"), max(round(contacts * share), 1))
    portal.change("contacts", {"firstname": f"changed {number}"}, ids=ids)
    return ids


def _one_percent(portal: Portal, contacts: int, number: int) -> None:
    _changed(portal, contacts, number)


def _edited(portal: Portal, contacts: int, number: int) -> None:
    """Each of the first requests is answered after some records have been edited, half of them due to be read."""
    changed = _changed(portal, contacts, number)
    others = random.Random("others").sample(portal.ids("contacts"), max(contacts // 20 - len(changed) // 2, 1))
    edited = [*changed[::2], *others]
    random.Random("order").shuffle(edited)
    portal.faults(
        {
            "kind": "run",
            "path": PAGES,
            "times": 1,
            "order": "change",
            "arguments": {"type": "contacts", "properties": {"lastname": f"edited {edit}"}, "ids": edited[edit::EDITS]},
        }
        for edit in range(EDITS)
    )


def _one_millisecond(portal: Portal, contacts: int, number: int) -> None:
    portal.change("contacts", {"city": "Rome"}, ids=portal.ids("contacts")[:AT_ONCE])


def _lagging(portal: Portal, contacts: int, number: int) -> None:
    """Changes of the last seconds, most of which the search index does not know when the tool asks it."""
    portal.index_lag(lag=True)
    changed = random.Random(number).sample(portal.ids("contacts"), max(contacts // 100, LAGGING))
    for part in range(LAGGING):
        portal.change("contacts", {"firstname": f"changed {part}"}, ids=changed[part::LAGGING])
        time.sleep(1)


def _truncated(portal: Portal, contacts: int, number: int) -> None:
    _changed(portal, contacts, number, 0.05)
    portal.faults([{"kind": "truncated", "path": PAGES, "nth": [2]}])


def _day(portal: Portal, contacts: int, number: int) -> None:
    _changed(portal, contacts, number, 0.02)
    portal.faults({**fault, "probability": 0.02 / len(FAULTS), "seed": number} for fault in FAULTS)


FIRST_LOAD = Work("first load", _nothing)
LATER = {
    "changed": Work("1 % changed", _one_percent),
    "edited": Work("1 % changed, 5 % edited while they are read", _edited),
    "lagging": Work("1 % changed, HubSpot's search index behind by seconds", _lagging),
    "millisecond": Work(f"{AT_ONCE:,} changed in one millisecond", _one_millisecond),
    "truncated": Work("5 % changed, one page truncated", _truncated),
    "day": Work("a day: 12 times 2 % changed, 2 % of the answers are faults", _day, runs=12),
}
