from datetime import UTC, datetime

import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.property_history import VersionRows
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.tables.property_history import history_table, version_rows

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)
TABLE = history_table(STANDARD_OBJECT_TYPES["line_items"])


def rows(*versions: tuple) -> VersionRows:
    return VersionRows(*map(list, zip(*versions, strict=True)))


def test_a_table_is_named_by_the_plural_and_never_forgets():
    assert (TABLE.name, TABLE.immutable, TABLE.removal) == ("OBJECT_PROPERTIES_HISTORY_LINE_ITEMS", True, None)


def test_versions_become_rows_and_a_cleared_value_stays_an_empty_text():
    given = rows(
        (7, "price", "2026-11-20T08:00:00.123Z", "", "CRM_UI", "userId:1", None, 1),
        (7, "price", "2026-11-20T08:00:00.123Z", "5\ud800", None, None, "ERP", None),
    )
    table = version_rows(TABLE, "0-8", given, read_at=AT, sync_id="s")
    first, second = table.to_pylist()
    assert first == {
        "OBJECTTYPEID": "0-8", "OBJECTID": 7, "NAME": "price", "VALUE": "",
        "UPDATEDAT": datetime(2026, 11, 20, 8, 0, 0, 123_000), "SOURCETYPE": "CRM_UI", "SOURCEID": "userId:1",
        "SOURCELABEL": None, "UPDATEDBYUSERID": 1, "INGESTEDAT": AT.replace(tzinfo=None), "SYNCID": "s",
    }  # fmt: skip
    assert (second["VALUE"], second["SOURCELABEL"]) == ("5\\ud800", "ERP")


def test_an_instant_that_is_none_fails_the_read():
    with pytest.raises(UnreadableAnswer, match="UPDATEDAT of OBJECT_PROPERTIES_HISTORY_LINE_ITEMS: 'soon'"):
        version_rows(TABLE, "0-8", rows((7, "a", "soon", "", None, None, None, None)), read_at=AT, sync_id="s")
