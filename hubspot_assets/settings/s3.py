"""The settings of the S3 destination, read when it is chosen: where the lake is, and the AWS SDK's own variables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator
from typing_extensions import override

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.model import SettingsModel
from hubspot_assets.settings.places import Given

_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


def _lake(url: str) -> str:
    url = url.rstrip("/")
    if not re.fullmatch(rf"s3://{_BUCKET}(/[^/?#\s]+)+", url):
        raise ValueError("give bucket and prefix as `s3://bucket/prefix`")
    return url


def _role(arn: str | None) -> str | None:
    if arn is not None and not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", arn):
        raise ValueError("give the ARN of a role, such as arn:aws:iam::123456789012:role/hubspot")
    return arn


class S3Settings(SettingsModel):
    """Where the lake is.

    Attributes:
        url: Bucket and prefix, as `s3://bucket/prefix`.
        role_arn: A role that is assumed; without, the credentials are used as they are.
        external_id: What the role's trust policy asks for.
        region: The bucket's region, if the AWS SDK's variables do not say it.
        kms_key_id: Key that files are encrypted with; without, the bucket decides.
        keep_days: How many days files stay that no table needs any more, for readers of older versions.
    """

    prefix: ClassVar[str] = "S3_"
    expected: ClassVar[Mapping[str, str]] = {"keep_days": "give a number of days such as 2"}

    model_config = ConfigDict(frozen=True)

    url: Annotated[str, AfterValidator(_lake)]
    role_arn: Annotated[str | None, AfterValidator(_role)] = None
    external_id: str | None = None
    region: str | None = None
    kms_key_id: str | None = None
    keep_days: Annotated[int, Field(ge=1, le=365)] = 2

    @property
    def bucket(self) -> str:
        """The bucket of the URL."""
        return self.url.removeprefix("s3://").partition("/")[0]

    @property
    def path(self) -> str:
        """The prefix of the URL."""
        return self.url.removeprefix("s3://").partition("/")[2]

    @model_validator(mode="after")
    def _id_of_a_role(self) -> Self:
        if self.external_id and not self.role_arn:
            raise ValueError("S3_EXTERNAL_ID is sent when a role is assumed, so S3_ROLE_ARN is needed too")
        return self

    @classmethod
    @override
    def _needs(cls, missing: list[str]) -> str:
        return f"HUBSPOT_DESTINATION is s3, which needs {', '.join(missing)}."


class AWSSettings(SettingsModel):
    """The AWS SDK's own variables, which may stand in `.env` as well; without any it looks where it always does.

    Attributes:
        access_key_id: Of a key.
        secret_access_key: Of the same.
        session_token: Where the key is a temporary one.
        profile: A profile of `~/.aws/config`.
        region: Region of the bucket.
        default_region: The same, by its other name.
        endpoint_url: Address of a store other than AWS's own.
        endpoint_url_s3: The same for S3 alone; it goes before.
    """

    prefix: ClassVar[str] = "AWS_"

    model_config = ConfigDict(frozen=True)

    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    profile: str | None = None
    region: str | None = None
    default_region: str | None = None
    endpoint_url: str | None = None
    endpoint_url_s3: str | None = None


@dataclass(frozen=True)
class LakeSettings:
    """All that the destination needs.

    Attributes:
        s3: Where the lake is.
        aws: The AWS SDK's variables.
    """

    s3: S3Settings
    aws: AWSSettings

    @classmethod
    def read(cls, given: Mapping[str, Given]) -> Self:
        """Validate what is given.

        Raises:
            SettingsError: Settings are missing or invalid; the message names each one, and shows no secret.
        """
        settings = cls(S3Settings.read(given), AWSSettings.read(given))
        if settings.region is None and settings.aws.profile is None:
            raise SettingsError("HUBSPOT_DESTINATION is s3, which needs S3_REGION, the region of the bucket.")
        return settings

    @property
    def region(self) -> str | None:
        """Region of the bucket; None leaves it to the profile."""
        return self.s3.region or self.aws.region or self.aws.default_region

    @property
    def endpoint(self) -> str | None:
        """Address of a store other than AWS's own."""
        return self.aws.endpoint_url_s3 or self.aws.endpoint_url
