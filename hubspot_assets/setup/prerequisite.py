"""What a sync needs, and whether it is there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """One thing that a sync needs.

    Attributes:
        subject: What was looked at (`contacts`).
        works: Whether a sync can rely on it.
        detail: What was found; where it does not work, the cause and the cure.
        doubtful: Whether somebody should look at it although a sync gets along with it.
    """

    subject: str
    works: bool
    detail: str
    doubtful: bool = False
