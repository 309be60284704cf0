"""Asset checks of the tables around the records."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.defs.table_metadata import last_metadata
from hubspot_assets.settings.hubspot import Settings

DUPLICATES = "has_no_duplicate_rows"
QUIET = "has_rows_on_busy_days"
CHECKS = (DUPLICATES,)
"""The names of the checks of every such table; those whose partitions are days have `QUIET` too."""
_DESCRIPTIONS = {
    DUPLICATES: "No two rows of the table have the same key.",
    QUIET: "No day of the last eight weeks is without a row where the same day of other weeks is busy.",
}


def satellite_checks(
    name: str, tables: Sequence[SyncedTable], settings: Settings, names: Names
) -> dg.AssetChecksDefinition:
    """Return the checks of the assets of one step, in one step."""

    @dg.multi_asset_check(
        name=f"{names.op(name)}_checks",
        specs=[
            dg.AssetCheckSpec(check, asset=table.key, description=_DESCRIPTIONS[check])
            for table in tables
            for check in table.checks
        ],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        inspect = {DUPLICATES: _duplicates, QUIET: _quiet_days}
        with failing_clearly():
            for table in tables:
                for check in table.checks:
                    if dg.AssetCheckKey(table.key, check) in context.selected_asset_check_keys:
                        yield inspect[check](context.instance, table, settings)

    return checks


def _duplicates(instance: dg.DagsterInstance, table: SyncedTable, settings: Settings) -> dg.AssetCheckResult:
    told = last_metadata(instance, table.key)
    columns = told.get("dagster/column_schema")
    key: list[str] = []
    if isinstance(columns, dg.TableSchemaMetadataValue):
        key = [column.name for column in columns.schema.columns if _is_key(column)]
    name = table.table or (str(told["dagster/table_name"].value) if key else "")
    rows = warehouse_of(settings).duplicates(name, key) if key else 0
    cure = f"Something else writes into {name}, or it was copied: drop it, and materialize the asset."
    return dg.AssetCheckResult(
        asset_key=table.key,
        check_name=DUPLICATES,
        passed=not rows,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{rows:,} rows repeat a key. {cure}" if rows else "Every key stands in one row.",
        metadata={"duplicate_rows": rows},
    )


def _quiet_days(instance: dg.DagsterInstance, table: SyncedTable, settings: Settings) -> dg.AssetCheckResult:
    from hubspot_assets.sync.quiet_days import WEEKS, quiet_days

    last = datetime.now(UTC).date() - timedelta(days=1)
    since = datetime.combine(last - timedelta(weeks=WEEKS), time.min)
    warehouse = warehouse_of(settings)
    assert table.table is not None
    assert table.column is not None
    counted: Mapping[date, int] = {}
    if warehouse.count(table.table):
        counted = warehouse.count_by_day(table.table, table.column, ((table.column, ">=", since),))
    quiet = quiet_days(counted, last)
    days = ", ".join(f"{each}" for each in quiet)
    unread = [f"{each}" for each in quiet if f"{each}" not in instance.get_materialized_partitions(table.key)]
    cure = (
        f"Never read: {', '.join(unread)}; materialize them."
        if unread
        else "See whether what sends them was down, and materialize these days again."
    )
    return dg.AssetCheckResult(
        asset_key=table.key,
        check_name=QUIET,
        passed=not quiet,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Nothing on {days}, where other weeks are busy. {cure}"
        if quiet
        else "No busy day is without rows.",
        metadata={"quiet_days": len(quiet)},
    )


def _is_key(column: dg.TableColumn) -> bool:
    return not column.constraints.nullable
