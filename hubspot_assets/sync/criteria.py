"""What a table is read by, as far as settings choose it.

A sync that finishes notes it with its state (`state.py`), so that a part of HubSpot's data never passes for the whole
after a setting was changed: a later sync whose settings ask for more than the table holds goes on, and says so.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from typing_extensions import override

ACCOUNT = "account"
"""Whose data it is, among the values of the criteria."""

_HUBSPOT = ("hubapi.com", "hubspot.com")
"""Domains under which an account's id is unique, whatever the data center."""


@dataclass(frozen=True, slots=True)
class Criterion(ABC):
    """One setting that chooses what a table holds.

    Attributes:
        setting: The variable (`HUBSPOT_UPDATED_AFTER`).
        value: What it asks for now, as text; empty where it is not set.
    """

    setting: str
    value: str

    @abstractmethod
    def held_after(self, held: str, *, everything: bool) -> str:
        """Return by which value the table is complete once a sync has finished.

        Args:
            held: By which value it was before.
            everything: Whether the sync read everything that there is.
        """

    @abstractmethod
    def remark(self, held: str, table: str, *, everything: bool) -> str | None:
        """Say in a sentence or two what the table lacks, or has too much; None where nobody needs to know.

        Args:
            held: By which value it was complete before a sync.
            table: Its name.
            everything: Whether the sync reads everything that there is.
        """


@dataclass(frozen=True, slots=True)
class Since(Criterion):
    """Only what came about since an instant is read; to move it back takes a read of everything."""

    @classmethod
    def of(cls, setting: str, instant: datetime | None) -> "Since":
        """Return the criterion of an instant (aware); None for everything."""
        # Of two texts the lesser asks for more; the empty one is the least.
        return cls(setting, instant.astimezone(UTC).isoformat(timespec="seconds") if instant else "")

    @override
    def held_after(self, held: str, *, everything: bool) -> str:
        return min(held, self.value) if everything else held

    @override
    def remark(self, held: str, table: str, *, everything: bool) -> str | None:
        if self.value >= held or everything:
            return None
        asked = f"{self.setting} asks for what came since {self.value} now" if self.value else f"{self.setting} is gone"
        return (
            f"{table} was loaded with {self.setting}={held}, and {asked}: what is older is not there. Launch it with "
            f"`full: true`, or start it afresh: `hubspot-assets reset {table}`, or a launch with `restart: true`."
        )


@dataclass(frozen=True, slots=True)
class Choice(Criterion):
    """Names of what is read; what is chosen later is read by the next sync, what no longer is stays in the table."""

    @classmethod
    def of(cls, setting: str, names: Sequence[str]) -> "Choice":
        """Return the criterion of some names or patterns, in whatever order."""
        return cls(setting, ",".join(sorted(names)))

    @override
    def held_after(self, held: str, *, everything: bool) -> str:
        return self.value

    @override
    def remark(self, held: str, table: str, *, everything: bool) -> str | None:
        if self.value == held:
            return None
        return (
            f"{self.setting} was {held or 'not set'} when {table} was last read, and is {self.value or 'not set'} now: "
            "what it lets in is read by this sync or the next one, what it leaves out keeps the values stored so far. "
            f"To be rid of those, start the table afresh: `hubspot-assets reset {table}`, or a launch with "
            "`restart: true`."
        )


Values = Mapping[str, str]
"""Values by setting, and the account under `ACCOUNT`; what nobody has noted is not there."""


def account_text(portal_id: int | None, base_url: str) -> Values:
    """Return whose data is read: the account's id, and where that is, unless it is HubSpot itself.

    Args:
        portal_id: The account's id; None where HubSpot was not asked.
        base_url: Where its API is.
    """
    if portal_id is None:
        return {}
    host = urlsplit(base_url).hostname or ""
    at_hubspot = any(host == domain or host.endswith(f".{domain}") for domain in _HUBSPOT)
    return {ACCOUNT: str(portal_id) if at_hubspot else f"{portal_id} at {base_url}"}


def asked_for(criteria: Sequence[Criterion], account: Values) -> Values:
    """Return the values that the settings ask for now."""
    return {**account, **{each.setting: each.value for each in criteria}}


def held_after(criteria: Sequence[Criterion], account: Values, held: Values, *, everything: bool) -> Values:
    """Return by which values a table is complete once a sync has finished, given those before it."""
    return {
        **held,
        **account,
        # What was not noted is taken to be as it is now.
        **{
            each.setting: each.held_after(held[each.setting], everything=everything)
            if each.setting in held
            else each.value
            for each in criteria
        },
    }


def remarks(criteria: Sequence[Criterion], held: Values, table: str, *, everything: bool = False) -> tuple[str, ...]:
    """Say what a table lacks of what the settings ask for, or has too much, beside what a sync is about to change."""
    said = [each.remark(held[each.setting], table, everything=everything) for each in criteria if each.setting in held]
    return tuple(each for each in said if each is not None)


def agree(asked: Values, held: Values) -> bool:
    """Tell whether a read by some values can go on by others: what nobody has noted is taken to be the same."""
    return all(held.get(name, value) == value for name, value in asked.items())
