"""AWS Secrets Manager: one secret, a JSON object of settings."""

from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.secrets.variables import variables_of


def read_secrets(name: str) -> Mapping[str, str]:
    """Read a secret by its name or ARN, with the credentials and the region that AWS's libraries find by themselves.

    Raises:
        SettingsError: There is no such secret, it may not be read, or it is not a JSON object.
    """
    region = name.split(":")[3] if name.startswith("arn:") and name.count(":") >= 6 else None
    try:
        secret = boto3.client("secretsmanager", region_name=region).get_secret_value(SecretId=name)
    except ClientError as error:
        said = error.response.get("Error", {})
        reason = f"{said.get('Code', 'unknown error')}: {said.get('Message', '')}".removesuffix(".")
    except BotoCoreError as error:
        reason = str(error).removesuffix(".")
    else:
        return variables_of(secret.get("SecretString") or secret.get("SecretBinary"), name)
    raise SettingsError(
        f"HUBSPOT_SECRETS names {name}, which AWS Secrets Manager does not give ({reason}). It takes the name or ARN "
        "of a secret, the action secretsmanager:GetSecretValue on it, and AWS_REGION."
    )
