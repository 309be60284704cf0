"""The combined views and those of live records over a lake, as statements of each engine that reads it.

A lake keeps no views, so readers make them where they read, and anew when properties or types have come.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES, ObjectType
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.sync.combined import Combined
from hubspot_assets.sync.state import known_tables
from hubspot_assets.tables.associations import AssociationsTable
from hubspot_assets.warehouse.base import View
from hubspot_assets.warehouse.lake.engines import ENGINES
from hubspot_assets.warehouse.sql import Dialect

if TYPE_CHECKING:
    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse


def tables_and_views(settings: Settings) -> tuple[Sequence[str], Mapping[str, Sequence[str]]]:
    """Return the tables of the lake that the settings name, and views over them by engine; none without a lake.

    Raises:
        SettingsError: The settings of the lake cannot be used.
        WarehouseError: The lake cannot be read.
    """
    if settings.destination != "s3":
        return (), {}
    lake: LakeWarehouse = warehouse_of(settings)  # pyright: ignore[reportAssignmentType]
    return lake.tables(), views_of(lake, settings.events)


def views_of(lake: "LakeWarehouse", event_types: Sequence[str] = ()) -> Mapping[str, Sequence[str]]:
    """Return the statements that make the views over the tables that are there, by engine.

    Args:
        lake: Where the tables are.
        event_types: The types of events that are read.

    Raises:
        WarehouseError: The lake cannot be read.
    """
    with lake.reading():
        there = set(lake.tables())
        types = [_object_type(type_id, table) for type_id, table in sorted(known_tables(lake).items())]
        pairs = [(a, b) for a in types for b in types if AssociationsTable.of(a, b).name in there]
        return {
            name: [_statement(view, dialect) for view in _views(Combined(lake, types, pairs, event_types, dialect))]
            for name, dialect in ENGINES.items()
        }


def _views(combined: Combined) -> Iterator[View]:
    yield from combined.objects()
    yield from combined.object_properties()
    yield from combined.object_with_object_properties()
    yield from combined.associations()
    yield from combined.events()
    yield from combined.object_properties_history()
    yield from combined.live_records()


def _statement(view: View, dialect: Dialect) -> str:
    return f"CREATE OR REPLACE VIEW {dialect.quoted(view.name)} AS {view.query};"


def _object_type(type_id: str, table: str) -> ObjectType:
    """The type of a table: the catalog's, or what is to be known of a custom object without asking HubSpot."""
    for each in STANDARD_OBJECT_TYPES.values():
        if each.object_type_id == type_id:
            return each
    plural = table.removeprefix("OBJECTS_")
    return ObjectType(plural.lower(), type_id, type_id, plural, plural, "", (), "custom", table)
