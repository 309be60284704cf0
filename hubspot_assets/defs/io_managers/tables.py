"""A sync goes in and becomes a merged table; tables come back as pandas."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from hubspot_assets.defs.failures import failing_clearly, failure
from hubspot_assets.defs.partitions import rows_of
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.defs.table_metadata import last_metadata
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hubspot_assets.sync.sync import Storable


class TablesIOManager(dg.IOManager):
    """Stores what an asset describes, in the destination that the settings name.

    An asset returns a `Sync`, which holds no rows: they flow from HubSpot into the table while the output is handled,
    so memory stays flat. A downstream asset receives the table as a pandas DataFrame (Arrow dtypes: decimals stay
    exact), and of that the rows that HubSpot still has. On its `AssetIn`, `metadata={"columns": [...]}` selects
    columns, and `metadata={"deleted": True}` brings the rows that are gone as well; where it is partitioned like its
    upstream, its partitions select the live or the archived records, or the days.

    Args:
        settings: Where the tables are.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def handle_output(self, context: dg.OutputContext, obj: "Storable") -> None:
        """Bring the tables of one asset into line with HubSpot."""
        from hubspot_assets.defs.io_managers.report_metadata import by_partition, report_metadata
        from hubspot_assets.sync.sync import Storable

        if not isinstance(obj, Storable):
            raise TypeError(
                f"The asset {context.asset_key.to_user_string()} returned {type(obj).__name__}; this IO manager stores "
                "what a `Sync` describes. Give the asset another `io_manager_key`."
            )
        with failing_clearly():
            warehouse = warehouse_of(self._settings)
            reports = list(obj.write_to(warehouse, _tag(context)))
        known = _columns_known_so_far(context)
        for report in reports:
            # Each partition tells of the table as it is once all are written.
            told = report_metadata(report, rows_in_table=reports[-1].rows_in_table, destination=warehouse.describe())
            links = {name: dg.MetadataValue.url(url) for name, url in obj.links.items()}
            for partition, of_partition in by_partition(report, {**known, **told, **links}).items():
                context.step_context.add_asset_metadata(
                    of_partition, asset_key=context.asset_key, partition_key=partition
                )

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Load the table of an upstream asset, or some partitions or columns of it."""
        import pandas as pd

        asked = context.definition_metadata or {}
        columns: list[str] | None = asked.get("columns")
        # Dagster maps an asset without partitions to all of its upstream's.
        downstream = context.step_context.assets_def
        partitioned = downstream is not None and downstream.partitions_def is not None
        selected = context.asset_partition_keys if partitioned and context.has_asset_partitions else None
        with failing_clearly():
            warehouse = warehouse_of(self._settings)
            name = _table_name(context)
            where = rows_of(
                warehouse.schema(name), selected, deleted=bool(asked.get("deleted")), day_column=_day_column(context)
            )
            table = warehouse.read(name, columns, where)
        return table.to_pandas(types_mapper=pd.ArrowDtype)


def tables_io_manager(settings: Settings) -> dg.IOManagerDefinition:
    """Make the IO manager `tables`."""

    @dg.io_manager(description="Merges what a sync reads into the tables of the destination; gives them as pandas.")
    def tables(_: dg.InitResourceContext) -> TablesIOManager:
        import pyarrow as pa

        # Of Arrow's own allocator, pages of JSON leave 20 MiB taken for good.
        pa.set_memory_pool(pa.system_memory_pool())
        return TablesIOManager(settings)

    return tables


def _tag(context: dg.OutputContext) -> dict[str, str]:
    """Who is asking, for a destination that keeps a history of its statements."""
    return {"program": "hubspot-assets", "asset": context.asset_key.to_user_string(), "run_id": context.run_id}


def _columns_known_so_far(context: dg.OutputContext) -> dict[str, Any]:
    """The columns as the last sync described them: one that finds nothing changed does not ask HubSpot for them."""
    described = last_metadata(context.step_context.instance, context.asset_key).get("dagster/column_schema")
    return {"dagster/column_schema": described} if described else {}


def _day_column(context: dg.InputContext) -> str | None:
    """The column that tells the day of a row, where the upstream asset's partitions are days."""
    upstream = context.upstream_output
    return ((upstream.definition_metadata or {}) if upstream else {}).get("partition_expr")


def _table_name(context: dg.InputContext) -> str:
    """The table of the upstream asset; that of a custom object is known once it has been materialized."""
    upstream = context.upstream_output
    declared = (upstream.definition_metadata or {}) if upstream else {}
    recorded = last_metadata(context.step_context.instance, context.asset_key)
    if "dagster/table_name" in declared:
        return str(declared["dagster/table_name"])
    if "dagster/table_name" in recorded:
        return str(recorded["dagster/table_name"].value)
    raise failure(
        f"{context.asset_key.to_user_string()} has no table yet: materialize it before the assets that load it."
    )
