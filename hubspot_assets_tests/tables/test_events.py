import json
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pyarrow as pa

from hubspot_assets.hubspot.events import Event
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables.event_names import event_table_names
from hubspot_assets.tables.events import EventTable, observed_properties

AT = datetime(2026, 11, 27, 1, tzinfo=UTC)


def event(id_: str = "a", **properties: object) -> Event:
    told = {
        "id": id_, "eventType": "pe1_login", "objectType": "CONTACT", "objectId": "51",
        "occurredAt": "2026-11-20T08:00:00.123Z", "properties": properties,
    }  # fmt: skip
    return msgspec.convert(told, Event)


def rows(events: list[Event], definitions: list[PropertyDefinition], **more) -> list[dict]:
    table = EventTable.of("pe1_login", "EVENTS_LOGIN", definitions, event_type_id="6-7")
    return table.rows(events, read_at=AT, sync_id="s", **more).to_pylist()


def test_tables_are_named_without_the_prefix_unless_types_clash():
    assert event_table_names(["e_visited_page", "pe12_login", "ae3_login", "pe12_a-b"]) == {
        "e_visited_page": "EVENTS_VISITED_PAGE",
        "pe12_login": "EVENTS_PE12_LOGIN",
        "ae3_login": "EVENTS_AE3_LOGIN",
        "pe12_a-b": "EVENTS_A_B",
    }


def test_events_become_typed_rows_and_what_fits_no_column_stays_raw():
    definitions = [
        PropertyDefinition("seats", type="number"),
        PropertyDefinition("day", type="date"),
        PropertyDefinition("note"),
    ]
    first, second = rows(
        [
            event(seats="25", day="2026-11-30", note=""),
            event("b", seats="many", note="x\ud800", strange="1\udc00", more={"a": 1}),
        ],
        definitions,
    )
    assert first == {
        "ID": "a", "EVENTTYPE": "pe1_login", "EVENTTYPEID": "6-7", "OBJECTTYPEID": "0-1", "OBJECTID": 51,
        "OCCURREDAT": datetime(2026, 11, 20, 8, 0, 0, 123_000), "PROPERTY_SEATS": Decimal(25),
        "PROPERTY_DAY": date(2026, 11, 30), "PROPERTY_NOTE": None, "UNPARSED": None,
        "INGESTEDAT": AT.replace(tzinfo=None), "SYNCID": "s",
    }  # fmt: skip
    assert json.loads(second["UNPARSED"]) == {"seats": "many", "strange": "1\\udc00", "more": '{"a":1}'}
    assert (second["PROPERTY_SEATS"], second["PROPERTY_NOTE"]) == (None, "x\\ud800")


def test_without_a_definition_columns_come_from_the_data_as_texts():
    events = [event(hs_url="https://x", hs_count="3"), event("b", hs_title="T")]
    first, second = rows(events, observed_properties(events))
    assert (first["PROPERTY_HS_URL"], first["PROPERTY_HS_COUNT"], first["UNPARSED"]) == ("https://x", "3", None)
    assert (second["PROPERTY_HS_TITLE"], second["PROPERTY_HS_URL"]) == ("T", None)


def test_object_types_of_the_account_are_named_by_whoever_knows_them():
    car = msgspec.structs.replace(event(), object_type="p1_cars")
    (row,) = rows([car], [], object_type_ids={"p1_cars": "2-7"})
    assert row["OBJECTTYPEID"] == "2-7"
    (row,) = rows([car], [])
    assert row["OBJECTTYPEID"] == "p1_cars"


def test_a_column_that_is_stored_as_text_stays_text():
    stored = pa.schema([("PROPERTY_SEATS", pa.string())])
    table = EventTable.of("pe1_login", "X", [PropertyDefinition("seats", type="number")], stored=stored)
    assert table.table.schema.field("PROPERTY_SEATS").type == pa.string()
    assert table.table.immutable
