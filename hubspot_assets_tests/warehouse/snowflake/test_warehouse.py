"""What only Snowflake's way of doing things can break: files, staging, sessions, transactions, widening."""

import gc
import json
import logging
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from snowflake.connector import errors
from snowflake.connector.cursor import SnowflakeCursor

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import (
    Counts,
    Delete,
    Merge,
    Patch,
    TableNotFound,
    WarehouseError,
    WarehouseUnreachable,
)
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX
from hubspot_assets.warehouse.snowflake.schema import columns, evolution
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.warehouse import SnowflakeWarehouse
from hubspot_assets_tests.snowflake_bed import recorded
from hubspot_assets_tests.warehouse.snowflake_tables import CONTACTS, contacts, day

ADA = {
    "OBJECTID": 9_007_199_254_740_993,
    "UPDATEDAT": day(3),
    "PROPERTY_NAME": "it's \\ 100 % \n\t ü 🙂 \"",
    "PROPERTY_AMOUNT": Decimal("1234567890123456789012345678.0123456789"),
    "PROPERTY_VIP": False,
    "PROPERTY_BIRTHDAY": date(1, 1, 1),
    "PROPERTY_SEEN": day(3).replace(year=9999, microsecond=123_456),
    "UNPARSED": '{"amount": "1e99 \\"x\\" \\\\"}',
    "INGESTEDAT": day(4),
    "SYNCID": "a",
}


@pytest.fixture
def snowflake(snowflake_server):
    with closing(snowflake_server.warehouse()) as warehouse:
        warehouse.ensure(CONTACTS)
        yield warehouse


def store(warehouse, *rows, **columns):
    with warehouse.stage(CONTACTS) as stage:
        stage.write(contacts(*rows))
        [counts] = warehouse.commit(Merge(CONTACTS, stage))
        return counts


def rows(warehouse, *names):
    found = warehouse.read("OBJECTS_CONTACTS", names or None).to_pylist()
    return sorted(found, key=lambda row: row.get("OBJECTID", 0))


def left_behind(warehouse):
    """Files in the stage, and staging tables."""
    place = warehouse.place
    return warehouse._run(
        lambda session: [
            *(row[0] for row in session.rows(f"LIST {place.stage('OBJECTS')}")),
            *(row[1] for row in session.rows(f"SHOW TABLES IN SCHEMA {place.schema_name}") if "$" in row[1]),
        ]
    )


def test_values_of_every_type_come_back_exactly_through_files_and_within_statements(snowflake):
    assert snowflake.schema("OBJECTS_CONTACTS") == CONTACTS.schema
    empty = {"OBJECTID": 2}
    assert store(snowflake, ADA, empty) == Counts(inserted=2)
    through_file = rows(snowflake)
    snowflake.commit(Delete(CONTACTS, []), Merge(CONTACTS, contacts(ADA, empty)))
    assert rows(snowflake) == through_file
    blank, ada = through_file
    assert set(blank.values()) == {None, 2}
    assert json.loads(ada.pop("UNPARSED")) == json.loads(ADA["UNPARSED"])
    assert ada == {name: value for name, value in ADA.items() if name != "UNPARSED"}


def test_rows_that_say_nothing_new_are_unchanged_and_older_ones_keep_out(snowflake):
    store(snowflake, ADA)
    assert store(snowflake, {**ADA, "SYNCID": "b", "INGESTEDAT": day(5)}) == Counts(unchanged=1)
    assert store(snowflake, {**ADA, "UPDATEDAT": day(2), "PROPERTY_NAME": "old"}) == Counts(unchanged=1)
    assert store(snowflake, {**ADA, "INGESTEDAT": day(3), "PROPERTY_NAME": "read earlier"}) == Counts(unchanged=1)
    assert rows(snowflake, "SYNCID", "PROPERTY_NAME") == [{"SYNCID": "a", "PROPERTY_NAME": ADA["PROPERTY_NAME"]}]
    changed = {**ADA, "UNPARSED": '{"amount": "2e99"}', "INGESTEDAT": day(5)}
    assert store(snowflake, changed, {**ADA, "PROPERTY_NAME": "older twin"}) == Counts(updated=1)
    assert json.loads(rows(snowflake, "UNPARSED")[0]["UNPARSED"]) == {"amount": "2e99"}


def test_a_stage_is_full_by_rows_or_by_compressed_bytes_and_keeps_them_on_disk(snowflake_server):
    warehouse = snowflake_server.warehouse(chunk_rows=3, chunk_bytes=1)
    with warehouse.stage(CONTACTS) as stage:
        stage.write(contacts({"OBJECTID": 1}))
        assert not stage.full
        folder = stage.file().parent
        assert stage.full
        assert folder.name.startswith(FOLDER_PREFIX)
    assert not folder.exists()
    with snowflake_server.warehouse(chunk_rows=2).stage(CONTACTS) as stage:
        stage.write(contacts({"OBJECTID": 1}, {"OBJECTID": 1}))
        assert (stage.full, stage.rows, stage.keys()) == (True, 2, 1)


def test_without_rows_no_statement_is_sent(snowflake):
    with recorded() as sent, snowflake.stage(CONTACTS) as stage:
        none = contacts()
        assert snowflake.commit(Merge(CONTACTS, stage), Merge(CONTACTS, none), Patch(CONTACTS, none)) == [Counts()] * 3
    assert sent == []


def test_nothing_is_sent_but_descriptions_where_the_schema_is_as_wanted(snowflake):
    with recorded() as sent:
        assert snowflake.ensure(CONTACTS) == []
    assert sent == [f"DESCRIBE TABLE {snowflake.place.table('OBJECTS_CONTACTS')}"]


def test_reads_that_belong_together_ask_for_each_table_once(snowflake):
    store(snowflake, ADA)
    with recorded() as sent, snowflake.reading():
        assert snowflake.schema("OBJECTS_CONTACTS") is not None
        with snowflake.reading():
            assert snowflake.read("OBJECTS_CONTACTS", ["OBJECTID"]).num_rows == 1
        assert snowflake.read("OBJECTS_CONTACTS").num_rows == 1
    assert [statement.split()[0] for statement in sent] == ["DESCRIBE", "SELECT", "SELECT"]


def test_reads_after_a_change_of_the_schema_see_it_once_the_block_of_reads_is_over(snowflake_server):
    snowflake, other = (snowflake_server.warehouse(place) for place in [snowflake_server.place()] * 2)
    with snowflake.reading():
        assert snowflake.schema("OBJECTS_CONTACTS") is None
        other.ensure(CONTACTS)
        assert snowflake.schema("OBJECTS_CONTACTS") == CONTACTS.schema.remove_metadata()
    other.ensure(replace(CONTACTS, schema=CONTACTS.schema.append(pa.field("PROPERTY_NEW", pa.string()))))
    read = snowflake.schema("OBJECTS_CONTACTS")
    assert read is not None
    assert "PROPERTY_NEW" in read.names


def test_the_same_question_has_the_same_text_so_that_snowflake_may_answer_from_its_cache(snowflake):
    store(snowflake, ADA)
    texts = []
    for _ in range(2):
        with recorded() as sent:
            snowflake.count("OBJECTS_CONTACTS", [("PROPERTY_VIP", "=", False)])
            snowflake.read("OBJECTS_CONTACTS", ["OBJECTID"], [("PROPERTY_NAME", "is not null", None)])
        texts.append(sent)
    assert texts[0] == texts[1]


def test_values_of_staged_rows_appear_in_no_statement(snowflake, caplog):
    with caplog.at_level(logging.DEBUG, "snowflake"):
        store(snowflake, {"OBJECTID": 1, "PROPERTY_NAME": "Ada Lovelace"})
    assert "MERGE INTO" in caplog.text
    assert "Ada Lovelace" not in caplog.text


def test_a_commit_leaves_neither_files_nor_staging_tables(snowflake):
    with recorded() as sent:
        store(snowflake, ADA)
    assert left_behind(snowflake) == []
    kinds = [statement.split()[0] for statement in sent]
    assert kinds == ["LIST", "PUT", "CREATE", "COPY", "DESCRIBE", "MERGE", "DROP", "REMOVE"]
    assert "TRANSIENT" in sent[2]


def test_a_failure_between_copy_and_commit_undoes_everything_and_cleans_up(snowflake):
    store(snowflake, {"OBJECTID": 1, "PROPERTY_NAME": "before"})

    def refused(counts):
        assert counts == [Counts(inserted=1, updated=1)]
        raise errors.ProgrammingError("injected", errno=3001)

    with snowflake.stage(CONTACTS) as stage:
        stage.write(contacts({"OBJECTID": 1, "UPDATEDAT": day(2), "PROPERTY_NAME": "after"}, {"OBJECTID": 2}))
        with pytest.raises(WarehouseError, match="LOADER"):
            snowflake.commit(Merge(CONTACTS, stage), refused)
        assert rows(snowflake, "OBJECTID", "PROPERTY_NAME") == [{"OBJECTID": 1, "PROPERTY_NAME": "before"}]
        assert left_behind(snowflake) == []
        # The stage still has its rows: the same commit can be tried again.
        assert snowflake.commit(Merge(CONTACTS, stage)) == [Counts(inserted=1, updated=1)]


def test_a_commit_that_fails_in_passing_is_repeated_as_a_whole(snowflake, caplog):
    store(snowflake, {"OBJECTID": 1, "PROPERTY_NAME": "before"})
    failures = [errors.OperationalError("lost", errno=250003), errors.InternalServerError(errno=290500)]

    def sometimes(counts):
        if failures:
            raise failures.pop()
        return Merge(CONTACTS, contacts({"OBJECTID": 3}))

    with snowflake.stage(CONTACTS) as stage:
        stage.write(contacts({"OBJECTID": 1, "UPDATEDAT": day(2), "PROPERTY_NAME": "after"}, {"OBJECTID": 2}))
        counts = snowflake.commit(Merge(CONTACTS, stage), sometimes)
    assert counts == [Counts(inserted=1, updated=1), Counts(inserted=1)]
    assert [row["OBJECTID"] for row in rows(snowflake, "OBJECTID")] == [1, 2, 3]
    assert left_behind(snowflake) == []
    assert caplog.text.count("failed in passing") == 2


def test_what_fails_in_passing_for_ever_is_told_and_may_be_tried_again_later(snowflake):
    def lost(_):
        raise errors.OperationalError("no route to host", errno=250003)

    with pytest.raises(WarehouseUnreachable, match=r"was lost, again and again.*no route to host") as raised:
        snowflake.commit(lost)
    assert not raised.value.permanent


def test_a_killed_process_leaves_the_table_as_it_was_and_files_that_the_next_load_takes_away(
    snowflake, snowflake_server
):
    store(snowflake, {"OBJECTID": 1, "PROPERTY_NAME": "before"})
    program = [sys.executable, "-m", "hubspot_assets_tests.warehouse.snowflake.killed_process"]
    killed = subprocess.run([*program, str(snowflake_server.port), snowflake.place.schema], timeout=60)
    assert killed.returncode == -9
    files_and_table = left_behind(snowflake)
    assert len(files_and_table) == 2
    snowflake_server.forget_sessions()
    assert rows(snowflake, "OBJECTID", "PROPERTY_NAME") == [{"OBJECTID": 1, "PROPERTY_NAME": "before"}]

    store(snowflake, {"OBJECTID": 2})
    assert left_behind(snowflake) == files_and_table, "what may still be in use is left alone"
    with closing(snowflake_server.warehouse(snowflake.place, left_after=timedelta(0))) as later:
        store(later, {"OBJECTID": 3})
    assert left_behind(snowflake) == []
    assert [row["OBJECTID"] for row in rows(snowflake, "OBJECTID")] == [1, 2, 3]


def test_writers_at_once_leave_one_row_per_key_the_newest(snowflake, snowflake_server):
    warehouses = [snowflake, snowflake_server.warehouse(snowflake.place), snowflake]

    def write(number):
        some = [
            {"OBJECTID": n, "UPDATEDAT": day(1 + (number + n) % 3), "PROPERTY_NAME": f"{(number + n) % 3}"}
            for n in range(40)
        ]
        store(warehouses[number], *some)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(snowflake, "OBJECTID", "PROPERTY_NAME") == [{"OBJECTID": n, "PROPERTY_NAME": "2"} for n in range(40)]
    assert left_behind(snowflake) == []


def test_one_session_serves_a_whole_sync_and_another_takes_its_place_when_it_is_lost(snowflake_server):
    place = snowflake_server.place()
    opened = []
    warehouse = snowflake_server.warehouse(place)
    connect = warehouse._sessions._connect
    warehouse._sessions._connect = lambda: opened.append(connect()) or opened[-1]
    warehouse.ensure(CONTACTS)
    store(warehouse, ADA)
    warehouse.tagged({"asset": "x"}).count("OBJECTS_CONTACTS")
    assert len(opened) == 1
    opened[0].close()
    assert warehouse.count("OBJECTS_CONTACTS") == 1
    assert len(opened) == 2
    snowflake_server.forget_sessions()
    assert warehouse.count("OBJECTS_CONTACTS") == 1
    assert len(opened) == 3
    warehouse.close()
    assert opened[2].is_closed()


def test_every_statement_carries_the_tag(snowflake, monkeypatch):
    tags = []
    execute = SnowflakeCursor.execute

    def recording(cursor, command, *arguments, **options):
        tags.append((command, (options.get("_statement_params") or {}).get("QUERY_TAG")))
        return execute(cursor, command, *arguments, **options)

    monkeypatch.setattr(SnowflakeCursor, "execute", recording)
    tag = {"asset": "hubspot/contacts", "partition": "latest", "run_id": "r1"}
    store(snowflake.tagged(tag), ADA)
    tagged = [json.loads(found) for command, found in tags if not command.startswith(("ALTER SESSION", "COMMIT"))]
    assert len(tagged) == 8
    assert all(each == tag for each in tagged)


def test_a_column_becomes_text_with_every_value_spelled_as_hubspot_does(snowflake):
    store(
        snowflake,
        {"OBJECTID": 1, "PROPERTY_AMOUNT": Decimal("1500"), "PROPERTY_VIP": True, "PROPERTY_SEEN": day(30)},
        {"OBJECTID": 2, "PROPERTY_AMOUNT": Decimal("-0.5"), "PROPERTY_BIRTHDAY": date(2026, 11, 30)},
        {"OBJECTID": 3, "UNPARSED": '{"amount": "1e99", "vip": "perhaps"}'},
        {"OBJECTID": 4, "UNPARSED": '{"amount": "many"}', "PROPERTY_SEEN": day(30).replace(microsecond=123_000)},
    )
    changes = snowflake.ensure(as_text("AMOUNT", "VIP", "BIRTHDAY", "SEEN"))
    assert [(c.kind, c.column) for c in changes] == [
        ("widened", f"PROPERTY_{name}") for name in ("AMOUNT", "VIP", "BIRTHDAY", "SEEN")
    ]
    assert snowflake.ensure(as_text("AMOUNT", "VIP", "BIRTHDAY", "SEEN")) == []
    names = ("PROPERTY_AMOUNT", "PROPERTY_VIP", "PROPERTY_BIRTHDAY", "PROPERTY_SEEN", "UNPARSED")
    found = snowflake.read("OBJECTS_CONTACTS", ["OBJECTID", *names]).sort_by("OBJECTID").select(names)
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        ("1500", "true", None, "2026-11-30T00:00:00.000Z", None),
        ("-0.5", None, "2026-11-30", None, None),
        ("1e99", "perhaps", None, None, None),
        ("many", None, None, "2026-11-30T00:00:00.123Z", None),
    ]
    # A sync that began before still brings numbers.
    store(snowflake, {"OBJECTID": 1, "UPDATEDAT": day(9), "PROPERTY_AMOUNT": Decimal("2.50")})
    assert rows(snowflake, "OBJECTID", "PROPERTY_AMOUNT")[0]["PROPERTY_AMOUNT"] == "2.5"


def as_text(*names):
    schema = CONTACTS.schema
    for name in names:
        place = schema.get_field_index(f"PROPERTY_{name}")
        schema = schema.set(place, schema.field(place).with_type(pa.string()))
    return replace(CONTACTS, schema=schema)


@pytest.mark.parametrize("done", [1, 3, 4, 5, 6])
def test_a_widening_that_was_cut_short_is_finished_later_and_loses_no_value(snowflake, done):
    store(
        snowflake,
        {"OBJECTID": 1, "PROPERTY_AMOUNT": Decimal("1.5")},
        {"OBJECTID": 2, "UNPARSED": '{"amount": "many"}'},
        {"OBJECTID": 3, "PROPERTY_AMOUNT": Decimal("3"), "UNPARSED": '{"vip": "perhaps"}'},
    )
    wanted = as_text("AMOUNT")

    def begin(session):
        stored = columns(session, snowflake.place, wanted.name)
        [step] = evolution(stored, snowflake.place, wanted)
        assert len(step.statements) == 7
        for statement in step.statements[:done]:
            session.execute(statement.text, statement.values)

    snowflake._run(begin)
    if done < 3:
        # Another sync goes on writing numbers for as long as there is a column for them.
        changed = {"OBJECTID": 3, "UPDATEDAT": day(9), "PROPERTY_AMOUNT": None, "UNPARSED": '{"amount": "few"}'}
        store(snowflake, changed, {"OBJECTID": 4, "PROPERTY_AMOUNT": Decimal("4")})
    snowflake.ensure(wanted)
    assert snowflake.ensure(wanted) == []
    assert set(snowflake.schema(wanted.name).names) == set(CONTACTS.schema.names)
    values = {row["OBJECTID"]: row["PROPERTY_AMOUNT"] for row in rows(snowflake, "OBJECTID", "PROPERTY_AMOUNT")}
    assert values == ({1: "1.5", 2: "many", 3: "few", 4: "4"} if done < 3 else {1: "1.5", 2: "many", 3: "3"})
    kept = {row["UNPARSED"] for row in rows(snowflake, "UNPARSED")}
    assert kept == ({None} if done < 3 else {None, '{"vip":"perhaps"}'})


def test_key_columns_of_another_type_are_refused_and_named(snowflake):
    other = replace(CONTACTS, schema=CONTACTS.schema.set(0, pa.field("OBJECTID", pa.string())))
    with pytest.raises(WarehouseError, match=r"column OBJECTID .* is stored as NUMBER\(38,0\).*rename or drop it"):
        snowflake.ensure(other)


def test_tables_and_columns_that_do_not_exist_are_named(snowflake):
    assert snowflake.schema("NOTHING") is None
    assert snowflake.count("NOTHING") == 0
    with pytest.raises(TableNotFound, match="no table NOTHING in Snowflake schema ANALYTICS"):
        snowflake.read("NOTHING")
    with pytest.raises(WarehouseError, match="has no column PROPERTY_X"):
        snowflake.read("OBJECTS_CONTACTS", ["PROPERTY_X"])


def test_everything_that_a_sync_needs_is_tried_and_nothing_of_it_stays(snowflake):
    examined = list(snowflake.examine())
    assert [each.subject.partition(" ")[2] for each in examined if each.works] == [
        "connection",
        "database",
        "warehouse",
        "stage",
        "load",
    ]
    snowflake.check()
    assert left_behind(snowflake) == []


def test_files_on_this_machine_do_not_outlive_their_stage(snowflake, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with snowflake.stage(CONTACTS) as stage:
        stage.write(contacts(ADA))
        stage.file()
        assert list(tmp_path.glob(f"{FOLDER_PREFIX}*"))
    store(snowflake, ADA)
    assert list(tmp_path.glob(f"{FOLDER_PREFIX}*")) == []


def test_files_are_uploaded_from_a_folder_of_any_name(snowflake, tmp_path, monkeypatch):
    folder = tmp_path / "brackets[1] and stars *"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert store(snowflake, ADA) == Counts(inserted=1)


def test_a_session_lives_in_its_context_manager_until_it_ends(snowflake_server):
    entered = []

    @contextmanager
    def connect():
        connection = snowflake_server.connect(place)
        entered.append(connection)
        try:
            yield connection
        finally:
            entered.remove(connection)
            connection.close()

    place = snowflake_server.place()
    warehouse = SnowflakeWarehouse(connect, place)
    assert warehouse.count("NOTHING") == 0
    gc.collect()
    [connection] = entered
    assert not connection.is_closed()
    assert warehouse.count("NOTHING") == 0
    warehouse.close()
    assert entered == []
    assert connection.is_closed()


def test_tables_say_what_they_are(snowflake):
    snowflake.ensure(SYNCS, SEEN)
    found = snowflake._run(lambda session: session.rows(f"SHOW TABLES IN SCHEMA {snowflake.place.schema_name}"))
    comments = {name: comment for _, name, _, _, _, comment, *_ in found}
    assert {table.name: comments[table.name] for table in (SYNCS, SEEN)} == {t.name: t.comment for t in (SYNCS, SEEN)}


def test_sessions_are_not_shared_by_threads_at_once(snowflake):
    both = threading.Barrier(2, timeout=20)
    seen = []

    def work(session: Session):
        both.wait()
        seen.append(session._connection)
        both.wait()

    threads = [threading.Thread(target=snowflake._run, args=(work,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, seen))) == 2
