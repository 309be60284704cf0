"""What one launch may ask of a sync beyond "bring the table into line with HubSpot"."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_assets.warehouse.base import Filter


class Slice(StrEnum):
    """The two slices of an object type's table, and its two partitions."""

    LATEST = "latest"
    """Live records."""
    ARCHIVED = "archived"
    """Records no longer live: in the recycle bin, merged away or purged."""

    @property
    def filter(self) -> "Filter":
        """The rows of the slice, as the warehouse takes it."""
        return ("DELETIONREASON", "is null" if self is Slice.LATEST else "is not null", None)


@dataclass(frozen=True, slots=True)
class RecordsRequest:
    """The run's config.

    Attributes:
        updated_after: Replay records modified from this instant on (aware, UTC).
        updated_before: Replay records modified up to this instant (aware, UTC).
        full: Read every record and mark what HubSpot no longer has.
        allow_mass_deletion: Let a full sync mark more than a fifth of the table as purged.
    """

    updated_after: datetime | None = None
    updated_before: datetime | None = None
    full: bool = False
    allow_mass_deletion: bool = False

    def __post_init__(self) -> None:
        """Refuse contradictions before anything is read."""
        if self.full and (self.updated_after or self.updated_before):
            raise ValueError(
                "`full` reads every record, so it cannot be combined with `updated_after` or `updated_before`: "
                "clear one of them."
            )
        if self.updated_after and self.updated_before and self.updated_after >= self.updated_before:
            raise ValueError(
                f"`updated_after` ({self.updated_after.isoformat()}) is not before "
                f"`updated_before` ({self.updated_before.isoformat()}): swap them or widen the window."
            )
