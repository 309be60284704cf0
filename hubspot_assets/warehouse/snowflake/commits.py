"""One commit to Snowflake: files are loaded before the transaction, and cleared away after it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pyarrow as pa
from snowflake.connector import errors

from hubspot_assets.warehouse.base import (
    Counts,
    Delete,
    Merge,
    Patch,
    Replace,
    Stage,
    Table,
    WarehouseError,
    Write,
    WriteAfter,
    conformed,
)
from hubspot_assets.warehouse.parquet_stage import ParquetStage
from hubspot_assets.warehouse.snowflake import merge as snowflake_merge
from hubspot_assets.warehouse.snowflake.load import Load, clear_leftovers
from hubspot_assets.warehouse.snowflake.merge import Source, inline
from hubspot_assets.warehouse.snowflake.schema import columns, know, required
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import Place, condition, portions
from hubspot_assets.warehouse.writes import is_idle, length

INLINE_VALUES = 10_000
"""Values that may travel within a statement, if they are also small."""
INLINE_BYTES = 128 * 2**10
"""Bytes that may; Snowflake takes statements of up to 1 MB."""

Run = Callable[[Callable[[Session], None]], None]
"""Does some work in a session of its own."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Sources:
    """What a write brings: its rows, and the scopes that it replaces."""

    rows: Source | None = None
    scopes: Source | None = None


class Committer:
    """Commits to the tables of one schema.

    Args:
        place: The schema.
        new_stage: Makes an empty stage for a table.
        left_after: Age at which files in the stage are taken for leftovers.
    """

    def __init__(self, place: Place, new_stage: Callable[[Table], ParquetStage], left_after: timedelta) -> None:
        self._place = place
        self._new_stage = new_stage
        self._left_after = left_after
        self._cleared: set[str] = set()

    def commit(self, session: Session, writes: Sequence[Write | WriteAfter], run: Run) -> list[Counts]:
        """Do the writes in one transaction, what they need before it, and clean up after it.

        Args:
            session: Where the transaction takes place.
            writes: The writes, in order.
            run: Does work in another session, for this one may be of no more use after a failure.
        """
        loads: list[Load] = []
        try:
            sources = {place: self._sources(session, write, loads) for place, write in enumerate(writes)}
            stored: dict[str, Mapping[str, str]] = {}
            counts: list[Counts] = []
            started = time.monotonic()
            with session.transaction():
                for place, write in enumerate(writes):
                    made = write(counts) if callable(write) else write
                    if made.table.name not in stored:
                        name = made.table.name
                        stored[name] = required(columns(session, self._place, name), self._place, name)
                    counts.append(self._written(session, made, stored[made.table.name], sources[place]))
            _log.debug("Snowflake: %d writes committed in %.2f s", len(writes), time.monotonic() - started)
        except BaseException:
            # Whatever ends the commit, an interrupt too, what was staged for it is of no more use.
            _clean_up(loads, run)
            raise
        _clean_up(loads, lambda work: work(session))
        return counts

    def _sources(self, session: Session, write: Write | WriteAfter, loads: list[Load]) -> _Sources:
        """What a write brings, where Snowflake can reach it; loads to be cleaned up are noted as they begin."""
        if callable(write) or isinstance(write, Delete) or is_idle(write):
            return _Sources()
        if isinstance(write, Replace):
            _refuse_strays(write)
        rows = self._source(session, write.table, write.rows, loads) if length(write.rows) else None
        if not isinstance(write, Replace) or write.scopes is None:
            return _Sources(rows)
        return _Sources(rows, self._source(session, write.scope_table, write.scopes, loads))

    def _source(self, session: Session, table: Table, rows: Stage | pa.Table, loads: list[Load]) -> Source:
        """Rows where Snowflake can reach them.

        Staged rows go through a file however few they are: no value of a record shows in the query history. Rows
        given as they are, of which ours hold ids and states only, go within the statement if they fit.
        """
        if isinstance(rows, Stage) and not isinstance(rows, ParquetStage):
            raise TypeError(f"a stage of another warehouse cannot be merged into {table.name}")
        if not isinstance(rows, ParquetStage):
            given = conformed(table, rows)
            if given.num_rows * given.num_columns <= INLINE_VALUES and given.nbytes <= INLINE_BYTES:
                return inline(table, given)
        if table.name not in self._cleared:
            self._cleared.add(table.name)
            clear_leftovers(session, self._place, table, self._left_after)
        load = Load(self._place, table)
        loads.append(load)
        if isinstance(rows, ParquetStage):
            return load.run(session, rows)
        with self._new_stage(table) as stage:
            stage.write(rows)
            return load.run(session, stage)

    def _written(self, session: Session, write: Write, stored: Mapping[str, str], sources: _Sources) -> Counts:
        table, name = write.table, self._place.table(write.table.name)
        if isinstance(write, Delete):
            know(stored, self._place, table.name, (), write.where)
            deleted = 0
            for portion in portions(write.where):
                text, values = condition(portion)
                deleted += session.counts(f"DELETE FROM {name} WHERE {text}", values)["deleted"]
            return Counts(deleted=deleted)
        if is_idle(write):
            return Counts()
        rows = sources.rows
        if rows is None and length(write.rows):
            if isinstance(write.rows, Stage):
                raise TypeError(f"rows for {table.name} that depend on other writes must be an Arrow table")
            rows = inline(table, conformed(table, write.rows))
        match write:
            case Merge():
                assert rows is not None
                return _merged(session, snowflake_merge.merge(table, name, stored, rows), rows)
            case Replace():
                scopes = sources.scopes
                if scopes is None and write.scopes is not None:
                    _refuse_strays(write)
                    scopes = inline(write.scope_table, conformed(write.scope_table, write.scopes))
                counts = Counts()
                if rows is not None:
                    statement = snowflake_merge.merge(table, name, stored, rows, unmarked=write.removal)
                    counts = _merged(session, statement, rows)
                removal, values = snowflake_merge.removal(write, name, stored, rows, scopes)
                return replace(counts, removed=session.counts(removal, values)["updated"])
            case Patch():
                assert rows is not None
                older = write.only_if_older_than or ()
                met, change = snowflake_merge.patch(table, name, stored, rows, older)
                [(matched,)] = session.rows(met, rows.values)
                updated = session.counts(change, rows.values)["updated"]
                return Counts(updated=updated, unchanged=max(0, int(matched) - updated))


def _refuse_strays(write: Replace) -> None:
    if write.scopes is None or not length(write.rows):
        return
    write.refuse_strays(write.rows.selected(write.scope) if isinstance(write.rows, ParquetStage) else write.rows)


def _clean_up(loads: Sequence[Load], run: Run) -> None:
    """Best done, but not worth failing what is committed: the next load finds what is left."""
    for load in loads:
        try:
            run(load.clean_up)
        except (WarehouseError, errors.Error) as error:
            _log.warning("A load into Snowflake was not cleaned up: %s", error)


def _merged(session: Session, statement: str, source: Source) -> Counts:
    done = session.counts(statement, source.values)
    inserted, updated = done.get("inserted", 0), done.get("updated", 0)
    return Counts(inserted, updated, max(0, source.candidates - inserted - updated))
