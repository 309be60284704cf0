"""One prefix of one bucket, and the three ways to it: boto3 for files, deltalake for logs, Arrow for parts of files.

deltalake cannot send an external id and Arrow cannot encrypt with a key of one's own, so a boto3 session holds the
credentials, renews them, and hands out frozen keys for each operation.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import tenacity
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError
from pyarrow import fs
from s3transfer.exceptions import CancelledError, RetriesExceededError

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import ReadOnlyCredentials
    from s3transfer.futures import TransferFuture
    from s3transfer.manager import TransferManager

TRIES = 10
"""How often each of the three tries a request that fails in passing."""
AT_ONCE = 8 * 2**20
"""Bytes up to which a file is sent or fetched by one request; a larger one goes in parts, several at a time."""
AT_THE_SAME_TIME = 4
"""Parts of a file that come or go at the same time. With ten of them, a wide table took 50 MiB more."""
CUT_SHORT = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
"""What the SDK does not try again: an answer that begins, and does not end."""
MOST_REMOVED = 1_000
"""Files that S3 deletes in one request."""


@dataclass(frozen=True)
class Place:
    """Where the tables are; nothing here is secret.

    Attributes:
        bucket: Its name.
        prefix: What all keys begin with, without a slash at its end.
        region: The bucket's region.
        endpoint: Address of a store other than AWS's own.
        kms_key: Key that files are encrypted with; None leaves it to the bucket.
        role: ARN of the role that is assumed, for errors.
    """

    bucket: str
    prefix: str
    region: str
    endpoint: str | None = None
    kms_key: str | None = None
    role: str | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def uri(self, table: str) -> str:
        """Where a table is."""
        return f"{self}/{table}"

    def key(self, path: str) -> str:
        """The key of a path below the prefix."""
        return f"{self.prefix}/{path}"


def assumed(session: "boto3.Session", role: str, external_id: str | None, place: Place) -> "boto3.Session":
    """A session in a role, which renews its credentials by itself.

    Args:
        session: Whoever may assume the role.
        role: Its ARN.
        external_id: What its trust policy may ask for.
        place: Where it leads; a store other than AWS's own hands out the credentials itself.
    """
    import boto3
    import botocore.session
    from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher

    request = {"RoleArn": role, "RoleSessionName": "hubspot-assets"}
    if external_id:
        request["ExternalId"] = external_id
    client = session.client("sts", region_name=place.region, endpoint_url=place.endpoint)
    inner: Any = botocore.session.get_session()
    # The SDK has no public way to give a session credentials that renew themselves; this one is in wide use.
    inner._credentials = DeferredRefreshableCredentials(
        create_assume_role_refresher(client, request), "sts-assume-role"
    )
    inner.set_config_variable("region", place.region)
    return boto3.Session(botocore_session=inner)


class Bucket:
    """A place, and the credentials for it.

    Args:
        session: Holds the credentials, and renews them.
        place: Where the tables are.
        patience: Seconds after which a request that is not answered is sent again.
    """

    def __init__(self, session: "boto3.Session", place: Place, *, patience: float = 60) -> None:
        self.place = place
        self._patience = patience
        self._session = session
        settings = Config(
            region_name=place.region,
            connect_timeout=min(patience, 10),
            read_timeout=patience,
            retries={"mode": "standard", "max_attempts": TRIES},
        )
        self.client: Any = session.client("s3", endpoint_url=place.endpoint, config=settings)

    def storage_options(self) -> dict[str, str]:
        """What deltalake needs, with keys that are good for a while."""
        place, keys = self.place, self._keys()
        options = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_REGION": place.region,
            "max_retries": str(TRIES),
            "retry_timeout": "120s",
            "timeout": f"{self._patience}s",
        }
        if keys.token:
            options["AWS_SESSION_TOKEN"] = keys.token
        if place.endpoint:
            options["AWS_ENDPOINT_URL"] = place.endpoint
            options["AWS_ALLOW_HTTP"] = str(place.endpoint.startswith("http://")).lower()
        if place.kms_key:
            options |= {
                "AWS_SERVER_SIDE_ENCRYPTION": "aws:kms",
                "AWS_SSE_KMS_KEY_ID": place.kms_key,
                "AWS_SSE_BUCKET_KEY_ENABLED": "true",
            }
        return options

    def filesystem(self, table: str) -> fs.FileSystem:
        """The files of a table as Arrow reads them.

        Arrow's own file system, for one that is written in Python lets a process die at its end (deltalake's).
        """
        place, keys = self.place, self._keys()
        address: dict[str, Any] = {}
        if place.endpoint:
            parts = urlsplit(place.endpoint)
            address = {"endpoint_override": parts.netloc + parts.path.rstrip("/"), "scheme": parts.scheme}
        store = fs.S3FileSystem(
            access_key=keys.access_key,
            secret_key=keys.secret_key,
            session_token=keys.token,
            region=place.region,
            request_timeout=self._patience,
            connect_timeout=min(self._patience, 10),
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=TRIES),
            **address,
        )
        return fs.SubTreeFileSystem(f"{place.bucket}/{place.key(table)}", store)

    def upload(self, file: Path, path: str) -> None:
        """Put a file below the prefix."""
        if file.stat().st_size <= AT_ONCE:
            self.put(path, file.read_bytes())
            return
        at = self.place.bucket, self.place.key(path)
        _end(self._transfers.upload(str(file), *at, extra_args=dict(self.encryption())))

    def download(self, path: str, file: Path, size: int) -> None:
        """Get a file of so many bytes from below the prefix."""
        body = self.get(path) if size <= AT_ONCE else None
        if body is not None:
            file.write_bytes(body)
            return
        _end(self._transfers.download(self.place.bucket, self.place.key(path), str(file)))
        # Whoever reads the file needs the memory that its parts took.
        pa.default_memory_pool().release_unused()

    def get(self, path: str) -> bytes | None:
        """What a small file below the prefix has; None if there is none."""
        try:
            return self._body(path)
        except self.client.exceptions.NoSuchKey:
            return None

    def encryption(self) -> Mapping[str, str]:
        """What an upload says of its encryption."""
        key = self.place.kms_key
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def put(self, path: str, body: bytes) -> None:
        """Put a small file below the prefix."""
        self.client.put_object(Bucket=self.place.bucket, Key=self.place.key(path), Body=body, **self.encryption())

    def put_new(self, path: str, body: bytes) -> str | None:
        """Put a small file below the prefix if there is none.

        Returns:
            Its tag, as `listed` has it; None if there is such a file, be it this one.
        """
        at = {"Bucket": self.place.bucket, "Key": self.place.key(path)}
        for attempt in range(TRIES):
            try:
                return self.client.put_object(**at, Body=body, IfNoneMatch="*", **self.encryption())["ETag"]
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status not in (409, 412):
                    raise
                # 409: another request for the same file has not come to its end yet.
                if status == 412 or attempt == TRIES - 1:
                    return None
                time.sleep(0.1)
        return None

    def listed(self, folder: str, after: str = "") -> list[tuple[str, str]]:
        """The files of a folder below the prefix whose names come after some text, with tags of what they have."""
        start = {"StartAfter": self.place.key(folder + after)} if after else {}
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=self.place.key(folder), **start
        )
        beginning = self.place.key(folder)
        return [
            (each["Key"].removeprefix(beginning), each["ETag"]) for page in pages for each in page.get("Contents", ())
        ]

    def folders(self) -> Iterator[str]:
        """The folders directly below the prefix, of which tables are some."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.place.bucket, Prefix=self.place.key(""), Delimiter="/"
        )
        for page in pages:
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(self.place.key("")).rstrip("/")

    def files(self, path: str) -> list[str]:
        """The files in a folder below the prefix and in the folders of that, as paths below the prefix."""
        return [f"{path}/{name}" for name, _ in self.listed(f"{path}/")]

    def remove(self, paths: Sequence[str]) -> None:
        """Delete files below the prefix.

        Raises:
            ClientError: Some could not be deleted.
        """
        for start in range(0, len(paths), MOST_REMOVED):
            keys = [{"Key": self.place.key(path)} for path in paths[start : start + MOST_REMOVED]]
            answer = self.client.delete_objects(Bucket=self.place.bucket, Delete={"Objects": keys, "Quiet": True})
            for refused in answer.get("Errors", ()):
                raise ClientError({"Error": refused}, "DeleteObjects")

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(CUT_SHORT), stop=tenacity.stop_after_attempt(TRIES), reraise=True
    )
    def _body(self, path: str) -> bytes:
        return self.client.get_object(Bucket=self.place.bucket, Key=self.place.key(path))["Body"].read()

    @cached_property
    def _transfers(self) -> "TransferManager":
        """Whose threads send and fetch large files. Each new thread would keep 8 MiB of what it had in its hands."""
        from boto3.s3.transfer import TransferConfig
        from s3transfer.manager import TransferManager

        settings = TransferConfig(max_concurrency=AT_THE_SAME_TIME, num_download_attempts=TRIES)
        return TransferManager(self.client, settings)

    def _keys(self) -> "ReadOnlyCredentials":
        credentials = self._session.get_credentials()
        if credentials is None:
            raise PermissionError("there are no AWS credentials")
        return credentials.get_frozen_credentials()


def _end(transfer: "TransferFuture") -> None:
    """Wait for a file that is on its way; what ends the wait, an interrupt too, ends the transfer."""
    try:
        transfer.result()
    except RetriesExceededError as error:
        # What the last try met says more than that there were too many.
        raise error.last_exception from error
    except BaseException:
        # Its threads would go on with it, and keep the process from ending.
        transfer.cancel()
        with suppress(CancelledError):
            transfer.result()
        raise
