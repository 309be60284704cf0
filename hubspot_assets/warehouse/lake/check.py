"""Whether a sync could use a bucket: each thing it needs is tried, and taken away again."""

import uuid
from collections.abc import Callable

from botocore.exceptions import ClientError

from hubspot_assets.warehouse.base import WarehouseError
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.errors import named_errors


def check(bucket: Bucket) -> None:
    """List, write, refuse to write again, read and delete, in this order.

    HeadBucket and GetBucketLocation are not asked: a policy for one prefix denies both.

    Raises:
        WarehouseError: For the first of them that does not work.
    """
    place, client = bucket.place, bucket.client
    at = {"Bucket": place.bucket, "Key": place.key(f"_commits/check-{uuid.uuid4().hex}")}

    def written() -> None:
        client.put_object(**at, Body=b"check", IfNoneMatch="*", **bucket.encryption())

    steps: tuple[Callable[[], object], ...] = (
        lambda: client.list_objects_v2(Bucket=place.bucket, Prefix=place.key(""), MaxKeys=1),
        written,
    )
    with named_errors(place):
        for step in steps:
            step()
    try:
        _refuses_to_overwrite(written, bucket)
        with named_errors(place):
            client.get_object(**at)["Body"].read()
    finally:
        with named_errors(place):
            client.delete_object(**at)


def _refuses_to_overwrite(written: Callable[[], None], bucket: Bucket) -> None:
    try:
        written()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
            return
        with named_errors(bucket.place):
            raise
    raise WarehouseError(
        f"{bucket.place.endpoint or 'The store'} ignores If-None-Match: two syncs at once would overwrite each "
        "other's commits and lose rows. Use AWS S3, or a store that supports conditional writes."
    )
