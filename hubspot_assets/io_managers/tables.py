"""A sync goes in and becomes a merged table; tables come back as pandas."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dagster as dg

from hubspot_assets.hubspot.errors import HubSpotError
from hubspot_assets.io_managers.report_metadata import report_metadata
from hubspot_assets.resources.warehouse import warehouse_of
from hubspot_assets.settings import Settings
from hubspot_assets.sync.gone import MassDeletion
from hubspot_assets.sync.records import RecordsSync
from hubspot_assets.sync.request import Records

if TYPE_CHECKING:
    import pandas as pd

    from hubspot_assets.warehouse.base import Warehouse


class TablesIOManager(dg.ConfigurableIOManager):
    """Stores what an asset describes, in the destination that the settings name.

    An asset returns a `RecordsSync`, which holds no rows: they flow from HubSpot into the table while the output is
    handled, so memory stays flat. A downstream asset receives the table as a pandas DataFrame (Arrow dtypes: decimals
    stay exact); its partitions select the live or the archived records, and `metadata={"columns": [...]}` on its
    `AssetIn` selects columns.
    """

    def handle_output(self, context: dg.OutputContext, obj: RecordsSync) -> None:
        """Bring the partitions of one asset into line with HubSpot."""
        if not isinstance(obj, RecordsSync):
            raise TypeError(
                f"The asset {context.asset_key.to_user_string()} returned {type(obj).__name__}; this IO manager stores "
                "what `hubspot_assets.sync.records.RecordsSync` describes. Give the asset another `io_manager_key`."
            )
        warehouse = self._warehouse()
        for records in _slices(context.asset_partition_keys):
            try:
                report = obj.write_to(warehouse, records)
            except (HubSpotError, MassDeletion) as error:
                if isinstance(error, MassDeletion) or error.permanent:
                    # Trying again cannot help: a person has to.
                    raise dg.Failure(description=str(error), allow_retries=False) from error
                raise
            context.step_context.add_asset_metadata(
                report_metadata(report, warehouse.describe()),
                asset_key=context.asset_key,
                partition_key=records.value,
            )

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Load the table of an upstream asset, or some partitions or columns of it."""
        metadata: dict[str, Any] = dict(context.definition_metadata or {})
        slices = _slices(context.asset_partition_keys) if context.has_asset_partitions else list(Records)
        where = () if len(slices) == len(Records) else (slices[0].filter,)
        table = _table_name(context)
        import pandas as pd

        return self._warehouse().read(table, metadata.get("columns"), where).to_pandas(types_mapper=pd.ArrowDtype)

    def _warehouse(self) -> "Warehouse":
        return warehouse_of(Settings.load())


def _table_name(context: dg.InputContext) -> str:
    """The table of the upstream asset; that of a custom object is known once it has been materialized."""
    upstream = context.upstream_output
    name = (upstream.definition_metadata or {}).get("dagster/table_name") if upstream else None
    if name is None:
        event = context.step_context.instance.get_latest_materialization_event(context.asset_key)
        materialization = event.asset_materialization if event else None
        if materialization is None or "dagster/table_name" not in materialization.metadata:
            raise ValueError(
                f"{context.asset_key.to_user_string()} has no table yet: materialize it before the assets that load it."
            )
        name = materialization.metadata["dagster/table_name"].value
    return str(name)


def _slices(partition_keys: Iterable[str]) -> list[Records]:
    """The slices of these partitions, live records first."""
    return [records for records in Records if records.value in set(partition_keys)]
