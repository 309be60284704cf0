"""The versions that property values have had, with who set them.

HubSpot answers them by batch read, 50 records a request (https://github.com/HubSpot/hubspot-api-python/issues/143), and
keeps a bounded number per property: what it has forgotten is nowhere to be had.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

import msgspec

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.records import batch_read
from hubspot_assets.hubspot.transport.client import Client

BATCH_SIZE = 50
MOST_IN_FLIGHT = 16
"""The limit, 19 requests a second, wants half as many at 400 ms; the others bridge the pauses of whoever iterates."""


@dataclass(slots=True)
class VersionRows:
    """Versions as columns of equal length.

    Attributes:
        object_ids: The records.
        names: The properties.
        instants: Since when the value held, as ISO 8601 text.
        values: The values; empty where they were cleared.
        source_types: `CRM_UI`, `IMPORT`, `CALCULATED`, …: an open set.
        source_ids: Of the user, import or app.
        source_labels: Its name.
        user_ids: The user, where it was one.
    """

    object_ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    instants: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    source_types: list[str | None] = field(default_factory=list)
    source_ids: list[str | None] = field(default_factory=list)
    source_labels: list[str | None] = field(default_factory=list)
    user_ids: list[int | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.object_ids)


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """The versions of some records.

    Attributes:
        done: Ids of the records that nothing is left to read of.
        found: How many of them HubSpot has, on the side of the recycle bin that was asked.
        rows: All versions that HubSpot has of their values.
        read_at: When the answer arrived (aware, UTC).
    """

    done: Sequence[int]
    found: int
    rows: VersionRows
    read_at: datetime


class _Version(msgspec.Struct, rename="camel", gc=False):
    timestamp: str
    value: str | None = None
    source_type: str | None = None
    source_id: str | None = None
    source_label: str | None = None
    updated_by_user_id: int | None = None


class _Record(msgspec.Struct, rename="camel", gc=False):
    id: str
    properties_with_history: dict[str, list[_Version]] | None = None


class _Answer(msgspec.Struct):
    results: list[_Record]


class HistoryRead:
    """A read of the versions of some properties of records.

    Memory stays flat: no more is held than the answers in flight.

    Args:
        client: The HubSpot client.
        object_type_path: How object endpoints spell the type.
        ids: The records, each once; taken as they are needed, by the thread that iterates. Those that HubSpot does not
            have are done without rows.
        properties: The properties. Names that HubSpot does not know are passed over by it.
        archived: Look in the recycle bin instead of among the live records.
        in_flight: The most requests at once.
    """

    def __init__(
        self,
        client: Client,
        object_type_path: str,
        ids: Iterable[int],
        properties: Sequence[str],
        *,
        archived: bool = False,
        in_flight: int = MOST_IN_FLIGHT,
    ) -> None:
        self._client = client
        self._path = object_type_path
        self._ids = ids
        self._properties = tuple(properties)
        self._archived = archived
        self._in_flight = in_flight

    def __iter__(self) -> Iterator[HistoryBatch]:
        """Batches in the order they arrive; every id is in `done` of exactly one.

        Raises:
            PartialAnswer: HubSpot went on failing to read some of the records.
            MissingScopes: The token may not read them.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        for _, batch in InFlight(self._fetch, _batches(self._ids), most=self._in_flight):
            yield batch

    def _fetch(self, ids: Sequence[int]) -> HistoryBatch:
        # One property of the record itself is enough: the history says what the values are.
        answer = batch_read.read(
            self._client,
            self._path,
            ids,
            ["hs_object_id"],
            with_history=self._properties,
            archived=self._archived,
        )
        records = answer.decode(_Answer).results
        return HistoryBatch(ids, len(records), _rows(records), answer.received_at)


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    ids = iter(ids)
    while batch := list(islice(ids, BATCH_SIZE)):
        yield batch


def _rows(records: Iterable[_Record]) -> VersionRows:
    rows = VersionRows()
    for record in records:
        object_id = int(record.id)
        for name, versions in (record.properties_with_history or {}).items():
            rows.object_ids += [object_id] * len(versions)
            rows.names += [name] * len(versions)
            rows.instants += [each.timestamp for each in versions]
            rows.values += [each.value or "" for each in versions]
            rows.source_types += [each.source_type for each in versions]
            rows.source_ids += [each.source_id for each in versions]
            rows.source_labels += [each.source_label for each in versions]
            rows.user_ids += [each.updated_by_user_id for each in versions]
    return rows
