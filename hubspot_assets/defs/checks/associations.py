"""Asset checks of associations: do both directions of a pair agree, and are the records known?"""

from collections.abc import Set
from typing import TYPE_CHECKING

from hubspot_assets.catalog.association_types import SILENT_PAIRS
from hubspot_assets.defs.checks.check import Check, Inspected
from hubspot_assets.defs.names import asset_name
from hubspot_assets.defs.partitions import LATEST
from hubspot_assets.settings.hubspot import Settings

if TYPE_CHECKING:
    from hubspot_assets.sync.association_inspection import AssociationInspection
    from hubspot_assets.sync.finding import Finding

AGREEMENT = "agrees_with_the_opposite_direction"
KNOWN = "records_are_known"


def association_checks(
    from_name: str, to_name: str, settings: Settings, pairs: Set[tuple[str, str]]
) -> tuple[Check, ...]:
    """Return the checks of the associations of one directed pair.

    Args:
        from_name: The object type whose associations they are, as settings name it.
        to_name: Likewise that to which they are.
        settings: Which records there are.
        pairs: All pairs whose associations are read.
    """
    one, other = asset_name(from_name), asset_name(to_name)

    def inspection(inspected: Inspected) -> "AssociationInspection":
        from hubspot_assets.sync.association_inspection import AssociationInspection

        _, types = inspected.prepared
        return AssociationInspection(inspected.warehouse, types[from_name], types[to_name])

    def agreement(inspected: Inspected) -> "Finding":
        looked = inspection(inspected)
        here, there = looked.table_names
        return looked.agreement(
            inspected.covered_until(f"{one}_to_{other}", here, None),
            inspected.covered_until(f"{other}_to_{one}", there, None),
        )

    def known(inspected: Inspected) -> "Finding":
        looked = inspection(inspected)
        return looked.known(
            inspected.covered_until(one, looked.from_type.table, LATEST),
            inspected.covered_until(other, looked.to_type.table, LATEST),
        )

    checks = []
    both_ways = {(from_name, to_name), (to_name, from_name)}
    if len(both_ways) == 2 and both_ways <= pairs and not both_ways & SILENT_PAIRS:
        says = f"{one}_to_{other} and {other}_to_{one} have the same pairs of records, but for the last hour."
        checks.append(Check(AGREEMENT, says, agreement))
    if settings.updated_after is None and {from_name, to_name} <= set(settings.objects):
        says = "No association is from or to a record that the record tables do not have, but for the last hour."
        checks.append(Check(KNOWN, says, known))
    return tuple(checks)
