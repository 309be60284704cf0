"""Who is in a list.

A page of 250 members takes HubSpot up to 1.7 s (https://github.com/estuary/connectors/pull/3627), and each page names
the next, so one list goes slowly: the limit is reached by reading many at once. Records that have joined lately can be
had alone, in the order of joining. Whether that begins with the newest is not documented, and has been seen either way,
so it is found out by the instants themselves.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from hubspot_assets.hubspot.in_flight import InFlight
from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport import paths
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import BadRequest, NotFound, UnreadableAnswer

PAGE_SIZE = 250
MOST_IN_FLIGHT = 32
"""The limit, 19 requests a second, times 1.7 s."""

_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Members:
    """Members of one list.

    Attributes:
        list_id: The list.
        record_ids: The records.
        joined_at: Since when each is in it, as ISO 8601 text; where it left and came back, the last time.
        whole: Whether these are all members; else those that joined since the instant asked for, and perhaps more.
        exists: Whether HubSpot (still) has the list.
        read_at: When the first answer arrived (aware, UTC).
        after: Where a later read by order of joining may begin; None where it cannot begin in the middle.
        total: How many members the list had when the first answer was given; None where HubSpot did not tell.
    """

    list_id: str
    record_ids: array = field(default_factory=lambda: array("q"))
    joined_at: list[str] = field(default_factory=list)
    whole: bool = False
    exists: bool = True
    read_at: datetime = _EARLIEST
    after: str | None = None
    total: int | None = None

    def __len__(self) -> int:
        return len(self.record_ids)


@dataclass(frozen=True, slots=True)
class JoinedSince:
    """A question for the members of a list that have joined lately.

    Attributes:
        list_id: The list.
        since: The latest instant of joining that is known (aware); members of that very instant are read again.
        after: `Members.after` of an earlier read.
    """

    list_id: str
    since: datetime
    after: str | None = None


class _Member(msgspec.Struct, rename="camel", gc=False):
    record_id: str
    membership_timestamp: str


class _Page(Paged):
    results: list[_Member]
    total: int | None = None


@dataclass(slots=True)
class _Reading:
    """A list of which some pages have come.

    Attributes:
        since: Where known members begin; None for a read of all, by record id.
        after: The cursor of the next page.
        resumed: Whether this began where an earlier read had ended.
        first: When the first member that came has joined.
        oldest: When the last one has.
        descending: Whether the newest come first; None as long as all have joined at one instant.
    """

    members: Members
    since: datetime | None = None
    after: str | None = None
    resumed: bool = False
    first: datetime | None = None
    oldest: datetime = _LATEST
    descending: bool | None = None

    def take(self, page: _Page, read_at: datetime) -> None:
        """Take a page in."""
        if not len(self.members):
            self.members.read_at, self.members.total = read_at, page.total
        self.members.record_ids.extend(int(each.record_id) for each in page.results)
        self.members.joined_at += [each.membership_timestamp for each in page.results]
        if self.since is None or not page.results:
            return
        instants = [datetime.fromisoformat(each.membership_timestamp) for each in page.results]
        first = self.first = self.first or instants[0]
        if self.descending is None:
            self.descending = next((each < first for each in instants if each != first), None)
        self.oldest = instants[-1]

    def forget(self) -> None:
        """Forget what has come."""
        del self.members.record_ids[:]
        self.members.joined_at.clear()
        self.first = self.descending = None


class MembersRead:
    """A read of the members of many lists, several at once.

    Memory holds the members of the lists in flight, 100 bytes each, and no more.

    Args:
        client: The HubSpot client.
        lists: Ids of lists to read as a whole, and questions for those who joined lately; taken as they are needed,
            by the thread that iterates.
        in_flight: How many lists are read at once.
    """

    def __init__(self, client: Client, lists: Iterable[str | JoinedSince], *, in_flight: int = MOST_IN_FLIGHT) -> None:
        self._client = client
        self._lists = lists
        self._in_flight = in_flight

    def __iter__(self) -> Iterator[Members]:
        """Lists in the order in which they get done; one that is not there (any more) has `exists` false.

        Raises:
            MissingScopes: The token lacks `crm.lists.read` or `crm.segments.read`.
            HubSpotError: What else the client could not get over. What had been read before was yielded.
        """
        pages = InFlight(self._fetch, map(_reading, self._lists), most=self._in_flight)
        for reading, page in pages:
            if self._is_done(reading, page):
                yield reading.members
            else:
                pages.ask(reading)

    def _fetch(self, reading: _Reading) -> tuple[_Page, datetime] | None:
        """The next page of a list; None where there is no such list."""
        path = (paths.list_members if reading.since is None else paths.list_members_by_join)(
            self._client.api_version, reading.members.list_id
        )
        params = {"limit": str(PAGE_SIZE)}
        try:
            answer = self._client.get(path, params if reading.after is None else {**params, "after": reading.after})
        except NotFound as error:
            if error.is_about_a_thing:
                return None
            raise
        except BadRequest:
            if not reading.resumed:
                raise
            # The place where an earlier read ended is none any more.
            reading.resumed, reading.after = False, None
            answer = self._client.get(path, params)
        return answer.decode(_Page), answer.received_at

    def _is_done(self, reading: _Reading, answer: tuple[_Page, datetime] | None) -> bool:
        members = reading.members
        if answer is None:
            reading.forget()
            members.exists, members.whole, members.read_at = False, True, self._client.now()
            return True
        page, read_at = answer
        reading.take(page, read_at)
        if reading.descending and reading.resumed:
            # Whoever kept this place took the newest for the last ones; now they come first.
            reading.forget()
            reading.resumed, reading.after = False, None
            return False
        if reading.descending and reading.since is not None and reading.oldest < reading.since:
            return True
        if page.after is None:
            members.whole = not reading.resumed
            # The end of an ascending order is where those to come will be.
            members.after = reading.after if reading.descending is False else None
            return True
        if page.after == reading.after:
            raise UnreadableAnswer(f"The page of list {members.list_id} after {page.after!r} leads to itself.")
        reading.after = page.after
        return False


def _reading(question: str | JoinedSince) -> _Reading:
    if isinstance(question, str):
        return _Reading(Members(question))
    return _Reading(Members(question.list_id), question.since, question.after, resumed=question.after is not None)
