"""What the tables hold beside what the settings ask for now."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hubspot_assets.defs.build import families_of
from hubspot_assets.defs.names import Names
from hubspot_assets.defs.resources.hubspot import HubSpotResource
from hubspot_assets.defs.resources.warehouse import warehouse_of
from hubspot_assets.hubspot.transport.errors import HubSpotError
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings
from hubspot_assets.setup.prerequisite import Prerequisite
from hubspot_assets.sync.criteria import Values, account_text, remarks
from hubspot_assets.sync.object_types import NamedTwice
from hubspot_assets.sync.state import OtherAccount, held_values, refuse_other
from hubspot_assets.warehouse.base import WarehouseError

if TYPE_CHECKING:
    from hubspot_assets.sync.source import Target


def table_prerequisites(settings: Settings) -> Iterator[Prerequisite]:
    """Look for tables that lack what the settings ask for, hold another account, or are not read any more."""
    hubspot = HubSpotResource(settings)
    try:
        warehouse = warehouse_of(settings)
        noted = held_values(warehouse)
        with warehouse.reading():
            there = {table for table in {table for table, _ in noted} if warehouse.count(table)}
        held = {place: values for place, values in noted.items() if place[0] in there}
        if held:
            account = account_text(hubspot.account.portal_id, settings.base_url.rstrip("/"))
            yield from _compared(held, _targets(settings, hubspot), account)
    except (SettingsError, HubSpotError, WarehouseError, NamedTwice) as error:
        yield Prerequisite("tables", False, str(error))
    finally:
        hubspot.close()


def _compared(
    held: dict[tuple[str, str | None], Values], targets: "Sequence[Target]", account: Values
) -> Iterator[Prerequisite]:
    for (table, _), values in held.items():
        try:
            refuse_other(table, values, account)
        except OtherAccount as error:
            # The same would be said of every table.
            yield Prerequisite("tables", False, str(error))
            return
    said = {
        remark: target
        for target in targets
        for remark in remarks(target.criteria, held.get((target.table, target.slice), {}), target.table)
    }
    for remark, target in said.items():
        yield Prerequisite(target.table, True, remark, doubtful=True)
    if left := sorted({table for table, _ in held} - {target.table for target in targets}):
        yield Prerequisite(
            "tables",
            True,
            f"the settings leave out {', '.join(left)}: what is there stays as it is; `hubspot-assets reset {left[0]}` "
            "drops it",
            doubtful=True,
        )
    elif not said:
        yield Prerequisite("tables", True, "hold what the settings ask for")


def _targets(settings: Settings, hubspot: HubSpotResource) -> "Sequence[Target]":
    return [
        target
        for family in families_of(settings, Names())
        for table in family.tables
        if table.targets is not None
        for target in table.targets(hubspot)
    ]
