"""A folder with a file per setting, as Docker, Kubernetes and systemd lay out secrets."""

from collections.abc import Mapping
from pathlib import Path

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.kinds import home_expanded
from hubspot_assets.settings.secrets.variables import is_setting
from hubspot_assets.settings.text_file import read_text


def read_folder(folder: Path) -> Mapping[str, str]:
    """Read the files of a folder that are named after settings (`HUBSPOT_ACCESS_TOKEN`; capitals do not matter).

    Raises:
        SettingsError: The folder or such a file cannot be read.
    """
    place = folder
    try:
        files = sorted(home_expanded(folder).iterdir())
        variables = {}
        for place in files:
            if is_setting(place.name) and place.is_file():
                variables[place.name] = read_text(place)
    except OSError as error:
        raise SettingsError(f"HUBSPOT_SECRETS names {folder}: {place} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsError(f"HUBSPOT_SECRETS names {folder}: {place} {error}.") from None
    return variables
