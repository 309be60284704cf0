"""Identifiers that every destination takes. Light to import: definitions name tables by them."""

import re

# Snowflake's limit of 255 characters is the shortest of the warehouses'; four are kept for a suffix (`_999`).
LONGEST_NAME = 251


def identifier(prefix: str, name: str) -> str:
    """Return a prefix and a name in upper case, no longer than a destination takes."""
    return (prefix + plain(name))[:LONGEST_NAME]


def plain(name: str) -> str:
    """Return a name in upper case, every character outside `[A-Z0-9_]` as `_`."""
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())
