"""What only a lake can break: logs, files, credentials, writers at once, answers that are lost."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import count
from random import Random

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from pyarrow.dataset import field

from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import (
    Counts,
    Delete,
    Merge,
    Patch,
    Replace,
    Table,
    TableNotFound,
    WarehouseBusy,
    WarehouseError,
    WarehouseUnreachable,
)
from hubspot_assets.warehouse.lake import redo
from hubspot_assets.warehouse.lake.bucket import AT_ONCE, TRIES, Bucket, Place
from hubspot_assets.warehouse.lake.commits import Committer
from hubspot_assets.warehouse.lake.draft import Draft
from hubspot_assets.warehouse.lake.errors import named_errors
from hubspot_assets.warehouse.lake.snapshot import opened
from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse
from hubspot_assets_tests.s3_bed import BUCKET, REGION
from hubspot_assets_tests.s3_faults import FaultyStore
from hubspot_assets_tests.warehouse.contacts import (
    CONTACTS,
    INSTANT,
    NAME,
    contact,
    contacts_table,
    instant,
    merged,
    property_field,
    rows,
    stored,
)


@pytest.fixture
def lake(s3_warehouse):
    s3_warehouse.ensure(CONTACTS)
    return s3_warehouse


def snapshot(lake, name: str = NAME):
    found = opened(lake._logs, name)
    assert found is not None
    return found


def version(lake, name: str = NAME) -> int:
    return snapshot(lake, name).delta.version()


def keys(lake) -> list[str]:
    """All objects below the prefix."""
    pages = lake._bucket.client.get_paginator("list_objects_v2").paginate(
        Bucket=lake.place.bucket, Prefix=lake.place.key("")
    )
    return [each["Key"] for page in pages for each in page.get("Contents", ())]


def test_any_reader_can_open_the_tables(lake):
    merged(lake, contact(1, EMAIL="a", AMOUNT=Decimal("1.5")))
    delta = snapshot(lake).delta
    protocol = delta.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    # A time without a zone would need newer readers.
    assert snapshot(lake).stored.field("UPDATEDAT").type == pa.timestamp("us", "UTC")
    assert snapshot(lake).stored.field("PROPERTY_AMOUNT").type == pa.decimal128(38, 10)


def test_readers_that_filter_by_a_column_without_bounds_find_its_rows(lake):
    """deltalake takes a column of which a file says nothing for one of NULLs, unless the table says what is known."""
    merged(lake, contact(1, EMAIL="a"), contact(2, EMAIL="b"), contact(3))
    files = snapshot(lake).delta.to_pyarrow_dataset(filesystem=lake._bucket.filesystem(NAME))
    assert files.count_rows(filter=field("PROPERTY_EMAIL") == "b") == 1
    assert files.count_rows(filter=field("PROPERTY_EMAIL").is_null()) == 1
    assert files.count_rows(filter=field("UPDATEDAT") >= pa.scalar(instant(1), pa.timestamp("us", "UTC"))) == 3


def test_what_changes_nothing_commits_nothing(lake):
    merged(lake, contact(1, EMAIL="a"))
    before = version(lake)
    assert merged(lake, contact(1, read=9, EMAIL="a")) == Counts(unchanged=1)
    assert lake.commit(Delete(CONTACTS, [("OBJECTID", "=", 7)])) == [Counts()]
    assert lake.ensure(CONTACTS) == []
    assert version(lake) == before


def test_a_new_column_rewrites_no_file(lake):
    merged(lake, contact(1, EMAIL="a"))
    before = [key for key in keys(lake) if key.endswith(".parquet")]
    lake.ensure(
        contacts_table(property_field("email"), property_field("amount", pa.decimal128(38, 10)), property_field("fax"))
    )
    assert [key for key in keys(lake) if key.endswith(".parquet")] == before
    assert stored(lake, "OBJECTID", "PROPERTY_FAX") == [(1, None)]


def test_only_the_files_with_changed_rows_are_written_anew(lake, monkeypatch):
    monkeypatch.setattr("hubspot_assets.warehouse.lake.draft.FILE_ROWS", 4)
    for first in (0, 4, 8):
        merged(lake, *(contact(first + number, EMAIL="a") for number in range(4)))
    before = {file.path for file in snapshot(lake).files()}
    assert len(before) == 3
    assert merged(lake, contact(5, updated=2, EMAIL="b")) == Counts(updated=1)
    assert len(before & {file.path for file in snapshot(lake).files()}) == 2
    assert lake.commit(Delete(CONTACTS, [("OBJECTID", "<", 4)])) == [Counts(deleted=4)]
    assert len(snapshot(lake).files()) == 2
    assert lake.count(NAME) == 8


def test_small_commits_do_not_make_a_file_each(lake):
    for number in range(8):
        merged(lake, contact(number))
    assert len(snapshot(lake).files()) == 1
    assert lake.count(NAME) == 8


SEEN = Table("SEEN", pa.schema([("SYNCID", pa.string()), ("AT", INSTANT)]), key=("SYNCID",))
SATELLITE = Table(
    "SATELLITE",
    pa.schema([("ID", pa.int64()), ("SCOPE", pa.string()), ("REMOVEDAT", INSTANT), ("SYNCID", pa.string())]),
    key=("ID", "SCOPE"),
    removal="REMOVEDAT",
)


def test_tables_are_committed_in_the_order_of_their_last_writes(lake, monkeypatch):
    lake.ensure(SYNCS, SEEN)
    lake.commit(Merge(SEEN, pa.table({"SYNCID": ["s"]})))
    order = []
    publish = Committer.publish
    monkeypatch.setattr(
        Committer,
        "publish",
        lambda self, draft, **others: order.append(draft._table.name) or publish(self, draft, **others),
    )
    lake.commit(
        Merge(CONTACTS, rows(contact(1))),
        Delete(SEEN, ()),
        lambda before: Merge(SYNCS, pa.table({"SYNCID": ["s"], "ROWSINSERTED": [before[0].inserted]})),
    )
    assert order == [NAME, "SEEN", "SYNCS"]


def writes(lake):
    """One of each kind, to several tables."""
    stage = lake.stage(SATELLITE)
    stage.write(pa.table({"ID": [1], "SCOPE": ["a"]}, schema=SATELLITE.schema.remove(3).remove(2)))
    return (
        Merge(CONTACTS, rows(contact(1, EMAIL="a"), contact(2))),
        Patch(SEEN, pa.table({"SYNCID": ["patched"], "AT": [instant(5)]}), only_if_older_than=("AT",)),
        Delete(SEEN, [("SYNCID", "in", ["old"]), ("AT", "<", instant(3))]),
        Replace(
            SATELLITE,
            stage,
            removed_at=instant(9),
            scope=("SCOPE",),
            scopes=pa.table({"SCOPE": ["a", "b"]}),
            stamp={"SYNCID": "s"},
        ),
        lambda before: Merge(SYNCS, pa.table({"SYNCID": ["s"], "ROWSINSERTED": [before[0].inserted]})),
    )


def everything(lake) -> list:
    names = [[NAME, "OBJECTID", "PROPERTY_EMAIL"], ["SEEN", "SYNCID", "AT"], ["SATELLITE", "ID", "SCOPE", "REMOVEDAT"]]
    return [stored(lake, *columns, name=name) for name, *columns in [*names, ["SYNCS", "SYNCID", "ROWSINSERTED"]]]


DONE = [
    [(1, "a"), (2, None)],
    [("patched", instant(5))],
    [(1, "a", None), (2, "b", instant(9)), (3, "c", None)],
    [("s", 2)],
]


@pytest.mark.parametrize("moment", range(10))
def test_a_commit_that_was_cut_short_is_done_whole_or_not_at_all(lake, s3_store, monkeypatch, moment):
    """Whoever reads next completes it, whatever it was about to ask of the store."""
    lake.ensure(SYNCS, SEEN, SATELLITE)
    lake.commit(Merge(SEEN, pa.table({"SYNCID": ["old", "patched"], "AT": [instant(1), instant(4)]})))
    lake.commit(Merge(SATELLITE, pa.table({"ID": [2, 3], "SCOPE": ["b", "c"]})))
    before = everything(lake)
    steps = count()

    def dying(does):
        def dies(*arguments, **options):
            if next(steps) == moment:
                raise KeyboardInterrupt
            return does(*arguments, **options)

        return dies

    with monkeypatch.context() as crash:
        crash.setattr("hubspot_assets.warehouse.lake.redo.keep", dying(redo.keep))
        crash.setattr("hubspot_assets.warehouse.lake.redo.drop", dying(redo.drop))
        crash.setattr(Bucket, "put_new", dying(Bucket.put_new))
        crash.setattr(Committer, "publish", dying(Committer.publish))
        with pytest.raises(KeyboardInterrupt):
            lake.commit(*writes(lake))
    others = s3_store.warehouse(lake.place.prefix)
    with others.reading():
        assert everything(others) in (before, DONE)
    assert any("_commits" in key for key in keys(lake)) is (moment in (1, 2)), "it may still be at work"


def test_an_interrupt_ends_a_download_that_is_under_way(lake, tmp_path):
    class Interrupt(BaseException):
        pass

    def interrupt(*_):
        raise Interrupt

    size = 60 * 2**20
    (tmp_path / "large").write_bytes(bytes(size))
    lake._bucket.upload(tmp_path / "large", "t/large")
    folder = tmp_path / "fetched"
    folder.mkdir()
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Interrupt):
            lake._bucket.download("t/large", folder / "large", size)
        # By then it would have come.
        time.sleep(1)
        assert list(folder.iterdir()) == []
        lake._bucket.download("t/large", folder / "large", size)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (folder / "large").stat().st_size == size


def test_a_large_file_of_which_only_parts_come_is_an_error_that_says_so(s3_store, tmp_path):
    size = 2 * AT_ONCE
    (tmp_path / "large").write_bytes(bytes(size))
    with FaultyStore.start(s3_store.endpoint, Random(0), kinds=["short"]) as way:
        bucket = s3_store.bucket(endpoint=way.endpoint)
        bucket.upload(tmp_path / "large", "t/large")
        way.rate = 1
        with pytest.raises(WarehouseUnreachable, match="again and again"), named_errors(bucket.place):
            bucket.download("t/large", tmp_path / "fetched", size)
        asked = [each for each in way.requests if each.startswith("GET")]
        assert max(Counter(asked).values()) >= TRIES, asked


def test_a_record_that_its_writer_finishes_is_not_done_again(lake, s3_store, monkeypatch):
    """Another process completes the commit while this one is between two tables."""
    lake.ensure(SYNCS)
    other = s3_store.warehouse(lake.place.prefix)
    publish = Committer.publish

    def overtaken(self, draft, **others):
        if draft._table.name == "SYNCS" and self is lake._committer:
            other._committer.recover()
        publish(self, draft, **others)

    monkeypatch.setattr(Committer, "publish", overtaken)
    lake.commit(Merge(CONTACTS, rows(contact(1))), Merge(SYNCS, pa.table({"SYNCID": ["s"], "ROWSREAD": [1]})))
    assert version(lake, "SYNCS") == 1
    assert not any("_commits" in key for key in keys(lake))


def test_the_record_of_a_writer_that_died_before_its_commit_goes_after_a_day(lake, s3_store, monkeypatch):
    lake.ensure(SYNCS)
    with monkeypatch.context() as crash:
        crash.setattr(Committer, "publish", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lake.commit(Merge(CONTACTS, rows(contact(1))), Merge(SYNCS, pa.table({"SYNCID": ["s"]})))
    lake.upkeep()
    assert any("_commits" in key for key in keys(lake)), "it may still be at work"
    monkeypatch.setattr("hubspot_assets.warehouse.lake.commits.OLD", timedelta(0))
    lake.upkeep()
    assert not any("_commits" in key for key in keys(lake))
    assert (lake.count(NAME), lake.count("SYNCS")) == (0, 0)


def test_a_commit_whose_answer_was_lost_is_known_by_its_id(lake, monkeypatch):
    put = Bucket.put_new
    monkeypatch.setattr(Bucket, "put_new", lambda *arguments: put(*arguments) and False)
    assert merged(lake, contact(1)) == Counts(inserted=1)
    assert version(lake) == 1
    assert lake.count(NAME) == 1


def test_a_table_that_was_dropped_is_seen_to_be_gone_and_made_anew(lake):
    """Also where this process has a copy of the log, and the new table has as many versions."""
    merged(lake, contact(1))
    for key in keys(lake):
        lake._bucket.client.delete_object(Bucket=BUCKET, Key=key)
    assert lake.schema(NAME) is None
    with pytest.raises(TableNotFound):
        merged(lake, contact(2))
    lake.ensure(CONTACTS)
    merged(lake, contact(3))
    assert stored(lake, "OBJECTID") == [(3,)]


def test_a_copy_of_a_log_does_not_grow_for_ever(lake, s3_store, monkeypatch):
    monkeypatch.setattr("hubspot_assets.warehouse.lake.log._MOST_ENTRIES", 3)
    other = s3_store.warehouse(lake.place.prefix)
    for number in range(12):
        merged(other, contact(number))
        assert lake.count(NAME) == number + 1
    assert lake._logs._copies[NAME].entries < 6


def test_versions_of_others_are_seen_and_a_checkpoint_spares_readers_the_entries_before(lake, s3_store):
    other = s3_store.warehouse(lake.place.prefix)
    for number in range(12):
        merged(other if number % 2 else lake, contact(number))
    assert (lake.count(NAME), other.count(NAME), version(lake)) == (12, 12, 12)
    assert [key.rpartition("/")[2] for key in keys(lake) if "checkpoint." in key] == [f"{10:020}.checkpoint.parquet"]
    assert s3_store.warehouse(lake.place.prefix).count(NAME) == 12


def test_who_comes_second_draws_up_anew_and_loses_no_row(lake, s3_store, monkeypatch):
    other = s3_store.warehouse(lake.place.prefix)
    changes = Draft.changes
    between = [lambda: merged(other, contact(1, updated=5, EMAIL="other"), contact(2))]

    def changed_meanwhile(draft):
        found = changes(draft)
        if between:
            between.pop()()
        return found

    monkeypatch.setattr(Draft, "changes", changed_meanwhile)
    assert merged(lake, contact(1, updated=3, EMAIL="ours"), contact(3)) == Counts(inserted=1, unchanged=1)
    assert stored(lake, "OBJECTID", "PROPERTY_EMAIL") == [(1, "other"), (2, None), (3, None)]


def test_who_always_comes_second_says_so(lake, monkeypatch):
    monkeypatch.setattr(Bucket, "put_new", lambda *_: False)
    monkeypatch.setattr("hubspot_assets.warehouse.lake.commits.ATTEMPTS", 3)
    monkeypatch.setattr(lake._committer, "_wait", 0.001)
    with pytest.raises(WarehouseBusy, match="Others write to tables"):
        merged(lake, contact(1))
    assert lake.count(NAME) == 0


def writer(lake, s3_store, first: int, commits: int) -> subprocess.Popen:
    program = [sys.executable, "-m", "hubspot_assets_tests.warehouse.lake.writer"]
    environment = os.environ | {"STORE": f"{s3_store.endpoint} {s3_store.role} {' '.join(s3_store.keys.values())}"}
    return subprocess.Popen([*program, lake.place.prefix, str(first), str(commits)], env=environment)


def test_processes_that_write_one_table_at_once_leave_one_row_per_key_the_newest(lake, s3_store):
    writers = [writer(lake, s3_store, first, 3) for first in range(3)]
    assert [each.wait(120) for each in writers] == [0, 0, 0]
    assert lake.duplicates(NAME, ("OBJECTID",)) == 0
    assert stored(lake, "OBJECTID", "PROPERTY_EMAIL") == [
        *((id_, "2") for id_ in range(10)),
        *((100 + first * 10 + commit, str(first)) for first in range(3) for commit in range(3)),
    ]


def test_a_killed_process_leaves_a_whole_table_and_files_that_upkeep_removes(lake, s3_store, monkeypatch):
    for moment in (1.5, 2.2):
        process = writer(lake, s3_store, 0, 50)
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert lake.duplicates(NAME, ("OBJECTID",)) == 0
    orphan = lake.place.key(f"{NAME}/part-of-a-killed-writer.parquet")
    lake._bucket.client.put_object(Bucket=BUCKET, Key=orphan, Body=b"x")
    rows_before = lake.count(NAME)
    assert lake.upkeep() == 0, "what is younger than the retention may still be in use"
    vacuum, at_once = DeltaTable.vacuum, {"retention_hours": 0, "enforce_retention_duration": False}
    monkeypatch.setattr(DeltaTable, "vacuum", lambda self, **options: vacuum(self, **(options | at_once)))
    assert lake.upkeep() >= 1
    data = [key for key in keys(lake) if key.endswith(".parquet") and "_delta_log" not in key]
    assert len(data) == len(snapshot(lake).files())
    assert lake.count(NAME) == rows_before


def test_a_lake_that_can_be_used_passes_its_check_and_keeps_nothing_of_it(lake):
    before = keys(lake)
    lake.check()
    assert keys(lake) == before


def test_a_wrong_external_id_is_told_with_role_and_cure(s3_store):
    said = r"Role arn:aws:iam::\d+:role/hubspot .* may not be assumed.*S3_EXTERNAL_ID"
    with pytest.raises(WarehouseError, match=said):
        LakeWarehouse(s3_store.bucket(external_id="wrong")).check()


def test_a_prefix_that_the_policy_leaves_out_is_told_with_the_action(s3_store):
    with pytest.raises(WarehouseError, match=r"may not s3:PutObject in s3://lake/elsewhere.*setup s3"):
        s3_store.warehouse("elsewhere").check()


def test_a_bucket_that_is_not_there_is_named(s3_store):
    with pytest.raises(WarehouseError, match="no-such-bucket"):
        LakeWarehouse(s3_store.bucket(bucket="no-such-bucket")).check()


def test_wrong_keys_are_told_and_not_shown(s3_store):
    session = s3_store.session(aws_secret_access_key="a wrong and secret key")
    warehouse = LakeWarehouse(Bucket(session, Place(BUCKET, "hubspot/x", REGION, s3_store.endpoint)))
    for attempt in (warehouse.check, lambda: warehouse.count(NAME)):
        with pytest.raises(WarehouseError, match="AWS keys are wrong") as error:
            attempt()
        assert "secret key" not in str(error.value)
        assert s3_store.keys["aws_access_key_id"] not in str(error.value)


def test_a_store_that_ignores_conditions_is_refused(lake, monkeypatch):
    put = lake._bucket.client.put_object
    monkeypatch.setattr(lake._bucket.client, "put_object", lambda IfNoneMatch=None, **others: put(**others))
    with pytest.raises(WarehouseError, match=r"ignores If-None-Match.*lose rows"):
        lake.check()


def test_instants_are_stored_to_the_microsecond_and_found_by_their_bounds(lake):
    exact = instant(3).replace(microsecond=999_999)
    lake.commit(Merge(CONTACTS, rows(contact(1) | {"UPDATEDAT": exact})))
    assert stored(lake, "OBJECTID", "UPDATEDAT") == [(1, exact)]
    for comparison in ("=", ">=", "<="):
        assert lake.count(NAME, [("UPDATEDAT", comparison, exact)]) == 1
    assert snapshot(lake).schema.field("UPDATEDAT").type == INSTANT


def test_every_file_is_encrypted_with_the_key_of_the_settings(s3_store):
    """Data, logs, checkpoints, and what is kept for a while."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/1"
    lake = LakeWarehouse(s3_store.bucket(kms_key=key))
    lake.ensure(CONTACTS, SYNCS)
    kept = []
    drop = redo.drop
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hubspot_assets.warehouse.lake.redo.drop", lambda bucket, path: kept.append((bucket, path)))
        lake.commit(Merge(CONTACTS, rows(contact(0))), Merge(SYNCS, pa.table({"SYNCID": ["s"], "ROWSREAD": [1]})))
    for number in range(9):
        merged(lake, contact(number, updated=2))
    about = [lake._bucket.client.head_object(Bucket=BUCKET, Key=each) for each in keys(lake)]
    assert len(about) > 25
    assert {(each.get("ServerSideEncryption"), each.get("SSEKMSKeyId")) for each in about} == {("aws:kms", key)}
    assert any("checkpoint" in each for each in keys(lake))
    for bucket, path in kept:
        drop(bucket, path)
