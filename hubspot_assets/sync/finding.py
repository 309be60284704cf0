"""What looking at a table after the fact has found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """What an inspection found.

    Attributes:
        holds: Whether all is well.
        sentence: What was found and, if something is wrong, what to do.
        facts: Figures and such behind it.
        severe: Whether rows are wrong or missing.
    """

    holds: bool
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    severe: bool = False
