"""Lists that come in pages with a cursor: owners, users, teams, forms, campaigns."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from hubspot_assets.hubspot.paging import Paged
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer

T = TypeVar("T")


def listed(client: Client, path: str, type: type[T], params: Mapping[str, str] | None = None) -> Iterator[T]:
    """Read all `results` of a list, page by page.

    Args:
        client: The HubSpot client.
        path: From the root of the API (see `paths`).
        type: What each result is.
        params: The query, without `after`.

    Raises:
        UnreadableAnswer: A page is not what the endpoint promises, or leads to itself.
        HubSpotError: What else the client could not get over.
    """
    after = None
    while True:
        answer = client.get(path, {**(params or {}), **({} if after is None else {"after": after})})
        page: Any = answer.decode(_page(type))
        yield from page.results
        if page.after is None:
            return
        if page.after == after:
            raise UnreadableAnswer(f"The page of {path} after {after!r} leads to itself.")
        after = page.after


def id_of(thing: Mapping[str, Any], name: str = "id") -> str:
    """Return the id of a thing that is kept as HubSpot sent it.

    Raises:
        UnreadableAnswer: It has none.
    """
    value = thing.get(name)
    if value is None or value == "":
        raise UnreadableAnswer(f"HubSpot sent a thing without `{name}`, so no row can be kept for it.")
    return str(value)


@cache
def _page(type: type[T]) -> type[msgspec.Struct]:
    results = list[type]  # pyright: ignore[reportInvalidTypeForm]
    return msgspec.defstruct("Page", [("results", results)], bases=(Paged,))
