"""Settings among other secrets, and secrets that hold several settings at once."""

import json
from collections.abc import Mapping

from hubspot_assets.settings.errors import SettingsError


def is_setting(name: str) -> bool:
    """Tell whether a secret is named like a setting of ours; capitals do not matter."""
    return name.upper().startswith(("HUBSPOT_", "SNOWFLAKE_", "S3_"))


def variables_of(secret: object, name: str) -> Mapping[str, str]:
    """Return the settings that a secret holds.

    Args:
        secret: A JSON object of variables, as text or read already.
        name: What the secret is called.

    Raises:
        SettingsError: It is something else; the message shows nothing of it.
    """
    try:
        variables = json.loads(secret) if isinstance(secret, str | bytes) else secret
    except ValueError:
        variables = None
    if not isinstance(variables, dict):
        raise SettingsError(
            f"The secret {name}, which HUBSPOT_SECRETS names, is not a JSON object of settings such as "
            '{"HUBSPOT_ACCESS_TOKEN": "pat-…"}.'
        )
    # Nested JSON is meant where a setting is JSON itself.
    return {key: each if isinstance(each, str) else json.dumps(each) for key, each in variables.items()}
