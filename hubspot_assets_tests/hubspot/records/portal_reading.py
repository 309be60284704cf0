"""What a read of a portal brought, as the tests of this folder speak of it."""

from collections.abc import Iterable

import msgspec

from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.pages import Page, Results


def ids_of(pages: Iterable[Page]) -> list[int]:
    """The record ids of pages, in the order they came."""
    return [int(record.id) for page in pages for record in msgspec.json.decode(page.body, type=Results).results]


def covered(pages: Iterable[Page]) -> bool:
    """Whether the pages together cover all ids."""
    outstanding = Outstanding()
    for page in pages:
        if page.covers is not None:
            outstanding.remove(page.covers)
    return not outstanding
