"""Variables that look like a setting and are none: most likely a slip of the pen."""

import difflib
from collections.abc import Collection, Iterator

_OTHERS = frozenset(
    ("HUBSPOT_API_KEY", "HUBSPOT_APP_ID", "HUBSPOT_PERSONAL_ACCESS_KEY", "HUBSPOT_PORTAL_ID", "HUBSPOT_REDIRECT_URI",
     "HUBSPOT_REDIRECT_URL", "HUBSPOT_WEBHOOK_SECRET", "HUBSPOT_WEBHOOK_URL")
)  # fmt: skip
"""What HubSpot's own command line and other integrations read."""


def misspelled(given: Collection[str], variables: Collection[str]) -> Iterator[str]:
    """Name each variable that is close to one of ours which nobody has set, in a sentence.

    Args:
        given: The names of the variables that are set.
        variables: The names of all settings.
    """
    prefixes = {name.partition("_")[0] for name in variables}
    unset = set(variables) - set(given)
    for name in sorted(set(given) - set(variables) - _OTHERS):
        prefix, _, rest = name.partition("_")
        if prefix not in prefixes:
            continue
        # Without the prefix: what all names share would make all of them alike.
        candidates = {each.partition("_")[2]: each for each in unset if each.startswith(f"{prefix}_")}
        for near in difflib.get_close_matches(rest, candidates, n=1, cutoff=0.7):
            yield f"{name} is not a setting and has no effect; did you mean {candidates[near]}?"
