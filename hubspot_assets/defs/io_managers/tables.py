"""A sync goes in and becomes a merged table; tables come back as pandas."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dagster as dg

from hubspot_assets.defs.failures import permanent_failures
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hubspot_assets.sync.records.request import Records
    from hubspot_assets.sync.records.source import RecordsSync


class TablesIOManager(dg.ConfigurableIOManager):
    """Stores what an asset describes, in the destination that the settings name.

    An asset returns a `RecordsSync`, which holds no rows: they flow from HubSpot into the table while the output is
    handled, so memory stays flat. A downstream asset receives the table as a pandas DataFrame (Arrow dtypes: decimals
    stay exact); its partitions select the live or the archived records, and `metadata={"columns": [...]}` on its
    `AssetIn` selects columns.
    """

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        """Have Arrow take memory from the system: of its own allocator, pages of JSON leave 20 MiB taken for good."""
        import pyarrow as pa

        pa.set_memory_pool(pa.system_memory_pool())

    def handle_output(self, context: dg.OutputContext, obj: "RecordsSync") -> None:
        """Bring the partitions of one asset into line with HubSpot."""
        from hubspot_assets.defs.io_managers.report_metadata import report_metadata
        from hubspot_assets.sync.records.source import RecordsSync

        if not isinstance(obj, RecordsSync):
            raise TypeError(
                f"The asset {context.asset_key.to_user_string()} returned {type(obj).__name__}; this IO manager stores "
                "what a `RecordsSync` describes. Give the asset another `io_manager_key`."
            )
        with permanent_failures():
            warehouse = warehouse_of(Settings.load())
            reports = [
                obj.write_to(warehouse.tagged(_tag(context, records)), records)
                for records in _slices(context.asset_partition_keys)
            ]
        known = _columns_known_so_far(context)
        for report in reports:
            # Each partition tells of the table as it is once all are written.
            told = report_metadata(report, rows_in_table=reports[-1].rows_in_table, destination=warehouse.describe())
            context.step_context.add_asset_metadata(
                {**known, **told}, asset_key=context.asset_key, partition_key=report.records.value
            )

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Load the table of an upstream asset, or some partitions or columns of it."""
        import pandas as pd

        columns: list[str] | None = (context.definition_metadata or {}).get("columns")
        slices = _slices(context.asset_partition_keys) if context.has_asset_partitions else []
        where = (slices[0].filter,) if len(slices) == 1 else ()
        with permanent_failures():
            table = warehouse_of(Settings.load()).read(_table_name(context), columns, where)
        return table.to_pandas(types_mapper=pd.ArrowDtype)


def _tag(context: dg.OutputContext, records: "Records") -> dict[str, str]:
    """Who is asking, for a destination that keeps a history of its statements."""
    return {
        "program": "hubspot-assets",
        "asset": context.asset_key.to_user_string(),
        "partition": records.value,
        "run_id": context.run_id,
    }


def _columns_known_so_far(context: dg.OutputContext) -> dict[str, Any]:
    """The columns as the last sync described them: one that finds nothing changed does not ask HubSpot for them."""
    described = _last_metadata(context.step_context.instance, context.asset_key).get("dagster/column_schema")
    return {"dagster/column_schema": described} if described else {}


def _table_name(context: dg.InputContext) -> str:
    """The table of the upstream asset; that of a custom object is known once it has been materialized."""
    upstream = context.upstream_output
    declared = (upstream.definition_metadata or {}) if upstream else {}
    recorded = _last_metadata(context.step_context.instance, context.asset_key)
    if "dagster/table_name" in declared:
        return str(declared["dagster/table_name"])
    if "dagster/table_name" in recorded:
        return str(recorded["dagster/table_name"].value)
    raise dg.Failure(
        f"{context.asset_key.to_user_string()} has no table yet: materialize it before the assets that load it.",
        allow_retries=False,
    )


def _last_metadata(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, dg.MetadataValue]:
    event = instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    return dict(materialization.metadata) if materialization else {}


def _slices(partition_keys: Iterable[str]) -> "list[Records]":
    """The slices of these partitions, live records first."""
    from hubspot_assets.sync.records.request import Records

    keys = set(partition_keys)
    return [records for records in Records if records.value in keys]
