"""Asset checks of the tables around the records."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

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


def _quiet_days(instance: dg.DagsterInstance, table: SyncedTable, settings: Settings) -> dg.AssetCheckResult:  # noqa: ARG001
    from hubspot_assets.sync.quiet_days import look_for_quiet_days

    assert table.table is not None
    assert table.column is not None
    found = look_for_quiet_days(warehouse_of(settings), table.table, table.column, datetime.now(UTC).date())
    return dg.AssetCheckResult(
        asset_key=table.key,
        check_name=QUIET,
        passed=found.holds,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.sentence,
        metadata=found.facts,
    )


def _is_key(column: dg.TableColumn) -> bool:
    return not column.constraints.nullable
