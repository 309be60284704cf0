import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.tables import exact
from hubspot_assets.tables import pages as pages_module
from hubspot_assets.tables.fast import FastReader
from hubspot_assets.tables.pages import PageReader
from hubspot_assets.tables.schema import ColumnType, record_schema
from hubspot_assets_tests.tables.examples import READ_AT, definition, page, page_of, record

TYPES = {"label": "string", "amount": "number", "active": "bool", "birthday": "date", "met_at": "datetime"}
SCHEMA = record_schema("0-1", [definition(name, type_) for name, type_ in TYPES.items()])
COLUMNS = {column.property: column for column in SCHEMA.properties}


def read(*pages: Page) -> list[dict]:
    table = PageReader(SCHEMA, "sync-1").read(pages)
    table.validate(full=True)
    assert table.schema == SCHEMA.arrow
    return table.to_pylist()


def read_one(properties: dict[str, object], **fields: object) -> dict:
    (row,) = read(page(record(properties, **fields)))
    return row


def test_a_record_becomes_a_typed_row():
    row = read_one(
        {
            "label": "Ada",
            "amount": "1500.00",
            "active": "true",
            "birthday": "1815-12-10",
            "met_at": "2026-11-30T14:03:00.123Z",
        },
        id="50001",
        url="https://app.hubspot.com/contacts/1/record/0-1/50001",
    )

    assert row == {
        "OBJECTTYPEID": "0-1",
        "OBJECTID": 50001,
        "CREATEDAT": datetime(2026, 1, 5, 10),
        "UPDATEDAT": datetime(2026, 11, 20, 8, 1, 2, 345000),
        "ARCHIVED": False,
        "ARCHIVEDAT": None,
        "DELETEDAT": None,
        "DELETIONREASON": None,
        "MERGEDINTO": None,
        "URL": "https://app.hubspot.com/contacts/1/record/0-1/50001",
        "PROPERTY_LABEL": "Ada",
        "PROPERTY_AMOUNT": Decimal("1500"),
        "PROPERTY_ACTIVE": True,
        "PROPERTY_BIRTHDAY": date(1815, 12, 10),
        "PROPERTY_MET_AT": datetime(2026, 11, 30, 14, 3, 0, 123000),
        "UNPARSED": None,
        "INGESTEDAT": datetime(2026, 11, 20, 8, 5),
        "SYNCID": "sync-1",
    }


def test_an_archived_record_says_since_when_and_why_it_is_gone():
    row = read_one({}, archived=True, archivedAt="2026-11-19T00:00:00Z")

    assert (row["ARCHIVED"], row["ARCHIVEDAT"], row["DELETIONREASON"]) == (True, datetime(2026, 11, 19), "archived")


def test_a_live_record_has_no_archival_date_even_if_hubspot_sends_one():
    row = read_one({}, archivedAt="1970-01-01T00:00:00Z")

    assert (row["ARCHIVED"], row["ARCHIVEDAT"], row["DELETIONREASON"]) == (False, None, None)


def test_absent_null_and_empty_values_are_null():
    row = read_one({"label": "", "amount": "", "active": None, "birthday": ""})

    assert [row[column.column] for column in SCHEMA.properties] == [None] * 5
    assert row["UNPARSED"] is None


def test_values_that_fit_no_type_are_kept_as_they_came():
    raw = {"amount": "9" * 29, "active": "Yes", "birthday": "2026-02-30", "met_at": "2026-11-30T14:03:00"}

    row = read_one({**raw, "label": "kept"})

    assert [row[COLUMNS[name].column] for name in raw] == [None] * 4
    assert json.loads(row["UNPARSED"]) == raw
    assert row["PROPERTY_LABEL"] == "kept"


def test_one_unfit_value_leaves_the_rest_of_its_column_typed():
    amounts = ["1500", "12 %", None, "1E+3", "", "0.12345678901", "-0.5"]

    rows = read(page(*(record({"amount": amount}) for amount in amounts)))

    assert [row["PROPERTY_AMOUNT"] for row in rows] == [1500, None, None, 1000, None, None, Decimal("-0.5")]
    unparsed = [row["UNPARSED"] and json.loads(row["UNPARSED"]) for row in rows]
    assert unparsed == [None, {"amount": "12 %"}, None, None, None, {"amount": "0.12345678901"}, None]


@pytest.mark.parametrize(
    "text",
    ["nul \0 inside", "emoji \N{PILE OF POO}", "two\nlines\r\n", " spaces ", "a;b;c", "0", "null", "\ufeff", "\u2028"],
)
def test_text_is_kept_exactly(text):
    assert read_one({"label": text})["PROPERTY_LABEL"] == text


@pytest.mark.parametrize("name", ["label", "amount"])
def test_half_a_surrogate_pair_is_kept_as_its_escape(name):
    text = "broken \ud83d emoji"

    row = read_one({name: text})

    assert row[COLUMNS[name].column] is None
    assert json.loads(row["UNPARSED"]) == {name: r"broken \ud83d emoji"}


def test_json_values_that_are_no_strings_are_read_by_their_text():
    body = (
        b'{"results": [{"id": 51, "createdAt": "2026-01-05T10:00:00Z", "updatedAt": 1767607200000, "archived": false,'
        b'"properties": {"label": {"a": [1.50, true, null, "x\\u00e9"]}, "amount": 12345678901234567890.10,'
        b'"active": true, "birthday": 0, "met_at": 1700000000123}}]}'
    )

    (row,) = read(page_of(body))

    assert row["OBJECTID"] == 51
    assert row["UPDATEDAT"] == datetime(2026, 1, 5, 10)
    assert json.loads(row["PROPERTY_LABEL"]) == {"a": [1.5, True, None, "xé"]}
    assert "1.50" in row["PROPERTY_LABEL"]
    assert row["PROPERTY_AMOUNT"] == Decimal("12345678901234567890.10")
    assert row["PROPERTY_ACTIVE"] is True
    assert row["PROPERTY_BIRTHDAY"] == date(1970, 1, 1)
    assert row["PROPERTY_MET_AT"] == datetime(2023, 11, 14, 22, 13, 20, 123000)
    assert row["UNPARSED"] is None


def test_a_property_that_became_text_keeps_what_hubspot_sent():
    schema = record_schema(
        "0-1", [definition("amount", "number")], stored=pa.schema([("PROPERTY_AMOUNT", pa.string())])
    )

    table = PageReader(schema, "sync-1").read([page(record({"amount": "1500.00"}))])

    assert table["PROPERTY_AMOUNT"].to_pylist() == ["1500.00"]


def test_rows_keep_their_order_and_the_instant_of_their_page():
    later = READ_AT.astimezone(timezone(timedelta(hours=2))) + timedelta(minutes=1)
    pages = [
        page(record(id="3"), record(id="1")),
        page(),
        page(record({"amount": 5}, id="2"), read_at=later),
        page(record(id="9"), read_at=later),
    ]

    rows = read(*pages)

    assert [row["OBJECTID"] for row in rows] == [3, 1, 2, 9]
    assert [row["INGESTEDAT"].minute for row in rows] == [5, 5, 6, 6]
    assert {row["INGESTEDAT"].hour for row in rows} == {8}


def test_no_pages_and_empty_pages_are_tables_without_rows():
    assert read() == []
    assert read(page(), page()) == []


def test_only_the_pages_that_arrow_refuses_go_the_slower_way():
    reader = PageReader(SCHEMA, "sync-1")
    pages = [page(record({"amount": "1"}, id=str(id_))) for id_ in range(16)]
    pages[5] = page(record({"amount": 1}, id="5"))

    table = reader.read(pages)

    assert reader.exact_pages == 1
    assert table["OBJECTID"].to_pylist() == list(range(16))
    assert table["PROPERTY_AMOUNT"].to_pylist() == [1] * 16


def test_a_page_larger_than_a_block_is_read(monkeypatch):
    monkeypatch.setattr(pages_module, "BLOCK_BYTES", 1_000)
    pages = [page(*(record({"label": "x" * 3_000}, id=str(id_ * 3 + row)) for row in range(3))) for id_ in range(4)]

    assert [row["OBJECTID"] for row in read(*pages)] == list(range(12))


def test_pretty_printed_pages_and_other_fields_of_the_answer_do_no_harm():
    answer = {
        "total": 1,
        "results": [{**record({"label": "a\nb"}), "associations": {"x": [{"id": 1}]}}],
        "paging": {"next": None},
    }

    (row, _) = read(*[page_of(json.dumps(answer, indent=2).encode())] * 2)

    assert row["PROPERTY_LABEL"] == "a\nb"


def test_of_a_key_given_twice_the_later_value_counts():
    body = (
        json.dumps({"results": [record({"label": "first"})]}).replace('"first"', '"first", "label": "second"').encode()
    )

    assert [row["PROPERTY_LABEL"] for row in read(page_of(body))] == ["second"]


def test_an_object_type_without_properties_still_has_its_records():
    schema = record_schema("0-1", [])

    assert PageReader(schema, "sync-1").read([page(record(id="7"))])["OBJECTID"].to_pylist() == [7]


def test_twelve_hundred_properties_are_read():
    definitions = [definition(f"a_rather_long_property_name_{number}", "number") for number in range(1_200)]
    properties = {definition_.name: str(number) for number, definition_ in enumerate(definitions)}

    (row,) = PageReader(record_schema("0-1", definitions), "sync-1").read([page(record(properties))]).to_pylist()

    assert [row[f"PROPERTY_A_RATHER_LONG_PROPERTY_NAME_{number}"] for number in range(1_200)] == list(range(1_200))


@pytest.mark.parametrize("id_", ["", None, "0x1F", "abc", "1.0", " 1", "9223372036854775808", "-", "007"])
def test_a_record_without_a_whole_number_as_its_id_is_an_error(id_):
    with pytest.raises(UnreadableAnswer, match="whole number as its id"):
        read(page(record(id="1"), record(id=id_)))


@pytest.mark.parametrize("name", ["createdAt", "updatedAt"])
@pytest.mark.parametrize("text", ["", None, "yesterday", "2026-01-05T10:00:00"])
def test_a_record_whose_instants_cannot_be_read_is_an_error_that_names_it(name, text):
    with pytest.raises(UnreadableAnswer, match=f"record 77.*`{name}`"):
        read(page(record(id="77", **{name: text})))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"results": null}',
        b'{"results": {}}',
        b'{"results": [null]}',
        b'{"results": [1]}',
        b'{"results": []} {"results": []}',
        b'{"results": [{"properties": []}]}',
        b'{"results": [{"properties": "x"}]}',
        b'{"results": [{"id": "1", "properties": {"label": "\xff"}}]}',
    ],
)
def test_what_is_no_page_of_records_is_an_error(body):
    with pytest.raises(UnreadableAnswer):
        read(page(record()), page_of(body))


def test_bytes_that_are_no_utf_8_never_reach_a_table():
    body = page(record({"label": "@"})).body.replace(b"@", b"\xed\xa0\x80")

    (row,) = read(page_of(body))

    assert row["PROPERTY_LABEL"] is None
    assert json.loads(row["UNPARSED"]) == {"label": r"\ud800"}


# --- any JSON at all ------------------------------------------------------------------------------------------

texts = st.text() | st.sampled_from(
    [
        "1500.00",
        "-.5",
        "1e3",
        "4E28",
        "9" * 29,
        "0.12345678901",
        "true",
        "FALSE",
        "Yes",
        "2026-11-30",
        "2026-02-30",
        "2026-11-30T14:03:00Z",
        "2026-11-30T00:00:00.000Z",
        "2026-11-30T14:03:00",
        "1700000000000",
        "0",
        "infinity",
    ]
)
documented = st.none() | texts
anything = st.recursive(
    documented
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


def records_of(value: st.SearchStrategy) -> st.SearchStrategy[list[dict]]:
    names = st.sampled_from([*TYPES, "not_asked_for"])
    fields = st.fixed_dictionaries({}, optional={"archived": st.booleans(), "url": st.none() | texts})
    return st.lists(
        st.builds(lambda properties, others: record(properties, **others), st.dictionaries(names, value), fields),
        max_size=4,
    )


def body_of(records: list[dict], escaped: bool) -> bytes:
    return json.dumps({"results": records}, ensure_ascii=escaped).encode(errors="surrogatepass")


@settings(deadline=None)
@given(st.lists(records_of(documented), min_size=1, max_size=3), st.booleans())
def test_both_readers_take_documented_pages_apart_alike(pages, escaped):
    bodies = [body_of(records, escaped) for records in pages]
    fast = FastReader(list(TYPES)).read(bodies)
    slow = [exact.read(body, list(TYPES)) for body in bodies]

    assert fast.unencodable == {}
    for name, column in fast.properties.items():
        assert column.to_pylist() == [text for part in slow for text in part.properties[name].to_pylist()]
    for name, column in fast.fields.items():
        assert column.to_pylist() == [text for part in slow for text in part.fields[name].to_pylist()]
    assert [bool(archived) for archived in fast.archived.to_pylist()] == [
        archived for part in slow for archived in part.archived.to_pylist()
    ]
    assert fast.pages.to_pylist() == [number for number, part in enumerate(slow) for _ in range(len(part.pages))]


@settings(deadline=None)
@given(st.lists(records_of(anything), min_size=1, max_size=3), st.booleans())
def test_both_ways_through_give_equal_tables(pages, escaped):
    together = [page_of(body_of(records, escaped), len(records)) for records in pages]
    reader, slow_reader = PageReader(SCHEMA, "s"), PageReader(SCHEMA, "s")
    slow_reader._fast = Refusing()  # pyright: ignore[reportAttributeAccessIssue]

    assert reader.read(together).equals(slow_reader.read(together))
    assert slow_reader.exact_pages == len(pages)


class Refusing:
    """A fast reader that refuses everything."""

    def read(self, bodies: list[bytes]) -> None:
        raise pa.ArrowInvalid("refused")


@settings(deadline=None)
@given(records_of(anything), st.booleans())
def test_every_value_is_in_its_column_or_raw_in_unparsed(records, escaped):
    rows = read(page_of(body_of(records, escaped), len(records)))

    assert len(rows) == len(records)
    for row, sent in zip(rows, records, strict=True):
        unparsed = json.loads(row["UNPARSED"] or "{}")
        for name, column in COLUMNS.items():
            raw, stored = sent["properties"].get(name), row[column.column]
            if raw is None or raw == "":
                assert stored is None
                assert name not in unparsed
            elif stored is None:
                assert unparsed[name] in (as_text(raw), json.dumps(raw)[1:-1])
            else:
                assert name not in unparsed
                assert says_the_same(column.type, stored, raw)


def as_text(raw: object) -> str:
    return raw if isinstance(raw, str) else json.dumps(raw, separators=(",", ":"))


def says_the_same(column_type: ColumnType, stored: object, raw: object) -> bool:
    """Whether a stored value is what was sent, judged without the code under test but for epoch milliseconds."""
    text = as_text(raw)
    match column_type:
        case ColumnType.TEXT:
            return stored == text
        case ColumnType.NUMBER:
            return stored == Decimal(text)
        case ColumnType.BOOLEAN:
            return str(stored).lower() == text.lower()
        case ColumnType.DATE | ColumnType.TIMESTAMP if text.removeprefix("-").isdecimal():
            moment = datetime(1970, 1, 1) + timedelta(milliseconds=int(text))
        case _:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return stored == (moment.date() if column_type is ColumnType.DATE else moment)


def test_unparsed_is_json_that_duckdb_reads_whatever_is_in_it():
    table = PageReader(SCHEMA, "s").read(
        [page(record({"label": "\udc00", "amount": '"\\\0é\n'}), record({"active": "Yes"}), record())]
    )

    query = "SELECT UNPARSED::JSON->>'amount', UNPARSED::JSON->>'active' FROM pages"
    with duckdb.connect() as connection:
        texts = connection.register("pages", table).execute(query).fetchall()

    assert texts == [('"\\\0é\n', None), (None, "Yes"), (None, None)]


def test_readers_in_several_threads_do_not_disturb_each_other():
    def amounts(thread: int) -> list[Decimal]:
        reader = PageReader(SCHEMA, f"sync-{thread}")
        tables = [reader.read([page(*(record({"amount": f"{thread}.{row}"}) for row in range(10)))]) for _ in range(20)]
        return [amount for table in tables for amount in table["PROPERTY_AMOUNT"].to_pylist()]

    with ThreadPoolExecutor(4) as pool:
        read_apart = list(pool.map(amounts, range(4)))

    assert read_apart == [[Decimal(f"{thread}.{row}") for row in range(10)] * 20 for thread in range(4)]
