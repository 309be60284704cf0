"""Reads a Delta table from S3 without any code of ours: `python reader.py duckdb|polars`, told where by JSON on stdin.

It runs in an environment of its own, so it imports nothing of this project.
"""

import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path


def by_duckdb(asked: dict) -> list[dict]:
    """Every row, by DuckDB's delta extension."""
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    for name in ("httpfs", "delta"):
        found = find_spec(f"duckdb_extension_{name}")
        assert found is not None
        assert found.submodule_search_locations is not None
        [file] = Path(found.submodule_search_locations[0]).rglob(f"{name}.duckdb_extension")
        connection.execute(f"LOAD '{file}'")
    connection.execute(
        f"SET TimeZone = 'UTC'; CREATE SECRET (TYPE s3, KEY_ID '{asked['key']}', SECRET '{asked['secret']}', "
        f"SESSION_TOKEN '{asked['token']}', REGION '{asked['region']}', ENDPOINT '{asked['address']}', "
        "URL_STYLE 'path', USE_SSL false)"
    )
    for view in asked.get("views", ()):
        connection.execute(view)
    read = connection.execute(asked.get("query") or f"FROM delta_scan('{asked['url']}')")
    names = [column[0] for column in read.description]
    return [dict(zip(names, row, strict=True)) for row in read.fetchall()]


def by_polars(asked: dict) -> list[dict]:
    """Every row, by Polars."""
    import polars  # pyright: ignore[reportMissingImports]

    options = {
        "AWS_ACCESS_KEY_ID": asked["key"],
        "AWS_SECRET_ACCESS_KEY": asked["secret"],
        "AWS_SESSION_TOKEN": asked["token"],
        "AWS_REGION": asked["region"],
        "AWS_ENDPOINT_URL": f"http://{asked['address']}",
        "AWS_ALLOW_HTTP": "true",
    }
    return polars.scan_delta(asked["url"], storage_options=options).collect().to_dicts()


def plain(value: object) -> object:
    """A value as JSON can say it, so that equal values are said alike."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC) if value.tzinfo else value
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, Decimal):
        return f"{value:.10f}"
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    rows = {"duckdb": by_duckdb, "polars": by_polars}[sys.argv[1]](json.load(sys.stdin))
    print(json.dumps([{name: plain(value) for name, value in row.items()} for row in rows]))
