"""dlt's REST source into DuckDB, as its documentation sets up a cursor, a primary key and an incremental field.

The first load reads the list; after it the search with the newest change that dlt remembers. Rows are merged by id,
and loaded as Parquet, the fastest format that the destination takes.
"""

import os

import dlt  # pyright: ignore[reportMissingImports]
from dlt.sources.helpers import requests  # pyright: ignore[reportMissingImports]
from dlt.sources.rest_api import rest_api_source  # pyright: ignore[reportMissingImports]

INCREMENTAL = {"cursor_path": "updatedAt", "initial_value": "1970-01-01T00:00:00.000Z"}


def main() -> None:
    """Bring the table `contacts` up to date."""
    url, token = os.environ["PEER_URL"], os.environ["PEER_TOKEN"]
    definitions = requests.get(
        f"{url}/crm/v3/properties/contacts", headers={"Authorization": f"Bearer {token}"}
    ).json()["results"]
    names = [each["name"] for each in definitions]
    pipeline = dlt.pipeline(
        "hubspot",
        pipelines_dir=f"{os.environ['PEER_FOLDER']}/dlt",
        destination=dlt.destinations.duckdb(f"{os.environ['PEER_FOLDER']}/contacts.duckdb"),
        dataset_name="hubspot",
    )
    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {"type": "bearer", "token": token},
                "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
            },
            "resources": [
                {
                    "name": "contacts",
                    "primary_key": "id",
                    "write_disposition": "merge",
                    "endpoint": _list(names) if pipeline.first_run else _search(names),
                }
            ],
        }
    )
    pipeline.run(source, loader_file_format="parquet").raise_on_failed_jobs()


def _list(names: list[str]) -> dict[str, object]:
    return {
        "path": "/crm/v3/objects/contacts",
        "params": {"limit": 100, "properties": ",".join(names)},
        "data_selector": "results",
        "incremental": INCREMENTAL,
    }


def _search(names: list[str]) -> dict[str, object]:
    return {
        "path": "/crm/v3/objects/contacts/search",
        "method": "POST",
        "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_body_path": "after"},
        "json": {
            "filterGroups": [
                {
                    "filters": [
                        {
                            "propertyName": "lastmodifieddate",
                            "operator": "GTE",
                            "value": "{incremental.start_value}",
                        }
                    ]
                }
            ],
            "sorts": [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}],
            "properties": names,
            "limit": 200,
        },
        "data_selector": "results",
        "incremental": INCREMENTAL,
    }


if __name__ == "__main__":
    main()
