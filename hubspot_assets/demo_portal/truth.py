"""The truth about records: what a table that was synced from the portal has to equal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self


@dataclass(frozen=True, slots=True)
class TrueRecord:
    """A record as the portal has it.

    Attributes:
        properties: The values that are set, by name, as HubSpot's texts; "" for cleared ones. Archived
            properties are left out.
        archived_at: None for live records.
    """

    id: int
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class TrueAssociation(NamedTuple):
    """One association with one of its labels, as HubSpot answers it from one side."""

    from_id: int
    to_id: int
    category: str
    type_id: int
    label: str | None


class TrueVersion(NamedTuple):
    """One value that a property had.

    Attributes:
        at: Milliseconds since 1970.
        value: An empty text where it was cleared.
    """

    id: int
    name: str
    at: int
    value: str
    source_type: str
    source_id: str | None
    source_label: str | None
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Truth:
    """All records of one object type, by id, and what became of those that are gone.

    Attributes:
        merged: Ids that were merged away, and the ids of the records that remain.
        purged: Ids that were deleted for good.
    """

    live: dict[int, TrueRecord] = field(default_factory=dict)
    archived: dict[int, TrueRecord] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    purged: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """The truth from the portal's stream of it (`GET /__portal/truth/{type}`)."""
        truth = cls()
        for row in rows:
            match row["state"]:
                case "merged":
                    truth.merged[row["id"]] = row["merged_into"]
                case "purged":
                    truth.purged.add(row["id"])
                case state:
                    (truth.live if state == "live" else truth.archived)[row["id"]] = TrueRecord(
                        row["id"],
                        row["properties"],
                        datetime.fromisoformat(row["created_at"]),
                        datetime.fromisoformat(row["updated_at"]),
                        datetime.fromisoformat(row["archived_at"]) if "archived_at" in row else None,
                    )
        return truth
