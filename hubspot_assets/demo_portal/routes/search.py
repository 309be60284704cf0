"""Search: matched and sorted by what the index knows, filled in with what the store holds."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice
from random import Random
from typing import Any

from hubspot_assets.demo_portal.account import Account
from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, results
from hubspot_assets.demo_portal.clock import parse_instant
from hubspot_assets.demo_portal.definitions import Layout
from hubspot_assets.demo_portal.errors import invalid
from hubspot_assets.demo_portal.filters import Filter, matcher, parse_groups, sort_key
from hubspot_assets.demo_portal.index import Entry, SearchIndex
from hubspot_assets.demo_portal.limits import Bucket
from hubspot_assets.demo_portal.store import RecordStore

DEFAULT_LIMIT = 10
MAX_LIMIT = 200
MAX_OFFSET = 10_000
MAX_QUERY = 3_000
ID = "hs_object_id"

Group = tuple[Filter, ...]
Sort = tuple[str, bool]


def search(call: Call) -> Answer:
    """A page of live records that match filters, in one order."""
    store = call.records()
    name = store.object_type.name
    index = call.account.indexes[name]
    index.catch_up()
    body = call.json()
    limit, offset = _number(body.get("limit"), DEFAULT_LIMIT), _number(body.get("after"), 0)
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"The limit of a search is a number from 1 to {MAX_LIMIT}", limit=[str(limit)])
    if offset + limit > MAX_OFFSET:
        raise invalid(f"A search cannot go past its first {MAX_OFFSET} results", after=[str(offset)])
    groups = parse_groups(body, store.object_type, store.layout)
    query = str(body.get("query") or "")
    if len(query) > MAX_QUERY:
        raise invalid(f"The query is longer than {MAX_QUERY} characters")
    search_of = _Search(call.account, store, index)
    matching, start, stop = search_of.find(groups, query, _sort(body, store))
    total = stop - start
    first = start + offset
    served = _served(call.account, min(limit, max(stop - first, 0)))
    page = matching[first : first + served]
    # A row that left the store since it was indexed is matched and counted, but cannot be shown.
    records = [store.live[each] for each in page if each in store.live]
    renderer = call.renderer(store, [str(each) for each in body.get("properties") or ()])
    paging = {"after": str(offset + served)} if offset + served < total else None
    return results(list(map(renderer.render, records)), paging, {"total": total})


def _served(account: Account, rows: int) -> int:
    """How many of the rows this page gives: now and then HubSpot stops early, one time in four with none."""
    chance = account.behavior.short_pages
    if not chance or account.random.random() >= chance:
        return rows
    return max(int(rows * (account.random.random() * 4 - 1) / 3), 0)


def _number(given: object, default: int) -> int:
    if given is None or given == "":
        return default
    try:
        number = int(str(given))
    except ValueError:
        raise invalid(f"Invalid input JSON: {given!r} is not a number") from None
    if number < 0:
        raise invalid(f"Invalid input JSON: {given!r} is negative")
    return number


def _sort(body: dict[str, Any], store: RecordStore) -> Sort:
    """Property and whether descending; oldest first unless asked otherwise."""
    sorts = body.get("sorts") or []
    if len(sorts) > 1:
        raise invalid("Only one sort is supported")
    if not sorts:
        return store.object_type.created_property, False
    given = sorts[0]
    if isinstance(given, str):
        name, descending = given.removeprefix("-"), given.startswith("-")
    else:
        name, descending = str(given.get("propertyName", "")), given.get("direction") == "DESCENDING"
    if name not in store.layout.by_name:
        raise invalid(f"There was a problem with the request. Property {name} does not exist", propertyName=[name])
    return name, descending


class _Search:
    """Finds ids in the index. What a cursor-like filter on ids asks for is cut out of a remembered result."""

    def __init__(self, account: Account, store: RecordStore, index: SearchIndex) -> None:
        self._account = account
        self._store = store
        self._layout: Layout = store.layout
        self._index = index

    def find(self, groups: tuple[Group, ...], query: str, sort: Sort) -> tuple[Sequence[int], int, int]:
        """Ids in order, and the part of them (from, to) that matches."""
        if sort == (ID, False) and len(groups) <= 1:
            filters = groups[0] if groups else ()
            on_ids = tuple(each for each in filters if each.property == ID and _is_range(each))
            others = tuple(each for each in filters if each not in on_ids)
            ids = self._matching(((others,) if others else ()), query)
            low, high = 0, len(ids)
            for each in on_ids:
                low, high = _narrow(ids, each, low, high)
            return ids, low, max(high, low)
        ids = self._sorted(groups, query, sort)
        return ids, 0, len(ids)

    def _sorted(self, groups: tuple[Group, ...], query: str, sort: Sort) -> Sequence[int]:
        question = (groups, query, sort)
        ids = self._index.remembered(question)
        if ids is None or self._account.behavior.unstable_ties:
            name, descending = sort
            key, entries, value = sort_key(self._layout.by_name[name]), self._index.entries, self._layout.value
            ids = list(self._matching(groups, query))
            # Equal values are in no order that anyone promised, but in the same one while nothing changes.
            seed = None if self._account.behavior.unstable_ties else 1
            Random(seed).shuffle(ids)
            if name in (self._store.object_type.last_modified_property, "hs_lastmodifieddate"):
                ids.sort(key=lambda each: entries[each].updated_at, reverse=descending)
            else:
                ids.sort(key=lambda each: key(value(entries[each].values, name)), reverse=descending)
            self._index.remember(question, ids)
        return ids

    def _matching(self, groups: tuple[Group, ...], query: str) -> Sequence[int]:
        """Ids that match, ascending."""
        if not groups and not query:
            return self._index.ids()
        question = (groups, query)
        ids = self._index.remembered(question)
        if ids is None:
            found: set[int] = set()
            parts = [self._group(group) for group in groups] or [self._index.ids()]
            ids = parts[0] if len(parts) == 1 else sorted(found.union(*parts))
            if query:
                ids = [each for each in ids if self._mentions(self._index.entries[each], query.lower())]
            self._index.remember(question, ids)
        return ids

    def _group(self, group: Group) -> Sequence[int]:
        """Ids that match all filters of a group, ascending."""
        first, last = 0, 1 << 62
        rest = []
        for each in group:
            bounds = self._update_bounds(each)
            if bounds is None:
                rest.append(each)
            else:
                first, last = max(first, bounds[0]), min(last, bounds[1])
        ids = self._index.ids() if len(rest) == len(group) else self._index.updated_between(first, last)
        for each in rest:
            ids = self._filtered(ids, each)
        return ids

    def _update_bounds(self, each: Filter) -> tuple[int, int] | None:
        """The instants a filter on last-modified allows; None for other filters."""
        names = (self._store.object_type.last_modified_property, "hs_lastmodifieddate")
        if each.property not in names or not _is_range(each):
            return None
        value = parse_instant(each.value or "") or 0
        match each.operator:
            case "GT":
                return value + 1, 1 << 62
            case "GTE":
                return value, 1 << 62
            case "LT":
                return 0, value - 1
            case "LTE":
                return 0, value
            case "EQ":
                return value, value
            case _:
                return value, parse_instant(each.high_value or "") or 0

    def _filtered(self, ids: Sequence[int], each: Filter) -> Sequence[int]:
        entries = self._index.entries
        if each.property.startswith("associations."):
            return self._associated(ids, each)
        definition = self._layout.by_name[each.property]
        position = self._layout.positions[each.property]
        matches = matcher(each, definition)
        return [
            record_id
            for record_id in ids
            if matches(values[position] if position < len(values := entries[record_id].values) else None)
        ]

    def _associated(self, ids: Sequence[int], each: Filter) -> Sequence[int]:
        target = self._account.types.resolve(each.property.removeprefix("associations."))
        if target.custom:
            raise invalid("Searching by associations of custom objects is not supported")
        wanted = {int(text) for text in (each.value or "", *each.values) if text.isdigit()}
        of, here = self._account.associations.of, self._store.object_type.name
        return [record_id for record_id in ids if any(to_id in wanted for to_id, _ in of(here, record_id, target.name))]

    def _mentions(self, entry: Entry, query: str) -> bool:
        names = islice(self._store.object_type.defaults, 3, None)
        texts = (self._layout.value(entry.values, name) for name in names)
        return any(text is not None and query in text.lower() for text in texts)


def _is_range(each: Filter) -> bool:
    return each.operator in ("GT", "GTE", "LT", "LTE", "EQ", "BETWEEN")


def _narrow(ids: Sequence[int], each: Filter, low: int, high: int) -> tuple[int, int]:
    value = int(float(each.value or 0)) if not (each.value or "").isdigit() else int(each.value or 0)
    match each.operator:
        case "GT":
            return max(low, bisect_right(ids, value)), high
        case "GTE":
            return max(low, bisect_left(ids, value)), high
        case "LT":
            return low, min(high, bisect_left(ids, value))
        case "LTE":
            return low, min(high, bisect_right(ids, value))
        case "EQ":
            return max(low, bisect_left(ids, value)), min(high, bisect_right(ids, value))
        case _:
            top = int(float(each.high_value or 0))
            return max(low, bisect_left(ids, value)), min(high, bisect_right(ids, top))


ENDPOINTS = (Endpoint("POST", "/crm/objects/{type}/search", search, Bucket.SEARCH),)
