"""Driving one source: look at the state, plan, read, commit as it goes, conclude, report. The same for every family."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from hubspot_assets.hubspot.records.id_ranges import Outstanding
from hubspot_assets.hubspot.records.search import Window
from hubspot_assets.hubspot.transport.client import Client, Usage
from hubspot_assets.sync.commits import Commits
from hubspot_assets.sync.criteria import Values, account_text, asked_for, held_after, remarks
from hubspot_assets.sync.progress import Progress
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.source import Mode, P, Plan, Source, Target, Unavailable, Work
from hubspot_assets.sync.state import STATE, State, forget, read_state
from hubspot_assets.sync.syncs import SYNCS, SyncRow
from hubspot_assets.warehouse.base import SchemaChange, Warehouse, WarehouseError, Write

UNAVAILABLE = "unavailable"
"""Key of a sync's notes: what the account does not have, in a sentence."""

_log = logging.getLogger(__name__)


def run(
    source: Source[P], warehouse: Warehouse, client: Client, *, run_id: str, say: Callable[[str], object]
) -> Report:
    """Bring the target of a source into line with HubSpot.

    Args:
        source: What to read, and how.
        warehouse: Where to.
        client: The HubSpot client that the source reads by; its clock and its usage are asked for.
        run_id: Who launched it (column RUNID of SYNCS).
        say: Takes lines for people.

    Returns:
        What was done.

    Raises:
        HubSpotError: HubSpot refused, or could not be reached for long. What was read until then is committed.
        WarehouseError: The destination refused, or could not be reached for long.
        TableTaken: The table holds another object type.
        OtherAccount: The destination holds another account.
        Unavailable: HubSpot refused after it had answered.
    """
    began, used_before = time.monotonic(), client.usage()

    def used() -> Usage:
        return client.usage() - used_before

    account = account_text(client.portal_id, client.base_url)
    with warehouse.reading():
        state = read_state(warehouse, source.target, account)
        source.look(state, warehouse)
    try:
        plan = source.plan(state, warehouse)
    except Unavailable as error:
        say(f"{source.name}: {error}")
        report = _unavailable(source, state, used(), time.monotonic() - began, str(error))
        return replace(report, rows_by_day=_rows_by_day(warehouse, source.target, state))
    target = source.target
    changed = remarks(target.criteria, state.held, target.table, everything=_reads_everything(plan))
    plan = replace(plan, remarks=(*plan.remarks, *changed))
    for remark in plan.remarks:
        say(f"{source.name}: {remark}")
    row = _row(source, plan, client, run_id)
    if plan.idle:
        say(f"{source.name}: {plan.sentence}")
        unavailable = (plan.notes or {}).get(UNAVAILABLE)
        days = _rows_by_day(warehouse, source.target, state)
        seconds = time.monotonic() - began
        report = _report(source, plan, state, row, used(), seconds, client=client, unavailable=unavailable)
        return replace(report, rows_by_day=days)
    say(f"{source.name}: {plan.sentence}")
    changes = _prepare(warehouse, plan, state)
    work = _work(plan, row, client, asked_for(target.criteria, account))
    left = max(plan.expected - work.rows_before, 0) if plan.expected is not None else None
    commits = Commits(warehouse, row, work, used=used, progress=Progress(source.name, left, say))
    commits.write_with_next_commit(*plan.first_writes)
    unavailable = None
    try:
        try:
            writes = _read_and_conclude(source, plan, commits)
        except Unavailable as error:
            if commits.row.rows_read:
                # What HubSpot has given in part, the account has: a sync that ended well would pass for the whole.
                raise
            unavailable, writes = str(error), ()
        notes = {**(plan.notes or {}), UNAVAILABLE: unavailable} if unavailable else plan.notes
        noted, void = state.noting(notes, _held(target, plan, state, account))
        closing = [forget(void, "PROGRESS")] if void else []
        commits.finish(client.now(), plan.covered_until, noted, *writes, *closing)
    finally:
        commits.close()
    with warehouse.reading():
        rows_in_table = warehouse.count(source.target.table)
        rows = warehouse.count(source.target.table, source.target.where) if source.target.where else rows_in_table
        now = State(state.covered_until, rows=rows, rows_in_table=rows_in_table)
        days = _rows_by_day(warehouse, source.target, now)
    seconds = time.monotonic() - began
    report = _report(
        source, plan, now, commits.row, used(), seconds, client=client, changes=changes, unavailable=unavailable
    )
    report = replace(report, rows_by_day=days)
    say(f"{source.name}: {unavailable or report.sentence()}")
    return report


def _row(source: Source[P], plan: Plan, client: Client, run_id: str) -> SyncRow:
    return SyncRow(
        sync_id=source.sync_id,
        target=source.target,
        window=plan.window,
        mode=plan.mode,
        strategy=plan.strategy,
        started_at=client.now(),
        run_id=run_id,
    )


def _prepare(warehouse: Warehouse, plan: Plan, state: State) -> list[SchemaChange]:
    """Make the tables; before that, what an earlier table of the name left behind must no longer count."""
    assert plan.table is not None
    if state.void:
        warehouse.ensure(SYNCS)
        warehouse.commit(forget(state.void, *STATE))
    return warehouse.ensure(plan.table, *plan.other_tables, SYNCS)


def _reads_everything(plan: Plan) -> bool:
    return plan.everything or plan.mode in (Mode.INITIAL, Mode.FULL)


def _held(target: Target, plan: Plan, state: State, account: Values) -> Values:
    """By which values of the settings the table is complete once this sync has finished."""
    if plan.mode is Mode.WINDOW:
        return {**state.held, **account}
    return held_after(target.criteria, account, state.held, everything=_reads_everything(plan))


def _work(plan: Plan, row: SyncRow, client: Client, criteria: Values) -> Work:
    if plan.interrupted is None:
        return Work((row.sync_id,), client.now(), Outstanding(), plan.strategy, notes=plan.notes, criteria=criteria)
    before = plan.interrupted.work
    sync_ids = (*before.sync_ids, row.sync_id)
    # The notes stay those of the first: whatever has come since, none of the syncs may have got round to.
    return replace(before, sync_ids=sync_ids, strategy=plan.strategy, criteria=criteria)


def _read_and_conclude(source: Source[P], plan: P, commits: Commits) -> Sequence[Write]:
    """Read and conclude; what was read before an error or an interrupt is committed before that goes on."""
    try:
        for batch in source.read(plan, commits.work):
            commits.add(batch)
        return source.conclude(plan, commits)
    except BaseException as error:
        # Also an interrupt: a canceled run goes on later from what it has read.
        if isinstance(error, Unavailable) and not commits.row.rows_read:
            raise
        try:
            commits.keep()
        except WarehouseError as lost:
            _log.warning("%s: what was read last could not be kept: %s", source.name, lost)
        raise


def _report(
    source: Source[P],
    plan: Plan,
    state: State,
    row: SyncRow,
    usage: Usage,
    seconds: float,
    *,
    client: Client,
    changes: Sequence[SchemaChange] = (),
    unavailable: str | None = None,
) -> Report:
    covered_until = plan.covered_until or state.covered_until
    return Report(
        target=source.target,
        window=plan.window,
        mode=row.mode,
        strategy=row.strategy,
        covered_until=covered_until,
        lag_seconds=(client.now() - covered_until).total_seconds() if covered_until else None,
        rows_in_slice=state.rows,
        rows_in_table=state.rows_in_table,
        rows_read=row.rows_read,
        counts=row.counts,
        rows_unparsed=row.rows_unparsed,
        facts=source.facts(),
        api_calls=usage.calls,
        rate_limited=usage.rate_limited,
        seconds=seconds,
        seconds_waiting=usage.seconds_waiting,
        table=plan.table,
        schema_changes=tuple(changes),
        idle=plan.idle,
        unavailable=unavailable,
        remarks=plan.remarks,
    )


def _rows_by_day(warehouse: Warehouse, target: Target, state: State) -> Mapping[date, int]:
    """How many rows the table has of each day that the launch was about."""
    if target.days is None:
        return {}
    counted = warehouse.count_by_day(target.table, target.days.column, target.where) if state.rows else {}
    return {day: counted.get(day, 0) for day in target.days}


def _unavailable(source: Source[P], state: State, usage: Usage, seconds: float, said: str) -> Report:
    return Report(
        target=source.target,
        window=Window(),
        mode=Mode.INITIAL if state.covered_until is None else Mode.INCREMENTAL,
        strategy="none",
        covered_until=state.covered_until,
        lag_seconds=None,
        rows_in_slice=state.rows,
        rows_in_table=state.rows_in_table,
        api_calls=usage.calls,
        rate_limited=usage.rate_limited,
        seconds=seconds,
        seconds_waiting=usage.seconds_waiting,
        idle=True,
        unavailable=said,
    )
