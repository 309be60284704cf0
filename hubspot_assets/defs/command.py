"""The command `hubspot-assets sync`: which assets, which partitions, and the run itself."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hubspot_assets.defs.assets.family import of_keys
from hubspot_assets.defs.build import families_of, hubspot_definitions
from hubspot_assets.defs.console import sync
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.partitions import ARCHIVED, LATEST
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from rich.console import Console

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
    return sync(
        console,
        hubspot_definitions(settings),
        partitions=_PARTITIONS[partition],
        keys=[table.key for table in selected],
        run_config={"ops": {table.op: {"config": {"full": True}} for table in selected}} if full else None,
    )
