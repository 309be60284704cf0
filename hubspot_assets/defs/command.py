"""The command `hubspot-assets sync`: which assets, which partitions, and the run itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from hubspot_assets.defs.assets.family import SyncedTable, of_keys
from hubspot_assets.defs.automation.jobs import DAYS
from hubspot_assets.defs.build import families_of, hubspot_definitions
from hubspot_assets.defs.console import sync
from hubspot_assets.defs.interrupts import INTERRUPTED
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from rich.console import Console

RECENT_DAYS = 8
"""Today and the seven days before: what happened may be told that late."""
_STOPPED = "Stopped. What was read until now is kept; run again to go on from there."
_PARTITIONS = {LATEST: (LATEST,), ARCHIVED: (ARCHIVED,), "both": (LATEST, ARCHIVED)}


def sync_once(console: "Console", settings: Settings, names: Sequence[str], *, partition: str, full: bool) -> int:
    """Bring tables into line with HubSpot once, in this process.

    Args:
        console: Where to say how it goes.
        settings: Which account, and where to.
        names: Object types; none for all.
        partition: `latest`, `archived` or `both`.
        full: Whether to read everything.

    Returns:
        The exit code of the process.

    Raises:
        SettingsError: There is no such partition or object type.
    """
    if partition not in _PARTITIONS:
        raise SettingsError(f"There is no partition {partition}: give `latest`, `archived` or `both`.")
    if strangers := [name for name in names if name not in settings.objects]:
        raise SettingsError(
            f"HUBSPOT_OBJECTS does not name {', '.join(strangers)}: choose among {', '.join(settings.objects)}."
        )
    called = Names()
    tables = [table for family in families_of(settings, called) for table in family.tables]
    selected = of_keys(tables, [called.key(name) for name in names]) if names else tables
    defs = hubspot_definitions(settings)
    whole = [table for table in selected if table.days is None]
    # Views are made of what is there, so their step takes no config.
    config = {table.op: {"config": {"full": True}} for table in whole if table.targets is not None}
    code = sync(
        console,
        defs,
        partitions=_PARTITIONS[partition],
        keys=[table.key for table in whole],
        run_config={"ops": config} if full else None,
    )
    code = code if code == INTERRUPTED else sync_days(console, defs, selected) or code
    if code == INTERRUPTED:
        console.print(_STOPPED)
    return code


def sync_days(
    console: "Console", defs: dg.Definitions, tables: Sequence[SyncedTable], recent: int = RECENT_DAYS
) -> int:
    """Read the recent days of those tables whose partitions are days, once, in this process.

    Args:
        console: Where to say how it goes.
        defs: The definitions of all assets.
        tables: Tables of one account; those whose partitions are no days are left out.
        recent: How many days, today among them.

    Returns:
        The exit code of the process.
    """
    by_days = [table for table in tables if table.days is not None and table.days.get_partition_keys()]
    if not by_days:
        return 0
    assert by_days[0].days is not None
    days = by_days[0].days.get_partition_keys()[-recent:]
    return sync(console, defs, partitions=days, keys=[table.key for table in by_days], job_name=DAYS)
