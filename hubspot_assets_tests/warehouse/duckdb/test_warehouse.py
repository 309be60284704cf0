"""What is peculiar to a DuckDB file: it lets one process in at a time, and users open it themselves."""

import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from hubspot_assets.sync.records.seen import SEEN
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import (
    Counts,
    Merge,
    SchemaChange,
    Table,
    TableNotFound,
    View,
    WarehouseBusy,
    WarehouseError,
)
from hubspot_assets.warehouse.duckdb.sql import literal
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse
from hubspot_assets_tests.warehouse.contacts import (
    CONTACTS,
    NAME,
    NUMBER,
    PROPERTIES,
    contact,
    contacts_table,
    merged,
    property_field,
    rows,
    stored,
)
from hubspot_assets_tests.warehouse.duckdb.killed_process import ROWS, start


def files(path: Path) -> list[str]:
    return sorted(str(found.relative_to(path)) for found in path.rglob("*"))


def test_a_commit_leaves_the_file_and_nothing_else(duckdb_warehouse, tmp_path):
    duckdb_warehouse.check()
    assert files(tmp_path) == []
    duckdb_warehouse.ensure(CONTACTS)
    merged(duckdb_warehouse, contact(1))
    duckdb_warehouse.check()
    assert files(tmp_path) == ["data", "data/hubspot.duckdb"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(parents=True), "is a folder"),
        (lambda path: path.parent.write_text("a file"), "cannot be made"),
        (lambda path: (path.parent.mkdir(), path.write_text("no database" * 1000)), "no DuckDB database; move it away"),
        (lambda path: (path.parent.mkdir(), path.touch()), "no DuckDB database; move it away"),
    ],
    ids=["folder", "folder is a file", "text file", "empty file"],
)
def test_a_path_that_cannot_be_a_database_is_refused_and_left_alone(duckdb_path, tmp_path, make, said):
    make(duckdb_path)
    before = files(tmp_path)
    warehouse = DuckDBWarehouse(duckdb_path)
    for attempt in (warehouse.check, lambda: warehouse.ensure(CONTACTS)):
        with pytest.raises(WarehouseError, match=said) as error:
            attempt()
        assert str(duckdb_path) in str(error.value)
        assert error.value.permanent
    assert files(tmp_path) == before


def test_a_commit_to_a_file_that_is_not_there_makes_none(duckdb_warehouse, tmp_path):
    with pytest.raises(TableNotFound, match="does not exist"):
        merged(duckdb_warehouse, contact(1))
    assert files(tmp_path) == []


def test_a_file_taken_for_too_long_is_an_error_that_names_who_has_it(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    impatient = DuckDBWarehouse(duckdb_path, lock_timeout=0.3)
    with start("hold", duckdb_path, 60) as shell:
        for attempt in (lambda: merged(impatient, contact(1)), lambda: impatient.read(NAME), impatient.check):
            with pytest.raises(WarehouseBusy, match=rf"{duckdb_path}.* process {shell.pid} .* has it open") as error:
                attempt()
            assert not error.value.permanent
        shell.kill()
    assert merged(impatient, contact(1)).inserted == 1


def test_a_sync_waits_for_a_shell_to_close_the_file(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    with start("hold", duckdb_path, 0.5):
        assert merged(duckdb_warehouse, contact(1)).inserted == 1


def test_a_connection_of_the_same_process_is_waited_for_too(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    impatient = DuckDBWarehouse(duckdb_path, lock_timeout=0.3)
    with duckdb.connect(duckdb_path), pytest.raises(WarehouseBusy, match="this process has it open"):
        impatient.read(NAME)
    assert impatient.read(NAME).num_rows == 0


def test_the_file_is_given_back_after_use_and_after_failure(duckdb_warehouse, duckdb_path):
    def other_process_gets_in() -> bool:
        query = f"import duckdb; duckdb.connect({str(duckdb_path)!r}).execute('SELECT 1')"
        return subprocess.run([sys.executable, "-c", query], check=False).returncode == 0

    duckdb_warehouse.ensure(CONTACTS)
    merged(duckdb_warehouse, contact(1))
    duckdb_warehouse.read(NAME)
    assert other_process_gets_in()
    with pytest.raises(WarehouseError):
        duckdb_warehouse.read(NAME, ["PROPERTY_FAX"])
    with pytest.raises(WarehouseError):
        duckdb_warehouse.missing(NAME, (), SEEN.name, (), ["OBJECTID"])
    assert other_process_gets_in()
    assert duckdb_warehouse.count(NAME) == 1


def test_threads_of_one_process_take_turns(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)

    def sync(worker: int) -> None:
        warehouse = DuckDBWarehouse(duckdb_path) if worker % 2 else duckdb_warehouse
        for step in range(4):
            merged(warehouse, contact(worker * 10 + step), contact(999, updated=worker * 10 + step))
            warehouse.read(NAME)
            warehouse.schema(NAME)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(sync, range(6)))
    assert duckdb_warehouse.count(NAME) == 25
    assert duckdb_warehouse.read(NAME, ["UPDATEDAT"], [("OBJECTID", "=", 999)])["UPDATEDAT"][0].as_py().minute == 53


def test_two_processes_that_sync_one_table_end_right(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    with start("interleave", duckdb_path, 0) as even, start("interleave", duckdb_path, 1) as odd:
        assert (even.wait(60), odd.wait(60)) == (0, 0)
    assert stored(duckdb_warehouse, "OBJECTID", "PROPERTY_EMAIL") == [(id_, str(min(id_, 23))) for id_ in range(40)]


def test_processes_that_make_one_file_at_once_both_find_it(duckdb_path):
    make = (
        "from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse as W;"
        "from hubspot_assets_tests.warehouse.contacts import contacts_table as t;"
        f"W({str(duckdb_path)!r}).ensure(t(name='T{{}}'))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", make.format(number)]) for number in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    warehouse = DuckDBWarehouse(duckdb_path)
    assert all(warehouse.schema(f"T{number}") is not None for number in range(3))
    assert files(duckdb_path.parent) == [duckdb_path.name]


def test_a_process_killed_at_any_moment_leaves_a_whole_commit(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS, SEEN)
    moments = random.Random(5)
    for _ in range(6):
        before = duckdb_warehouse.count(SEEN.name)
        with start("rewrite", duckdb_path) as process:
            time.sleep(moments.uniform(0, 0.3))
            process.kill()
        commits = duckdb_warehouse.count(SEEN.name)
        assert commits > before
        values = duckdb_warehouse.read(NAME, ["PROPERTY_EMAIL"])["PROPERTY_EMAIL"].to_pylist()
        assert values == [str(commits - 1)] * ROWS


def test_what_users_add_to_the_file_survives(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    merged(duckdb_warehouse, contact(1, EMAIL="a"), contact(2, EMAIL="b"))
    with duckdb.connect(duckdb_path) as shell:
        shell.execute(f"ALTER TABLE {NAME} ADD COLUMN my_note VARCHAR")
        shell.execute(f"UPDATE {NAME} SET my_note = 'mine' WHERE OBJECTID = 1")
        shell.execute(f"CREATE VIEW mails AS SELECT PROPERTY_EMAIL AS mail, my_note FROM {NAME}")
        shell.execute("CREATE TABLE targets AS SELECT 5 AS goal")
    assert duckdb_warehouse.ensure(CONTACTS) == []
    merged(duckdb_warehouse, contact(1, updated=2, EMAIL="A"), contact(3, EMAIL="c"))
    duckdb_warehouse.ensure(contacts_table(property_field("email"), property_field("amount"), property_field("fax")))
    with duckdb.connect(duckdb_path) as shell:
        assert shell.execute("FROM mails ORDER BY mail").fetchall() == [("A", "mine"), ("b", None), ("c", None)]
        assert shell.execute("FROM targets").fetchall() == [(5,)]
    assert duckdb_warehouse.count("MAILS", [("MY_NOTE", "=", "mine")]) == 1


def test_a_view_in_the_place_of_a_table_is_named(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(SEEN)
    with duckdb.connect(duckdb_path) as shell:
        shell.execute(f"CREATE VIEW {NAME} AS SELECT 1 AS OBJECTID")
    with pytest.raises(WarehouseError, match="OBJECTS_CONTACTS is a view"):
        duckdb_warehouse.ensure(CONTACTS)


def test_labels_become_comments_of_the_columns(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(contacts_table(property_field("email", label="E-mail o'clock")))
    duckdb_warehouse.ensure(contacts_table(*PROPERTIES, property_field("fax", label="Fax")))
    with duckdb.connect(duckdb_path) as shell:
        found = shell.execute("SELECT column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL").fetchall()
    assert dict(found) == {"PROPERTY_EMAIL": "E-mail o'clock", "PROPERTY_FAX": "Fax"}


def test_a_file_may_be_called_anything(tmp_path):
    for name in ("temp", "main.duckdb", "sys\"tem's.db", "ünïcode 1"):
        warehouse = DuckDBWarehouse(tmp_path / name)
        assert warehouse.ensure(CONTACTS) == [SchemaChange(NAME, "created")]
        assert merged(warehouse, contact(1)).inserted == 1
        warehouse.ensure_views(View("IDS", f'SELECT "OBJECTID" FROM "{NAME}"'))
        with duckdb.connect() as shell:
            shell.execute(f"ATTACH {literal(str(tmp_path / name))} AS mine")
            assert shell.execute("SELECT * FROM mine.IDS").fetchall() == [(1,)]


def test_no_progress_bar_is_drawn_where_duckdb_would_draw_one(duckdb_path):
    asked = "\n".join(
        [
            "import duckdb, pathlib",
            "from hubspot_assets.warehouse.duckdb.file import DuckDBFile",
            "asked = \"SELECT current_setting('enable_progress_bar')\"",
            "print(duckdb.connect().execute(asked).fetchall())",
            f"with DuckDBFile(pathlib.Path({str(duckdb_path)!r}), lock_timeout=1).open(read_only=False) as connection:",
            "    print(connection.execute(asked).fetchall())",
        ]
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["[(True,)]", "[(False,)]"]


def test_a_very_wide_table_fits_the_memory_that_a_commit_gives_itself(duckdb_warehouse):
    wide = contacts_table(*(property_field(f"p{number}") for number in range(1_000)))
    values = {f"P{number}": "v" for number in range(1_000)}
    duckdb_warehouse.ensure(wide)
    assert merged(duckdb_warehouse, *(contact(id_, 1, 1, **values) for id_ in range(20)), table=wide).inserted == 20
    assert (
        merged(
            duckdb_warehouse, contact(1, 1, 1, **values), contact(2, 1, 1, **values | {"P1": "w"}), table=wide
        ).updated
        == 1
    )


def test_a_wide_commit_keeps_its_memory_when_the_last_of_its_writes_is_small(duckdb_warehouse):
    """As each sync ends its commit with a row of SYNCS: the limit for that one once held for the commit of all."""
    fields = [property_field(f"p{number}", pa.string() if number % 3 else NUMBER) for number in range(1_200)]
    wide, small = contacts_table(*fields), Table("SYNCS", pa.schema([("SYNCID", pa.string())]), key=("SYNCID",))
    duckdb_warehouse.ensure(wide, small)
    one = rows(contact(1, 1, 1, **{f"P{number}": "value" for number in range(1_200) if number % 3}), table=wide)
    incoming = one.take([0] * 2_500).set_column(0, one.schema.field(0), pa.arange(0, 2_500))
    for counts in (Counts(inserted=2_500), Counts(unchanged=2_500)):
        with duckdb_warehouse.stage(wide) as stage:
            stage.write(incoming)
            done = duckdb_warehouse.commit(Merge(wide, stage), lambda _: Merge(small, pa.table({"SYNCID": ["s"]})))
        assert done[0] == counts


def test_large_texts_are_written_and_compared_when_they_are_read_again(duckdb_warehouse):
    """E-mail bodies: DuckDB works on 2,048 rows at once, so what it needs depends on the table, not on the commit."""
    duckdb_warehouse.ensure(CONTACTS)
    for counts in (Counts(inserted=40), Counts(unchanged=40)):
        for first in range(0, 200, 40):
            mails = (contact(id_, EMAIL=f"{id_} and so on, " * 27_000) for id_ in range(first, first + 40))
            assert merged(duckdb_warehouse, *mails) == counts


def test_a_commit_that_needs_more_memory_than_it_gave_itself_is_repeated_with_more(duckdb_warehouse, monkeypatch):
    duckdb_warehouse.ensure(CONTACTS)
    monkeypatch.setattr("hubspot_assets.warehouse.duckdb.warehouse.MEMORY_PER_BYTE", 0)
    monkeypatch.setattr("hubspot_assets.warehouse.duckdb.warehouse.LEAST_COMMIT", 1)
    times = []

    def once_more(before):
        times.append(before)
        return Merge(CONTACTS, rows(contact(2)))

    many = rows(*(contact(id_, EMAIL=f"{id_}" * 50) for id_ in range(10, 20_000)))
    with duckdb_warehouse.stage(CONTACTS) as stage:
        stage.write(many)
        counts = duckdb_warehouse.commit(Merge(CONTACTS, stage), once_more)
    assert counts == [Counts(inserted=many.num_rows), Counts(inserted=1)]
    assert duckdb_warehouse._file._factor > 1
    assert duckdb_warehouse.count(NAME) == many.num_rows + 1


def test_a_commit_that_all_the_memory_there_is_cannot_hold_says_so(duckdb_warehouse):
    duckdb_warehouse.ensure(CONTACTS)
    failures = []

    def hungry(_):
        failures.append(1)
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")

    with pytest.raises(WarehouseError, match="too little memory on this machine"):
        duckdb_warehouse.commit(hungry)
    assert len(failures) > 3
    assert merged(duckdb_warehouse, contact(1)) == Counts(inserted=1)


def test_after_a_crash_while_the_schema_changed_a_users_own_duckdb_opens_the_file(duckdb_path):
    """What a commit leaves in the write-ahead log must need no function that DuckDB would have to look for."""
    with start("widen", duckdb_path) as process:
        assert process.wait(30) == 9
    assert duckdb_path.with_name(f"{duckdb_path.name}.wal").exists()
    query = f"import duckdb; print(duckdb.connect({str(duckdb_path)!r}).sql('SELECT PROPERTY_AMOUNT FROM {NAME}'))"
    shell = subprocess.run([sys.executable, "-c", query], capture_output=True, text=True, check=False)
    assert "1.5" in shell.stdout, shell.stderr


def test_a_check_does_not_wait_for_a_locked_file_as_long_as_a_sync(duckdb_path, monkeypatch):
    monkeypatch.setattr("hubspot_assets.warehouse.duckdb.file.CHECK_TIMEOUT", 0.2)
    warehouse = DuckDBWarehouse(duckdb_path)
    warehouse.ensure(CONTACTS)
    with start("hold", duckdb_path, 60) as shell:
        with pytest.raises(WarehouseBusy, match=r"still taken after 0.2 s: process \d+"):
            warehouse.check()
        shell.kill()


def test_tables_say_what_they_are(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(SYNCS, SEEN)
    with duckdb.connect(duckdb_path) as shell:
        comments = dict(shell.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    assert comments == {table.name: table.comment for table in (SYNCS, SEEN)}
    assert all(comments.values())


def test_a_column_of_a_type_that_no_table_has_is_refused(duckdb_warehouse):
    odd = Table("ODD", pa.schema([("ID", pa.int64()), ("LISTS", pa.list_(pa.int64()))]), key=("ID",))
    with pytest.raises(WarehouseError, match="list"):
        duckdb_warehouse.ensure(odd)


def test_a_block_of_reads_opens_the_file_once_and_nobody_else_can_write_meanwhile(duckdb_warehouse, duckdb_path):
    duckdb_warehouse.ensure(CONTACTS)
    merged(duckdb_warehouse, contact(1), contact(2))
    other = DuckDBWarehouse(duckdb_path, lock_timeout=0.1)
    with duckdb_warehouse.reading():
        assert duckdb_warehouse.count(NAME) == 2
        # Within a block, a block is nothing new.
        with duckdb_warehouse.reading():
            assert duckdb_warehouse.read(NAME, ["OBJECTID"]).num_rows == 2
        assert duckdb_warehouse.schema("NONE") is None
        with pytest.raises(WarehouseBusy):
            merged(other, contact(3))
    merged(other, contact(3))
    assert duckdb_warehouse.count(NAME) == 3


def test_a_write_within_a_block_of_reads_is_refused_instead_of_waiting_for_itself(duckdb_warehouse):
    duckdb_warehouse.ensure(CONTACTS)
    with duckdb_warehouse.reading(), pytest.raises(RuntimeError, match="kept open for reading"):
        merged(duckdb_warehouse, contact(1))
    merged(duckdb_warehouse, contact(1))


def test_a_block_of_reads_that_fails_gives_the_file_back(duckdb_warehouse):
    duckdb_warehouse.ensure(CONTACTS)
    with pytest.raises(WarehouseError, match="no column NONE"), duckdb_warehouse.reading():
        duckdb_warehouse.read(NAME, ["NONE"])
    merged(duckdb_warehouse, contact(1))


def test_other_threads_wait_for_the_end_of_a_block_of_reads(duckdb_warehouse):
    duckdb_warehouse.ensure(CONTACTS)
    with ThreadPoolExecutor(1) as threads:
        with duckdb_warehouse.reading():
            writing = threads.submit(merged, duckdb_warehouse, contact(1))
            time.sleep(0.2)
            assert not writing.done()
            assert duckdb_warehouse.count(NAME) == 0
        writing.result()
    assert duckdb_warehouse.count(NAME) == 1
