from array import array
from datetime import UTC, datetime

import msgspec

from hubspot_assets.hubspot.list_members import Members
from hubspot_assets.hubspot.lists import RecordList
from hubspot_assets.tables.lists import LIST_MEMBERSHIPS, LISTS, list_rows, membership_rows

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)


def test_lists_become_rows():
    told = {
        "listId": "44", "listVersion": 3, "name": "SMB CEOs", "objectTypeId": "0-1", "processingType": "DYNAMIC",
        "processingStatus": "COMPLETE", "createdAt": "2026-01-01T00:00:00Z", "createdById": "9586504",
        "additionalProperties": {"hs_list_size": "4993", "hs_last_record_added_at": "1790841600000"},
    }  # fmt: skip
    full, least = msgspec.convert([told, {"listId": "45"}], list[RecordList])
    first, second = list_rows([full, least], read_at=AT, sync_id="s").to_pylist()
    assert (first["LISTSIZE"], first["LISTVERSION"], first["CREATEDBYID"]) == (4993, 3, "9586504")
    assert first["LASTRECORDADDEDAT"] == datetime(2026, 10, 1, 8)
    assert {name: value for name, value in second.items() if value is not None} == {
        "LISTID": "45",
        "INGESTEDAT": AT.replace(tzinfo=None),
        "SYNCID": "s",
    }
    assert (LISTS.key, LISTS.removal) == (("LISTID",), "DELETEDAT")


def test_members_become_rows():
    members = Members("44", array("q", [7]), ["2026-11-20T08:00:00.123Z"], read_at=AT)
    (row,) = membership_rows(members, "0-1", sync_id="s").to_pylist()
    assert row == {
        "LISTID": "44", "OBJECTID": 7, "OBJECTTYPEID": "0-1",
        "MEMBERSHIPAT": datetime(2026, 11, 20, 8, 0, 0, 123_000), "REMOVEDAT": None,
        "INGESTEDAT": AT.replace(tzinfo=None), "SYNCID": "s",
    }  # fmt: skip
    assert membership_rows(Members("44", read_at=AT), "0-1", sync_id="s").schema == LIST_MEMBERSHIPS.schema
