"""Asset checks of the tables around the records: that no key stands in two rows, and what each family adds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable
from hubspot_assets.defs.checks.check import Check, Inspected, check_result
from hubspot_assets.defs.checks.covered_instants import covered_instants
from hubspot_assets.defs.failures import failing_clearly
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.defs.table_metadata import last_metadata
from hubspot_assets.settings.hubspot import Settings

DUPLICATES = "has_no_duplicate_rows"
_DESCRIPTION = "No two rows of the table have the same key."


def satellite_checks(
    name: str,
    tables: Sequence[tuple[SyncedTable, Sequence[Check]]],
    prepare: Callable[[HubSpotResource], Any],
    settings: Settings,
    names: Names,
) -> dg.AssetChecksDefinition:
    """Return the checks of the assets of one step, in one step.

    Args:
        name: What the step is called.
        tables: Its assets, and what must hold of each besides.
        prepare: Makes what the step's sources share.
        settings: Where the tables are.
        names: What assets and resources are called.
    """
    hubspot_key = names.of("hubspot")

    @dg.multi_asset_check(
        name=f"{names.op(name)}_checks",
        specs=[
            dg.AssetCheckSpec(check, asset=table.key, description=description)
            for table, checks in tables
            for check, description in ((DUPLICATES, _DESCRIPTION), *((each.name, each.description) for each in checks))
        ],
        can_subset=True,
        required_resource_keys={hubspot_key},
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = context.selected_asset_check_keys
        hubspot: HubSpotResource = getattr(context.resources, hubspot_key)
        inspected = cache(lambda: _inspected(context.instance, prepare(hubspot), settings, names))
        with failing_clearly():
            for table, added in tables:
                if dg.AssetCheckKey(table.key, DUPLICATES) in selected:
                    yield _duplicates(context.instance, table, settings)
                for check in added:
                    if dg.AssetCheckKey(table.key, check.name) in selected:
                        yield check_result(table.key, check.name, check.inspect(inspected()))

    return checks


def _inspected(instance: dg.DagsterInstance, prepared: Any, settings: Settings, names: Names) -> Inspected:  # noqa: ANN401
    warehouse = warehouse_of(settings)

    def covered_until(asset: str, table: str | None, partition: str | None) -> datetime | None:
        key = names.key(asset)
        return covered_instants(instance, lambda: warehouse, partition, {key: table})[key]

    return Inspected(warehouse, prepared, covered_until)


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
