"""A process of its own that syncs tickets, to be killed: `python -m … URL TOKEN FILE RECORDS FULL`.

It commits every 200 rows and says so in a line each.
"""

import sys
from collections.abc import Sequence

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync.records import loading
from hubspot_assets.sync.records.request import Records, SyncRequest
from hubspot_assets.sync.records.source import RecordsSync
from hubspot_assets.warehouse.base import Counts, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse


class Talking(DuckDBWarehouse):
    """Says when it has committed."""

    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        counts = super().commit(*writes)
        print("committed", flush=True)
        return counts


def main() -> None:
    url, token, file, records, full = sys.argv[1:]
    loading.BATCH_ROWS = 100
    with Client(AccessToken(token), base_url=url, budgets=Budgets.unlimited()) as client:
        sync = RecordsSync(
            client=client,
            object_type=STANDARD_OBJECT_TYPES["tickets"],
            run_id="process",
            request=SyncRequest(full=full == "full"),
            say=lambda line: print(line, file=sys.stderr),
        )
        sync.write_to(Talking(file, chunk_rows=200), Records(records))


def command(url: str, token: str, file: object, records: str = "latest", full: str = "") -> Sequence[str]:
    """What starts the process."""
    return [sys.executable, "-m", __name__, url, token, str(file), records, full]


if __name__ == "__main__":
    main()
