"""What S3 and the libraries refuse, by name and with the cure."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from botocore import exceptions as aws
from deltalake.exceptions import DeltaError

from hubspot_assets.warehouse.base import WarehouseError, WarehouseUnreachable
from hubspot_assets.warehouse.duckdb.file import is_short_of_memory
from hubspot_assets.warehouse.lake.bucket import Place

_CODE = re.compile(r"<Code>(\w+)</Code>")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_UNREACHABLE = ("error sending request", "Couldn't connect", "NETWORK_CONNECTION", "timed out", "Max retries")
_CONNECTION = (aws.HTTPClientError, aws.ConnectionError, aws.IncompleteReadError)

_WRONG_KEYS = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidClientTokenId"})
_OLD_KEYS = frozenset({"InvalidToken", "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_PASSING = frozenset(
    {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "ThrottlingException", "Throttling"}
)


@contextmanager
def named_errors(place: Place) -> Iterator[None]:
    """Turn what the libraries raise into a WarehouseError that names cause and cure.

    Raises:
        WarehouseError: In place of whatever boto3, deltalake or Arrow raised.
    """
    try:
        yield
    except (aws.ClientError, aws.BotoCoreError, aws.HTTPClientError, DeltaError, OSError, duckdb.Error) as error:
        raise explained(error, place) from error


def explained(error: Exception, place: Place) -> WarehouseError:
    """What went wrong, and what can be done about it."""
    code, said = _code(error), _said(error)
    if is_short_of_memory(error):
        return WarehouseError(f"There is too little memory on this machine to work on {place}. ({said})")
    if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError | PermissionError):
        return WarehouseError(
            "There are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or run "
            f"where a role is attached. ({said})"
        )
    if code in _WRONG_KEYS:
        return WarehouseError(f"The AWS keys are wrong: see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. ({said})")
    if code in _OLD_KEYS:
        return WarehouseError(f"The AWS session token is missing or has expired: renew AWS_SESSION_TOKEN. ({said})")
    if code in _PASSING or isinstance(error, _CONNECTION) or any(sign in said for sign in _UNREACHABLE):
        where = place.endpoint or f"S3 in {place.region}"
        return WarehouseUnreachable(f"{where} does not answer, again and again; run it again later. ({said})")
    if getattr(error, "operation_name", None) == "AssumeRole":
        return WarehouseError(
            f"Role {place.role} (S3_ROLE_ARN) may not be assumed: see that its trust policy names whoever these "
            "credentials belong to and the external id of S3_EXTERNAL_ID, which was sent if it is set, and that they "
            f"may call sts:AssumeRole. ({said})"
        )
    if code == "NoSuchBucket":
        return WarehouseError(f"There is no bucket {place.bucket}; see that S3_URL names the right one. ({said})")
    if code in ("AccessDenied", "403", "AllAccessDisabled"):
        return WarehouseError(
            f"{_who(place)} may not {_action(error)} in {place}, or the bucket belongs to somebody else; "
            f"`hubspot-assets setup s3` prints the policy that is needed. ({said})"
        )
    if code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "301"):
        return WarehouseError(f"Bucket {place.bucket} is not in {place.region}; set S3_REGION to its region. ({said})")
    return WarehouseError(f"{place} cannot be used. ({said})")


def _who(place: Place) -> str:
    return f"Role {place.role}" if place.role else "Whoever these AWS credentials belong to"


def _action(error: Exception) -> str:
    operation = getattr(error, "operation_name", None)
    actions = {
        "ListObjectsV2": "s3:ListBucket",
        "PutObject": "s3:PutObject",
        "GetObject": "s3:GetObject",
        "HeadObject": "s3:GetObject",
        "DeleteObject": "s3:DeleteObject",
        "CreateMultipartUpload": "s3:PutObject",
        "UploadPart": "s3:PutObject",
    }
    return actions.get(operation or "", "s3:ListBucket, s3:GetObject, s3:PutObject or s3:DeleteObject")


def _code(error: Exception) -> str:
    if isinstance(error, aws.ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    found = _CODE.search(str(error))
    if found:
        return found[1]
    return "AccessDenied" if "ACCESS_DENIED" in str(error) else ""


def _said(error: Exception) -> str:
    return re.sub(r"\s+", " ", _COLORS.sub("", str(error))).strip()[:400]
