"""The file `.env` of the current folder."""

import io
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.text_file import read_text


def read_dotenv(file: Path) -> Mapping[str, str]:
    """Read the variables of a file; there are none where there is no file.

    Args:
        file: A text file, or a pipe as secret managers offer it. A folder (of a virtual environment) is passed over.

    Raises:
        SettingsError: The file cannot be read; the message names it.
    """
    try:
        # Dagster reads this file too.
        text = read_text(file, utf_8_only=True) if file.is_file() or file.is_fifo() else ""
    except OSError as error:
        raise SettingsError(f"The file {file.absolute()} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SettingsError(f"The file {file.absolute()} {error}.") from None
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value is not None}
