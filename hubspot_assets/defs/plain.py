"""Sentences for those places of the Dagster UI that show plain text.

Descriptions of assets, columns, checks, jobs and ops, what a check found and metadata that is Markdown are rendered.
The catalog's list shows the first line of an asset's description as it is, so that one has no marks.
Failures, log lines, other metadata and the descriptions of sensors, schedules and resources are not.
"""

import re
from collections.abc import Callable

import dagster as dg

_CODE = re.compile(r"`([^`\n]+)`")


def plain(text: str) -> str:
    """Put into quotes what is marked as code."""
    return _CODE.sub(r"'\1'", text)


def said_in(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Return what takes the lines that a sync says, for the log of a step."""
    return lambda line: context.log.info(plain(line))
