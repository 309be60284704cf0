"""The lists of an account (HubSpot also says segments), of all object types.

Since 2026-09 a cursor leads through all of them (https://developers.hubspot.com/docs/api-reference/latest/crm/lists).
Where that endpoint does not exist, search gives the first 10,000 (https://github.com/singer-io/tap-hubspot/issues/304),
and those beyond are asked for by id.
"""

from collections.abc import Iterator

import msgspec

from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import NotFound, UnreadableAnswer

PAGE_SIZE = 500
SEARCH_CEILING = 10_000
IDS_PER_SEARCH = 500
_EMPTY_SEARCHES = 20
"""So many blocks of ids without a list, one after the other, are taken for the end."""

_SIZE, _FOLDER = "hs_list_size", "hs_folder_name"
_ADDED, _REMOVED = "hs_last_record_added_at", "hs_last_record_removed_at"
_QUESTION = {
    "processingTypes": ["MANUAL", "DYNAMIC", "SNAPSHOT"],
    "additionalProperties": [_SIZE, _FOLDER, _ADDED, _REMOVED],
}


class RecordList(msgspec.Struct, frozen=True, rename="camel"):
    """A list; a deleted one is in no answer.

    Attributes:
        list_id: Its id; the lists of all object types share one sequence.
        object_type_id: Of its members.
        processing_type: `MANUAL`, `DYNAMIC` or `SNAPSHOT`.
        processing_status: `COMPLETE`, `PROCESSING` (members are still coming and going) or `PAUSED`.
        list_version: Moves with its definition.
        filters_updated_at: ISO 8601 text.
        created_at: Likewise.
        updated_at: Likewise; members who join or leave do not move it.
        additional_properties: Texts by name; absent where there is nothing to say.
    """

    list_id: str
    object_type_id: str | None = None
    name: str | None = None
    processing_type: str | None = None
    processing_status: str | None = None
    list_version: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    filters_updated_at: str | None = None
    created_by_id: str | None = None
    updated_by_id: str | None = None
    additional_properties: dict[str, str | None] | None = None

    @property
    def size(self) -> str | None:
        """How many members it has, as HubSpot last counted."""
        return self._additional(_SIZE)

    @property
    def folder_name(self) -> str | None:
        """The folder it is filed in."""
        return self._additional(_FOLDER)

    @property
    def last_record_added_at(self) -> str | None:
        """When a record last joined, in epoch milliseconds."""
        return self._additional(_ADDED)

    @property
    def last_record_removed_at(self) -> str | None:
        """When a record last left, in epoch milliseconds."""
        return self._additional(_REMOVED)

    def _additional(self, name: str) -> str | None:
        return (self.additional_properties or {}).get(name) or None


class _Page(Paged):
    results: list[RecordList]


class _Found(msgspec.Struct, rename="camel"):
    lists: list[RecordList]
    offset: int = 0
    has_more: bool = False
    total: int = 0


def lists(client: Client) -> list[RecordList]:
    """Read all lists, in ascending order of id.

    Raises:
        MissingScopes: The token lacks `crm.lists.read` or `crm.segments.read`.
        UnreadableAnswer: Pages lead in a circle, or search does not give the lists that it counts.
        HubSpotError: What else the client could not get over.
    """
    try:
        found = list(_by_cursor(client))
    except NotFound as error:
        if error.is_about_a_thing:
            raise
        found = _by_search(client)
    by_id = {each.list_id: each for each in found}
    return sorted(by_id.values(), key=_id)


def _by_cursor(client: Client) -> Iterator[RecordList]:
    after = None
    while True:
        question = {**_QUESTION, "count": PAGE_SIZE, **({} if after is None else {"after": after})}
        page = client.post(paths.all_lists(client.api_version), question).decode(_Page)
        yield from page.results
        if page.after is None:
            return
        if page.after == after:
            raise UnreadableAnswer(f"The page of lists after {after!r} leads to itself.")
        after = page.after


def _by_search(client: Client) -> list[RecordList]:
    found: dict[str, RecordList] = {}
    offset = 0
    while True:
        answer = _search(client, offset=offset)
        found.update({each.list_id: each for each in answer.lists})
        if not answer.has_more:
            return list(found.values())
        if answer.offset <= offset:
            raise UnreadableAnswer(f"The page of lists from {offset} on leads to itself.")
        offset = answer.offset
        if offset + PAGE_SIZE > SEARCH_CEILING:
            return list(_beyond_the_ceiling(client, found).values())


def _beyond_the_ceiling(client: Client, found: dict[str, RecordList]) -> dict[str, RecordList]:
    """Add the lists of higher ids than those found: their ids are numbers of one sequence."""
    total, empty = _search(client, offset=0, count=1).total, 0
    first = max(map(_id, found.values())) + 1
    while len(found) < total:
        answer = _search(client, offset=0, ids=range(first, first + IDS_PER_SEARCH))
        found.update({each.list_id: each for each in answer.lists})
        empty = 0 if answer.lists else empty + 1
        first += IDS_PER_SEARCH
        if empty == _EMPTY_SEARCHES:
            # Lists may have been deleted meanwhile.
            total = _search(client, offset=0, count=1).total
            if len(found) < total:
                raise UnreadableAnswer(
                    f"The account has {total:,} lists, but only {len(found):,} of them can be found by search."
                )
    return found


def _search(client: Client, *, offset: int, count: int = PAGE_SIZE, ids: range = range(0)) -> _Found:
    question = {
        **_QUESTION,
        "offset": offset,
        "count": count,
        "query": "",
        "sort": "HS_LIST_ID",
        "listIds": [str(each) for each in ids],
    }
    return client.post(paths.search_lists(client.api_version), question).decode(_Found)


def _id(found: RecordList) -> int:
    return int(found.list_id)
