"""Rounds of writers at once on one lake, while the store fails and writers are killed: is all there, exactly once?

Each writer does what syncs do. It looks how far it is, commits its next chunk with the state that says so, and begins
anew, as another sync, whenever something fails.
"""

import multiprocessing
import os
import random
import signal
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any

import pyarrow as pa

from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Counts, Delete, Merge, Table, WarehouseError
from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse
from hubspot_assets_tests.s3_bed import Store
from hubspot_assets_tests.s3_faults import FaultyStore
from hubspot_assets_tests.warehouse.contacts import CONTACTS, NAME, contact, rows, stored

WRITERS = 4
CHUNKS = 2
"""Commits of each writer."""
OWN, SHARED = 5, 10
"""Contacts in each commit that only this writer has, and that all of them have."""
PATIENCE = 1.0
REQUESTS = 150
"""About so many are made by a writer who is not disturbed."""

SEEN = Table("SEEN", pa.schema([("SYNCID", pa.string()), ("OBJECTID", pa.int64())]), key=("SYNCID", "OBJECTID"))

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def write(endpoint: str, role: str, keys: dict[str, str], prefix: str, number: int) -> None:
    """Commit chunks until all are there; to be run in a process of its own."""
    store = Store(0)
    store.endpoint, store.role, store.keys = endpoint, role, keys
    while True:
        try:
            lake = LakeWarehouse(store.bucket(prefix, patience=PATIENCE))
            lake._committer._wait = 0.1
            while (done := finished(lake, number)) < CHUNKS:
                commit(lake, number, done + 1)
            return
        except WarehouseError:
            continue


def finished(lake: LakeWarehouse, number: int) -> int:
    """How many of its chunks a writer knows to be there."""
    with lake.reading():
        found = lake.read("SYNCS", ["ROWSREAD"], [("RUNID", "=", str(number))])["ROWSREAD"].to_pylist()
    return max(found, default=0)


def commit(lake: LakeWarehouse, number: int, chunk: int) -> None:
    """Commit a chunk of a writer, with what it has met and its state."""
    sync = uuid.uuid4().hex
    own = [contact(id_, EMAIL=str(chunk), SYNCID=sync) for id_ in ids(number, chunk)]
    shared = [contact(id_, updated=chunk, read=number, EMAIL=f"{chunk} {number}") for id_ in range(SHARED)]

    def state(counts: "list[Counts]") -> Merge:
        row = {"SYNCID": sync, "RUNID": str(number), "ROWSREAD": chunk, "ROWSINSERTED": counts[0].inserted}
        return Merge(SYNCS, pa.Table.from_pylist([row], schema=SYNCS.schema).select(list(row)))

    with lake.stage(CONTACTS) as stage:
        stage.write(rows(*own, *shared))
        met = pa.table({"SYNCID": [str(number)] * OWN, "OBJECTID": [*ids(number, chunk)]})
        clear = [("SYNCID", "=", str(number))]
        lake.commit(
            Merge(CONTACTS, stage),
            Delete(SEEN, clear) if chunk == CHUNKS else Merge(SEEN, met),  # pyright: ignore[reportArgumentType]
            state,  # pyright: ignore[reportArgumentType]
        )


def ids(number: int, chunk: int) -> range:
    """The contacts that only one commit of one writer has."""
    first = 1_000 * (number + 1) + 10 * chunk
    return range(first, first + OWN)


@dataclass
class Round:
    """One round.

    Attributes:
        store: S3.
        seed: Chooses faults and kills.
        rate: The share of requests that fail.
    """

    store: Store
    seed: int
    rate: float = 0.03

    def __post_init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self._random = random.Random(self.seed)
        self._prefix = f"hubspot/round-{self.seed}-{uuid.uuid4().hex[:6]}"

    def play(self) -> None:
        """Let writers write, kill some and start them again, and compare.

        Raises:
            AssertionError: Rows are lost, or there twice, or the state says something else than the rows.
        """
        lake = self.store.warehouse(self._prefix)
        lake.ensure(CONTACTS, SYNCS, SEEN)
        with ExitStack() as stack:
            ways = [
                stack.enter_context(
                    FaultyStore.start(
                        self.store.endpoint, random.Random(self._random.random()), rate=self.rate, patience=PATIENCE
                    )
                )
                for _ in range(WRITERS)
            ]
            writers = [self._started(way, number, kills=True) for number, way in enumerate(ways)]
            for number, way in enumerate(ways):
                self._await(way, number, writers[number])
                self.faults += way.faults
        self._compare(lake)

    def _started(self, way: FaultyStore, number: int, *, kills: bool) -> BaseProcess:
        process = _processes.Process(
            target=write, args=(way.endpoint, self.store.role, self.store.keys, self._prefix, number), daemon=True
        )
        process.start()
        if kills:
            moments: Any = self._random.choice((way.before, way.after))
            moments[len(way.requests) + self._random.randrange(REQUESTS)] = partial(self._kill, process)
        return process

    def _kill(self, process: BaseProcess) -> None:
        if process.is_alive():
            self.faults["killed"] += 1
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)

    def _await(self, way: FaultyStore, number: int, process: BaseProcess) -> None:
        process.join(300)
        while process.exitcode == -signal.SIGKILL:
            process = self._started(way, number, kills=self._random.random() < 0.3)
            process.join(300)
        assert process.exitcode == 0, f"writer {number} of seed {self.seed} ended with {process.exitcode}"

    def _compare(self, lake: LakeWarehouse) -> None:
        with lake.reading():
            about = f"seed {self.seed}"
            assert lake.duplicates(NAME, ["OBJECTID"]) == 0, about
            emails = dict(stored(lake, "OBJECTID", "PROPERTY_EMAIL"))
            own = {id_: str(c) for n in range(WRITERS) for c in range(1, CHUNKS + 1) for id_ in ids(n, c)}
            # The newest value of what all of them have, by its version.
            shared = dict.fromkeys(range(SHARED), f"{CHUNKS} {WRITERS - 1}")
            assert emails == own | shared, about
            syncs = lake.read("SYNCS", ["RUNID", "ROWSREAD", "ROWSINSERTED"]).to_pylist()
            for number in range(WRITERS):
                mine = [row for row in syncs if row["RUNID"] == str(number)]
                assert {row["ROWSREAD"] for row in mine} == set(range(1, CHUNKS + 1)), about
            inserted = sum(row["ROWSINSERTED"] for row in syncs)
            assert inserted == len(emails), f"{about}: syncs say that they inserted {inserted} of {len(emails)} rows"
            # Every sync that wrote rows is known: who follows the table asks for the rows of each.
            known = set(lake.read("SYNCS", ["SYNCID"])["SYNCID"].to_pylist())
            assert {sync for id_, sync in stored(lake, "OBJECTID", "SYNCID") if id_ >= SHARED} <= known, about
            assert lake.count("SEEN") == 0, about
