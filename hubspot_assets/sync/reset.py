"""Starting tables afresh: they go, and what earlier syncs remember of them counts no more."""

from collections.abc import Collection

from hubspot_assets.sync.state import STATE, forget, void
from hubspot_assets.sync.syncs import SYNCS
from hubspot_assets.warehouse.base import Warehouse


def reset(warehouse: Warehouse, tables: Collection[str]) -> None:
    """Drop tables, so that the next sync of each loads it as if there had never been one.

    Whoever is killed meanwhile leaves no half: the state of a table that is gone does not count, whatever SYNCS says.

    Args:
        warehouse: Where they are.
        tables: Their names; no sync of them may be running.
    """
    sync_ids = void(warehouse, tables) if warehouse.schema(SYNCS.name) is not None else ()
    warehouse.drop(*tables)
    if sync_ids:
        warehouse.commit(forget(sync_ids, *STATE))


def known_tables(warehouse: Warehouse) -> dict[str, int]:
    """Return every table that syncs have written into a warehouse and that is still there, with its number of rows."""
    if warehouse.schema(SYNCS.name) is None:
        return {}
    names = warehouse.aggregate(SYNCS.name, ["TABLENAME"], {"STARTEDAT": "max"})["TABLENAME"].to_pylist()
    with warehouse.reading():
        return {name: warehouse.count(name) for name in sorted(names) if warehouse.schema(name) is not None}
