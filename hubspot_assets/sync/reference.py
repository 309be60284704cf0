"""Small tables that HubSpot only gives whole: owners, teams, pipelines, definitions.

They are read at each sync, or once a day where that would be many requests; what is no longer there is marked. An
answer equal to the last one writes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa

from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import Forbidden, MissingScopes
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.source import Batch, Mode, Plan, Rows, Target, Unavailable, Work, new_sync_id
from hubspot_assets.sync.state import State
from hubspot_assets.warehouse.base import Table, Warehouse, Write

STRATEGY = "all"
"""How such a table is read (column STRATEGY of SYNCS)."""
WHOLE_TABLE = pa.table({})
"""Scopes of an answer that says everything about its table."""
DIGEST = "digest"
"""Key of a sync's notes: of what HubSpot answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What HubSpot told.

    Attributes:
        rows: The rows of the table.
        scopes: What it told everything about, as `Rows.scopes` takes it.
    """

    rows: pa.Table
    scopes: pa.Table = field(default_factory=lambda: WHOLE_TABLE)


@dataclass(frozen=True, kw_only=True)
class ReferencePlan(Plan):
    """What one sync of such a table is going to do: store an answer that has already been read."""

    answer: Answer | None = None


@dataclass
class ReferenceSource:
    """One table that is read whole.

    Attributes:
        client: The HubSpot client.
        name: For people (`owners`).
        table: The table.
        ask: Asks HubSpot; takes the id of the sync for the rows. Several sources may share what it asks.
        at_most_every: How old an answer may get before a sync that is not full asks again; None asks each time.
        full: Whether to ask however young the last answer is.
        sync_id: The id of this sync.
    """

    client: Client
    name: str
    table: Table
    ask: Callable[[str], Answer]
    at_most_every: timedelta | None = None
    full: bool = False
    sync_id: str = field(default_factory=new_sync_id)

    def __post_init__(self) -> None:
        self.target = Target(self.table.name)

    def look(self, state: State, warehouse: Warehouse) -> None:
        """Look at nothing: the state says all."""

    def plan(self, state: State, warehouse: Warehouse) -> ReferencePlan:  # noqa: ARG002
        """Ask HubSpot, unless its last answer is young enough, and see whether it says anything new."""
        now, notes = self.client.now(), state.notes or {}
        mode = state.mode(full=self.full)
        if mode is Mode.INCREMENTAL and self._is_young(state):
            sentence = "was read within the day"
            return ReferencePlan(mode=mode, strategy=STRATEGY, idle=True, sentence=sentence, notes=state.notes)
        try:
            answer = self.ask(self.sync_id)
        except (MissingScopes, Forbidden) as error:
            raise Unavailable(str(error)) from None
        digest = _digest(self.table, answer)
        return ReferencePlan(
            mode=mode,
            strategy=STRATEGY,
            window=Window(None, now),
            covered_until=now,
            # What is asked for once a day must note that it was.
            idle=mode is not Mode.INITIAL and notes.get(DIGEST) == digest and self.at_most_every is None,
            sentence="nothing has changed" if notes.get(DIGEST) == digest else f"writes {answer.rows.num_rows:,} rows",
            table=self.table,
            expected=answer.rows.num_rows,
            notes={DIGEST: digest},
            answer=answer,
        )

    def read(self, plan: ReferencePlan, work: Work) -> Iterator[Batch]:  # noqa: ARG002
        """Yield the answer, in one batch."""
        assert plan.answer is not None
        yield Batch((Rows(self.table, plan.answer.rows, plan.answer.scopes),), plan.answer.rows.num_rows)

    def conclude(self, plan: ReferencePlan, commits: Commits) -> Sequence[Write]:  # noqa: ARG002
        """Do nothing: the batch says everything."""
        return ()

    def facts(self) -> dict[str, int]:
        """Return nothing: the counts say it all."""
        return {}

    def _is_young(self, state: State) -> bool:
        if self.at_most_every is None or state.covered_until is None:
            return False
        return self.client.now() - state.covered_until < self.at_most_every


def _digest(table: Table, answer: Answer) -> str:
    """A text that is the same for the same answer, in whatever order HubSpot gave it."""
    told = answer.rows.drop_columns([name for name in table.provenance if name in answer.rows.column_names])
    lines = sorted(map(repr, told.to_pylist())) + sorted(map(repr, answer.scopes.to_pylist()))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
