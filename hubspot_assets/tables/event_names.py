"""Names of the tables of events. Light to import: definitions need them."""

import re
from collections import Counter
from collections.abc import Iterable

from hubspot_assets.tables.identifiers import identifier

_EVENT_PREFIX = re.compile(r"^(e|pe\d+|ae\d+)_")
"""Says whose type of events it is: HubSpot's own, the account's or an app's."""


def event_table_names(event_types: Iterable[str]) -> dict[str, str]:
    """Return the table of each type: `EVENTS_VISITED_PAGE` for `e_visited_page`; of types that clash, by full names.

    Args:
        event_types: All full names that the account reads.
    """
    event_types = list(dict.fromkeys(event_types))
    short = {each: identifier("EVENTS_", _EVENT_PREFIX.sub("", each)) for each in event_types}
    taken = Counter(short.values())
    return {each: name if taken[name] == 1 else identifier("EVENTS_", each) for each, name in short.items()}
