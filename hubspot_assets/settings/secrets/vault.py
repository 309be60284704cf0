"""HashiCorp Vault: one secret of a key-value engine (version 2), whose keys are settings."""

from collections.abc import Mapping

import hvac
import requests
from hvac.exceptions import VaultError

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.secrets.variables import variables_of


def read_secrets(name: str) -> Mapping[str, str]:
    """Read the newest version of a secret.

    The address and the token are those of Vault's own command line: VAULT_ADDR, VAULT_TOKEN (or `~/.vault-token`, as
    an agent keeps it), VAULT_NAMESPACE, VAULT_CACERT.

    Args:
        name: Mount and path, `secret/hubspot`.

    Raises:
        SettingsError: There is no such secret, or it may not be read.
    """
    mount, _, path = name.strip("/").partition("/")
    if not path:
        raise SettingsError(
            "HUBSPOT_SECRETS is invalid: give `vault:` with mount and path, such as vault:secret/hubspot."
        )
    try:
        answer = hvac.Client().secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
        return variables_of(answer["data"]["data"], name)
    except VaultError as error:
        # Vault's own words are a list of reasons; they name no values.
        reason = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(":. ")
    except (requests.RequestException, KeyError, TypeError) as error:
        reason = type(error).__name__
    raise SettingsError(
        f"HUBSPOT_SECRETS names {name}, which Vault does not give ({reason}). It takes VAULT_ADDR, a valid "
        "VAULT_TOKEN, and a policy that may read it."
    )
