"""Looking at the tables of lists after the fact: are there as many members as HubSpot counts?"""

from datetime import datetime

from hubspot_assets.sync.finding import Finding
from hubspot_assets.sync.list_stamps import PROCESSING
from hubspot_assets.sync.records.inspection import CLOCKS_APART
from hubspot_assets.tables.lists import LIST_MEMBERSHIPS, LISTS
from hubspot_assets.warehouse.base import Filters, Warehouse

MOST_NAMED = 5
"""Lists named in a sentence."""

CURE = (
    "Materialize `list_memberships` with `full: true`; if a difference stays, HubSpot's own count is not up to date, "
    "or the token may not see all members."
)


def sizes(warehouse: Warehouse, lists_covered: datetime | None, members_covered: datetime | None) -> Finding:
    """Compare the sizes that HubSpot told with the members that stand in the table.

    What joined or left since HubSpot told them is tolerated; lists that are still processing, or that have moved since
    their members were read, are left out.

    Args:
        warehouse: Where the tables are.
        lists_covered: When HubSpot last told the sizes.
        members_covered: When members were last brought into line.
    """
    if lists_covered is None or members_covered is None:
        return Finding(False, "They were never synced to their end: materialize `lists` and `list_memberships`.")
    told: Filters = (
        ("DELETEDAT", "is null", None),
        ("LISTSIZE", "is not null", None),
        ("PROCESSINGSTATUS", "!=", PROCESSING),
        ("INGESTEDAT", "<=", members_covered),
    )
    lists = warehouse.read(LISTS.name, ["LISTID", "NAME", "LISTSIZE"], told).to_pylist()
    standing: Filters = (("REMOVEDAT", "is null", None),)
    held = _counted(warehouse, standing)
    since = lists_covered - CLOCKS_APART
    joined = _counted(warehouse, (*standing, ("MEMBERSHIPAT", ">=", since)))
    left = _counted(warehouse, (("REMOVEDAT", ">=", since),))
    wrong = [
        row
        for row in lists
        if not -left.get(row["LISTID"], 0)
        <= held.get(row["LISTID"], 0) - row["LISTSIZE"]
        <= joined.get(row["LISTID"], 0)
    ]
    facts = {"lists": len(lists), "lists_that_differ": len(wrong), "members": sum(held.values())}
    if not wrong:
        return Finding(True, f"Each of {len(lists):,} lists has the members that HubSpot counts.", facts)
    examples = "; ".join(
        f"{row['NAME']} ({row['LISTID']}) has {row['LISTSIZE']:,}, the table {held.get(row['LISTID'], 0):,}"
        for row in wrong[:MOST_NAMED]
    )
    return Finding(
        False, f"{len(wrong):,} of {len(lists):,} lists differ from what HubSpot counts: {examples}. {CURE}", facts
    )


def _counted(warehouse: Warehouse, where: Filters) -> dict[str, int]:
    """How many memberships there are of each list."""
    rows = warehouse.aggregate(LIST_MEMBERSHIPS.name, ["LISTID"], {"OBJECTID": "count"}, where).to_pylist()
    return {row["LISTID"]: row["OBJECTID"] for row in rows}
