"""Taking a table out of a lake: at every instant it is there as it was, there without rows, or gone."""

from hubspot_assets.warehouse.base import Delete, Table
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.commits import Committer
from hubspot_assets.warehouse.lake.snapshot import opened

LOG = "_delta_log"


def remove(bucket: Bucket, committer: Committer, name: str) -> None:
    """Take a table away, with all versions of it; where there is none, what was left of one.

    Were files merely deleted one after the other, whoever is killed meanwhile would leave an older version behind,
    with rows. So a commit takes the rows away first, and the part of the log that says so goes last, in one request.
    """
    # The rest of a commit whose writer has died would not find its table any more.
    committer.recover()
    last: set[str] = set()
    if opened(bucket, name) is not None:
        last = _without_rows(bucket, committer, name)
    files = set(bucket.files(name))
    bucket.remove(sorted(files - last))
    bucket.remove(sorted(files & last))


def _without_rows(bucket: Bucket, committer: Committer, name: str) -> set[str]:
    """Empty a table; return the files of its log that suffice to know that it is empty."""
    snapshot = opened(bucket, name)
    assert snapshot is not None
    table = Table(name, snapshot.schema, key=(snapshot.schema.names[0],))
    committer.commit([Delete(table, ())])
    empty = opened(bucket, name)
    assert empty is not None
    empty.delta.create_checkpoint()
    version = f"{name}/{LOG}/{empty.delta.version():020}"
    return {f"{name}/{LOG}/_last_checkpoint", f"{version}.json", f"{version}.checkpoint.parquet"}
