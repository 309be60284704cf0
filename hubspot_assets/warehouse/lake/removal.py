"""Taking a table out of a lake: at every instant it is there as it was, there without rows, or gone."""

from hubspot_assets.warehouse.base import Delete, Table
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.commits import Committer
from hubspot_assets.warehouse.lake.log import Logs
from hubspot_assets.warehouse.lake.snapshot import opened


def remove(bucket: Bucket, logs: Logs, committer: Committer, name: str) -> None:
    """Take a table away, with all versions of it; where there is none, what was left of one.

    Were files merely deleted one after the other, whoever is killed meanwhile would leave an older version behind,
    with rows. So a commit takes the rows away first, and the part of the log that says so goes last, in one request.
    """
    # The rest of a commit whose writer has died would not find its table any more.
    committer.recover()
    last: set[str] = set()
    if opened(logs, name) is not None:
        last = _without_rows(logs, committer, name)
    files = set(bucket.files(name))
    bucket.remove(sorted(files - last))
    bucket.remove(sorted(files & last))


def _without_rows(logs: Logs, committer: Committer, name: str) -> set[str]:
    """Empty a table; return the files of its log that suffice to know that it is empty."""
    snapshot = opened(logs, name)
    assert snapshot is not None
    table = Table(name, snapshot.schema, key=(snapshot.schema.names[0],))
    committer.commit([Delete(table, ())])
    return set(logs.checkpoint(name))
