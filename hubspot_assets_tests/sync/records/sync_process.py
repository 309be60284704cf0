"""A process of its own that syncs tickets, to be killed: `python -m … URL TOKEN FILE RECORDS FULL`.

It commits every 200 rows and says so in a line each.
"""

import sys
from collections.abc import Sequence

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.sync.records import batches
from hubspot_assets.sync.records.request import RecordsRequest, Slice
from hubspot_assets.sync.records.source import RecordsSource
from hubspot_assets.sync.run import run
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
    batches.BATCH_ROWS = 100
    with Client(AccessToken(token), base_url=url, budgets=Budgets.unlimited()) as client:
        source = RecordsSource(
            client=client,
            object_type=STANDARD_OBJECT_TYPES["tickets"],
            slice=Slice(records),
            request=RecordsRequest(full=full == "full"),
        )
        run(
            source,
            Talking(file, chunk_rows=200),
            client,
            run_id="process",
            say=lambda line: print(line, file=sys.stderr),
        )


def command(url: str, token: str, file: object, records: str = "latest", full: str = "") -> Sequence[str]:
    """What starts the process."""
    return [sys.executable, "-m", __name__, url, token, str(file), records, full]


if __name__ == "__main__":
    main()
