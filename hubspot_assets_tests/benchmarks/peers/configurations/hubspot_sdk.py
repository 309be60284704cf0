"""HubSpot's own SDK with pandas and DuckDB: the script that most people write, with the advice of its README.

Retries are those of the README. What changed is searched for from the start of the last run on, not from the newest
change seen, and beyond the 10,000 results that HubSpot gives for one search it goes on from the last one's change.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
from hubspot import HubSpot  # pyright: ignore
from hubspot.crm.contacts import PublicObjectSearchRequest  # pyright: ignore[reportMissingImports]
from urllib3.util.retry import Retry

MOST_RESULTS = 10_000
PAGE = 200


def main() -> None:
    """Bring the table `contacts` up to date."""
    folder = Path(os.environ["PEER_FOLDER"])
    state = folder / "state.json"
    began = round(time.time() * 1000)
    retry = Retry(total=10, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None)
    client = HubSpot(access_token=os.environ["PEER_TOKEN"], host=os.environ["PEER_URL"], retry=retry)
    names = [each.name for each in client.crm.properties.core_api.get_all("contacts").results]
    with duckdb.connect(str(folder / "contacts.duckdb")) as connection:
        if state.exists():
            found = pd.DataFrame(list(_changed(client, names, json.loads(state.read_text())["since"])), dtype="string")
            if len(found):
                found = found.drop_duplicates("id", keep="last")
                connection.execute("BEGIN")
                connection.execute("DELETE FROM contacts WHERE id IN (SELECT id FROM found)")
                connection.execute("INSERT INTO contacts BY NAME SELECT * FROM found")
                connection.execute("COMMIT")
        else:
            found = pd.DataFrame(map(_row, client.crm.contacts.get_all(properties=names)), dtype="string")
            connection.execute("CREATE OR REPLACE TABLE contacts AS SELECT * FROM found")
    state.write_text(json.dumps({"since": began}))


def _row(contact: object) -> dict[str, str]:
    return {**contact.properties, "id": contact.id}  # pyright: ignore[reportAttributeAccessIssue]


def _changed(client: HubSpot, names: list[str], since: int) -> Iterator[dict[str, str]]:
    after, last = 0, since
    while True:
        request = PublicObjectSearchRequest(
            filter_groups=[{"filters": [{"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(since)}]}],
            sorts=[{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            properties=names,
            limit=PAGE,
            after=str(after),
        )
        page = client.crm.contacts.search_api.do_search(public_object_search_request=request)
        yield from map(_row, page.results)
        if not page.results or page.paging is None or page.paging.next is None:
            return
        last = round(page.results[-1].updated_at.timestamp() * 1000)
        after = int(page.paging.next.after)
        if after + PAGE > MOST_RESULTS:
            if last == since:
                raise SystemExit(f"More than {MOST_RESULTS:,} contacts changed in one millisecond.")
            since, after = last, 0


if __name__ == "__main__":
    main()
