"""The lake that the settings name, reached by the credentials that they, or the AWS SDK, have."""

import atexit
from functools import cache
from typing import TYPE_CHECKING

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.s3 import LakeSettings

if TYPE_CHECKING:
    import boto3

    from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse


@cache
def lake_warehouse(settings: LakeSettings) -> "LakeWarehouse":
    """Return the warehouse of these settings: one per process, so that its steps share sessions.

    Raises:
        SettingsError: The extra `s3` is not installed, or nothing says which region the bucket is in.
    """
    try:
        import botocore.exceptions

        from hubspot_assets.warehouse.lake.bucket import Bucket, Place, assumed
        from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse
    except ImportError as error:
        raise SettingsError(
            f"HUBSPOT_DESTINATION is s3, which needs the extra `s3`: pip install 'hubspot-assets[s3]' ({error})."
        ) from None
    try:
        session = _session(settings)
    except botocore.exceptions.ProfileNotFound as error:
        raise SettingsError(f"AWS_PROFILE is invalid: {error}.") from None
    region = settings.region or session.region_name
    if region is None:
        raise SettingsError("HUBSPOT_DESTINATION is s3, which needs S3_REGION, the region of the bucket.")
    s3 = settings.s3
    place = Place(s3.bucket, s3.path, region, settings.endpoint, s3.kms_key_id, s3.role_arn)
    if s3.role_arn:
        session = assumed(session, s3.role_arn, s3.external_id, place)
    return LakeWarehouse(Bucket(session, place), keep_days=s3.keep_days)


# Its DuckDB would else outlive the interpreter, as in `warehouse.py`.
atexit.register(lake_warehouse.cache_clear)


def _session(settings: LakeSettings) -> "boto3.Session":
    import boto3

    aws = settings.aws
    return boto3.Session(
        aws_access_key_id=aws.access_key_id,
        aws_secret_access_key=aws.secret_access_key.get_secret_value() if aws.secret_access_key else None,
        aws_session_token=aws.session_token.get_secret_value() if aws.session_token else None,
        profile_name=aws.profile,
        region_name=settings.region,
    )
