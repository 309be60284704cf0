"""Asset checks of the tables around the records."""

from collections.abc import Iterator, Sequence

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.defs.table_metadata import last_metadata
from hubspot_assets.settings.hubspot import Settings

DUPLICATES = "has_no_duplicate_rows"
CHECKS = (DUPLICATES,)
_DESCRIPTION = "No two rows of the table have the same key."


def satellite_checks(
    name: str, tables: Sequence[SyncedTable], settings: Settings, names: Names
) -> dg.AssetChecksDefinition:
    """Return the checks of the assets of one step, in one step."""

    @dg.multi_asset_check(
        name=f"{names.op(name)}_checks",
        specs=[dg.AssetCheckSpec(DUPLICATES, asset=table.key, description=_DESCRIPTION) for table in tables],
        can_subset=True,
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = {check.asset_key for check in context.selected_asset_check_keys}
        with failing_clearly():
            for table in tables:
                if table.key in selected:
                    yield _duplicates(context.instance, table, settings)

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


def _is_key(column: dg.TableColumn) -> bool:
    return not column.constraints.nullable
