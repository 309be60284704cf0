"""Azure Key Vault: a secret per setting, with hyphens for underscores (`HUBSPOT-ACCESS-TOKEN`).

Its names cannot hold underscores (https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/get-secrets).
"""

from collections.abc import Iterator, Mapping

import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.secrets.rest import get, reason
from hubspot_assets.settings.secrets.variables import is_setting

_SCOPE = "https://vault.azure.net/.default"
_VERSION = {"api-version": "7.4"}


def read_secrets(vault: str) -> Mapping[str, str]:
    """Read the secrets of a vault that are named after settings.

    The identity is the one that Azure's library finds by itself.

    Args:
        vault: Its name, or its address.

    Raises:
        SettingsError: The vault or a secret cannot be read.
    """
    address = vault.rstrip("/") if "://" in vault else f"https://{vault}.vault.azure.net"
    try:
        with requests.Session() as session, DefaultAzureCredential() as credential:
            session.headers["Authorization"] = f"Bearer {credential.get_token(_SCOPE).token}"
            return {
                name: get(session, f"{address}/secrets/{secret}", _VERSION)["value"]
                for name, secret in _named(session, address)
            }
    except (ClientAuthenticationError, requests.RequestException, KeyError) as error:
        # What lies behind may repeat what was sent.
        said = reason(error)
    raise SettingsError(
        f"HUBSPOT_SECRETS names the vault {vault}, which Azure does not open ({said}). It takes an identity (a managed "
        "one, or AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET) with the role Key Vault Secrets User."
    )


def _named(session: requests.Session, address: str) -> Iterator[tuple[str, str]]:
    """The settings that a vault has, each with the name of its secret."""
    url: str | None = f"{address}/secrets"
    while url:
        page = get(session, url, {} if "api-version" in url else _VERSION)
        for each in page["value"]:
            secret = each["id"].rpartition("/")[2]
            name = secret.replace("-", "_")
            if is_setting(name) and each.get("attributes", {}).get("enabled", True):
                yield name, secret
        url = page.get("nextLink")
