"""What automation, checks and freshness need to know of an asset, whatever its family."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from hubspot_assets.settings.schedule_expressions import ScheduleExpression

if TYPE_CHECKING:
    from hubspot_assets.defs.resources.hubspot import HubSpotResource
    from hubspot_assets.sync.source import Target


@dataclass(frozen=True)
class SyncedTable:
    """One asset, and how it is kept up to date.

    Attributes:
        key: The asset's key.
        op: The op that materializes it, as run configs name it; several assets may share one.
        table: Its table; None for a custom object, whose table is known once it has been materialized.
        synced: How often it is brought up to date, by partition; under None where it has no partitions.
        ticks: Names of the schedules that sync it.
        follows: The records that it is asked for by: a tick that leaves all of them out leaves it out too. Empty for
            records themselves, and for what stands by itself.
        about: The records that its rows are about, without which it makes no sense; empty for records themselves.
        targets: What its syncs keep true, given the account; None where it has no table.
        checks: Names of the checks of what its table holds.
        daily: Config of its op for the daily run that also finds what no change tells of.
        days: Its partitions, where each is a day.
        column: The column that tells the day of a row, where each partition is a day.
    """

    key: dg.AssetKey
    op: str
    table: str | None
    synced: Mapping[str | None, ScheduleExpression]
    ticks: frozenset[str] = frozenset()
    follows: frozenset[dg.AssetKey] = frozenset()
    about: frozenset[dg.AssetKey] = frozenset()
    targets: "Callable[[HubSpotResource], Sequence[Target]] | None" = None
    checks: tuple[str, ...] = ()
    daily: Mapping[str, Any] = field(default_factory=dict)
    days: dg.DailyPartitionsDefinition | None = None
    column: str | None = None

    @property
    def partitions(self) -> Collection[str | None]:
        """Return its partitions; None alone where it has none."""
        return self.synced.keys()

    def recorded(self, partition: str | None) -> Sequence[str] | None:
        """Return the partitions by whose last materialization Dagster knows how fresh it is; None without partitions.

        Args:
            partition: One of `partitions`.
        """
        if self.days is not None:
            return self.days.get_partition_keys()[-2:]
        return [partition] if partition is not None else None


@dataclass(frozen=True)
class Family:
    """The assets of one family.

    Attributes:
        assets: Their definitions.
        tables: Each asset, as automation sees it.
        checks: The checks of what their tables hold.
    """

    assets: Sequence[dg.AssetsDefinition]
    tables: Sequence[SyncedTable]
    checks: Sequence[dg.AssetChecksDefinition] = ()


def check_keys(tables: Iterable[SyncedTable]) -> list[dg.AssetCheckKey]:
    """Return the checks of what some tables hold."""
    return [dg.AssetCheckKey(table.key, name) for table in tables for name in table.checks]


def of_tick(tables: Iterable[SyncedTable], tick: str, keys: Collection[dg.AssetKey]) -> list[SyncedTable]:
    """Return the tables that one tick of a schedule syncs, given the records among them that are free."""
    leading = set(keys)
    return [
        table
        for table in tables
        if table.key in leading or (tick in table.ticks and (not table.follows or table.follows & leading))
    ]


def of_keys(tables: Iterable[SyncedTable], keys: Collection[dg.AssetKey]) -> list[SyncedTable]:
    """Return the tables of some assets, and those that follow them."""
    return [table for table in tables if table.key in keys or table.follows & set(keys)]
