"""Launches in this process, as the UI and the command line make them."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from hubspot_assets.defs.assets.account import account_asset
from hubspot_assets.defs.assets.records import records_asset
from hubspot_assets.defs.io_managers.tables import tables_io_manager
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import hubspot_resource
from hubspot_assets.settings.hubspot import Settings


def launch(
    *names: str,
    partition: str | None = None,
    range_: tuple[str, str] | None = None,
    config: Mapping[str, object] | None = None,
    downstream: Sequence[dg.AssetsDefinition] = (),
    select: Sequence[dg.AssetsDefinition] | None = None,
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:
    """Materialize the assets of some object types: one partition, or a range of them as a backfill does."""
    settings = Settings.load()
    assets = [records_asset(name, settings) for name in names]
    tags = {}
    if range_:
        tags = {"dagster/asset_partition_range_start": range_[0], "dagster/asset_partition_range_end": range_[1]}
    ops = {asset.op.name: {"config": dict(config)} for asset in assets} if config else {}
    return dg.materialize(
        [account_asset(settings, Names()), *assets, *downstream],
        resources={"hubspot": hubspot_resource(settings), "tables": tables_io_manager(settings)},
        partition_key=partition,
        tags=tags,
        run_config={"ops": ops} if ops else None,
        instance=instance,
        selection=select,
        raise_on_error=False,
    )


def both(*names: str, **options) -> dg.ExecuteInProcessResult:
    """Materialize both partitions in one run."""
    return launch(*names, range_=("latest", "archived"), **options)


def metadata(result: dg.ExecuteInProcessResult, name: str) -> dict[str, dict[str, Any]]:
    """Plain metadata of each materialized partition of an asset."""
    return {
        str(each.partition): {key: value.value for key, value in each.metadata.items()}
        for each in result.asset_materializations_for_node(f"hubspot__{name}")
    }


def failure(result: dg.ExecuteInProcessResult, step: str) -> dg.DagsterEvent:
    """Why a step failed, as the UI shows it."""
    [event] = [event for event in result.all_events if event.is_step_failure and event.step_key == step]
    return event


def sentence(result: dg.ExecuteInProcessResult, step: str) -> str:
    """The description of a step's failure."""
    data = failure(result, step).step_failure_data.user_failure_data
    assert data is not None, failure(result, step)
    return str(data.description)


def retries(result: dg.ExecuteInProcessResult) -> int:
    """How often a step was begun anew."""
    return sum(event.event_type is dg.DagsterEventType.STEP_RESTARTED for event in result.all_events)
