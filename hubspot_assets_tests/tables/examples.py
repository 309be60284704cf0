"""Property definitions and pages for tests, with what a test does not care about filled in."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.hubspot.records.pages import Page

READ_AT = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)


def definition(name: str, type_: str = "string", created_at: str | None = None) -> PropertyDefinition:
    return PropertyDefinition(name=name, label=name.title(), type=type_, created_at=created_at)


def record(properties: Mapping[str, object] | None = None, **fields: object) -> dict[str, object]:
    return {
        "id": "51",
        "properties": properties or {},
        "createdAt": "2026-01-05T10:00:00Z",
        "updatedAt": "2026-11-20T08:01:02.345Z",
        "archived": False,
        **fields,
    }


def page(*records: dict[str, object], read_at: datetime = READ_AT) -> Page:
    return page_of(json.dumps({"results": records}).encode(), len(records), read_at)


def page_of(body: bytes, rows: int = 1, read_at: datetime = READ_AT) -> Page:
    return Page(body, rows, read_at)
