"""The asset check of tables that are read by days: is a day without rows among busy ones?"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_assets.defs.checks.check import Check, Inspected

if TYPE_CHECKING:
    from hubspot_assets.sync.finding import Finding

QUIET = "has_rows_on_busy_days"
_DESCRIPTION = "No day of the last eight weeks is without a row where the same day of other weeks is busy."


def quiet_days(table: str, column: str) -> Check:
    """Return the check of one table.

    Args:
        table: Its name.
        column: The column that tells the day of a row.
    """

    def inspect(inspected: Inspected) -> "Finding":
        from hubspot_assets.sync.quiet_days import look_for_quiet_days

        return look_for_quiet_days(inspected.warehouse, table, column, datetime.now(UTC).date())

    return Check(QUIET, _DESCRIPTION, inspect)
