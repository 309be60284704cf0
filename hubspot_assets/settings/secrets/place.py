"""The place that HUBSPOT_SECRETS names: a folder, or a secret of a secrets manager."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.secrets.folder import read_folder

_ARN = "arn:"
_MANAGERS = ("aws", "azure", "google", "vault")
"""What an address begins with; the module that reads it and the extra that brings its library are called so too."""

Reader = Callable[[str], Mapping[str, str]]


def read_place(address: str) -> tuple[Mapping[str, str], str]:
    """Read every setting that a place keeps.

    Args:
        address: `/run/secrets`, `aws:name`, the ARN of a secret, `azure:vault`, `google:project`, or
            `vault:mount/path`.

    Returns:
        The variables, and what to call the place.

    Raises:
        SettingsError: The place cannot be read; the message shows no secret.
    """
    manager, colon, name = address.partition(":")
    if address.startswith(_ARN):
        manager, name = "aws", address
    if not colon or len(manager) < 2:
        return read_folder(Path(address)), f"the folder {address}"
    if manager not in _MANAGERS:
        raise SettingsError(
            "HUBSPOT_SECRETS is invalid: give a folder such as /run/secrets, `aws:` with the name or ARN of a secret, "
            "`azure:` with the name of a vault, `google:` with a project, or `vault:` with mount and path of a secret."
        )
    return _reader(manager)(name), address if address.startswith(_ARN) else f"{manager}:{name}"


def _reader(module: str) -> Reader:
    try:
        return import_module(f"hubspot_assets.settings.secrets.{module}").read_secrets
    except ModuleNotFoundError:
        raise SettingsError(
            f"HUBSPOT_SECRETS needs a library that is not installed: pip install 'hubspot-assets[{module}]'."
        ) from None
