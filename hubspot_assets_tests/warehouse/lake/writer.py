"""A process that writes to a lake beside others: `python -m ... <prefix> <number> <commits>`."""

import os
import sys

from hubspot_assets_tests.s3_bed import Store
from hubspot_assets_tests.warehouse.contacts import contact, merged


def main(prefix: str, number: int, commits: int) -> None:
    """Gives ten contacts a newer value at every commit, and adds one of its own."""
    endpoint, role, key, secret = os.environ["STORE"].split()
    store = Store(int(endpoint.rpartition(":")[2]))
    store.role, store.keys = role, {"aws_access_key_id": key, "aws_secret_access_key": secret}
    warehouse = store.warehouse(prefix)
    for commit in range(commits):
        shared = (contact(id_, updated=number, EMAIL=str(number)) for id_ in range(10))
        merged(warehouse, *shared, contact(100 + number * 10 + commit, EMAIL=str(number)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
