"""How chunks of rows get into the warehouse."""

import threading

import pytest

from hubspot_assets.warehouse.base import Counts, Table, WarehouseError, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.warehouse import ArrowStage, DuckDBWarehouse
from hubspot_assets_tests.sync.records.syncing import Syncing


class Patient(DuckDBWarehouse):
    """Takes its first chunk only when the next one is being staged, and then as it is told."""

    refuses = False

    def __init__(self, path) -> None:
        super().__init__(path, chunk_rows=10)
        self.stages = 0
        self.next_is_staged = threading.Event()
        self.commits = 0

    def stage(self, table: Table) -> ArrowStage:
        self.stages += 1
        if self.stages == 2:
            self.next_is_staged.set()
        return super().stage(table)

    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        self.commits += 1
        if self.commits == 1:
            assert self.next_is_staged.wait(timeout=30)
            if self.refuses:
                raise WarehouseError("refused")
        return super().commit(*writes)


@pytest.fixture
def patient(tickets: Syncing, tmp_path, monkeypatch) -> Patient:
    monkeypatch.setattr("hubspot_assets.sync.records.batches.BATCH_ROWS", 10)
    monkeypatch.setattr("hubspot_assets.hubspot.records.scan.PAGE_SIZE", 10)
    tickets.warehouse = warehouse = Patient(tmp_path / "patient.duckdb")
    return warehouse


def test_the_next_chunk_is_read_while_the_warehouse_takes_one(tickets: Syncing, patient: Patient) -> None:
    live = len(tickets.portal.ids("tickets"))
    report = tickets.latest()
    assert patient.commits > 2
    assert (report.counts.inserted, report.rows_in_slice) == (live, live)
    tickets.archived()
    tickets.assert_equal()


def test_a_chunk_that_the_warehouse_refuses_fails_the_sync_and_no_later_one_is_written(
    tickets: Syncing, patient: Patient
) -> None:
    patient.refuses = True
    with pytest.raises(WarehouseError, match="refused"):
        tickets.latest()
    assert patient.commits == 1
    assert tickets.warehouse.count(tickets.table) == 0
    tickets.both()
    tickets.assert_equal()


def test_a_refused_chunk_is_noticed_before_the_next_one_is_full(tickets: Syncing, patient: Patient, tmp_path) -> None:
    class Roomy(Patient):
        """Its first chunk is full with ten rows, the next one never."""

        refuses = True

        def stage(self, table: Table) -> ArrowStage:
            stage = super().stage(table)
            self.next_is_staged.set()
            return stage if self.stages == 1 else ArrowStage(table, 10**9, 10**12)

    tickets.warehouse = Roomy(tmp_path / "roomy.duckdb")
    tickets.portal.create_many("tickets", [{"subject": f"New {number}"} for number in range(2_000)])
    tickets.portal.latency(0.05)
    tickets.calls()
    with pytest.raises(WarehouseError, match="refused"):
        tickets.latest()
    assert tickets.calls() < 100
