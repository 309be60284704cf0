"""What HubSpot told of its lists when their members were last read, in few bytes: there may be ten thousand lists."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from enum import Enum
from hashlib import blake2b
from typing import NamedTuple, Self

import numpy as np

from hubspot_assets.hubspot.lists import RecordList

PROCESSING = "PROCESSING"
"""Status of a list whose members are still coming and going."""

_TOLD = np.dtype([("id", "<i8"), ("shape", "<u4"), ("growth", "<u4")])


class Change(Enum):
    """What may have become of the members of a list."""

    NONE = "none"
    JOINS = "joins"
    """As far as HubSpot tells, records only joined."""
    ANY = "any"


class Stamp(NamedTuple):
    """Digests of what HubSpot told of one list.

    Attributes:
        shape: Of what moves when its definition is edited or records leave.
        growth: Of what moves when records join, or leave.
    """

    shape: int
    growth: int

    @classmethod
    def of(cls, found: RecordList) -> Self:
        """Return the stamp of a list; that of one still processing equals none."""
        if found.processing_status == PROCESSING:
            return cls(0, 0)
        return cls(
            _digest(found.list_version, found.filters_updated_at, found.last_record_removed_at),
            _digest(found.size, found.last_record_added_at),
        )

    def since(self, before: Self | None) -> Change:
        """What may have happened since an earlier stamp; None where there was none."""
        if before is None or before == (0, 0) or self == (0, 0) or before.shape != self.shape:
            return Change.ANY
        return Change.NONE if before == self else Change.JOINS


class Stamps(Mapping[int, Stamp]):
    """The stamps of lists, by id."""

    def __init__(self, stamps: Mapping[int, Stamp]) -> None:
        self._stamps = stamps

    @classmethod
    def of(cls, lists: Mapping[int, RecordList]) -> Self:
        """Return the stamps of some lists."""
        return cls({id_: Stamp.of(found) for id_, found in lists.items()})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the stamps that `to_text` wrote."""
        rows = np.frombuffer(zlib.decompress(b64decode(text)), _TOLD).tolist()
        return cls({id_: Stamp(shape, growth) for id_, shape, growth in rows})

    def to_text(self) -> str:
        """Write them as text, about fourteen characters a list."""
        rows = np.array([(id_, *self._stamps[id_]) for id_ in sorted(self._stamps)], _TOLD)
        return b64encode(zlib.compress(rows.tobytes())).decode()

    def __getitem__(self, id_: int) -> Stamp:
        return self._stamps[id_]

    def __iter__(self) -> Iterator[int]:
        return iter(self._stamps)

    def __len__(self) -> int:
        return len(self._stamps)


def _digest(*told: object) -> int:
    return int.from_bytes(blake2b(repr(told).encode(), digest_size=4).digest(), "little")
