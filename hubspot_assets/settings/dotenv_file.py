"""The file `.env` of the current folder, in whatever encoding an editor or a shell wrote it."""

import codecs
import io
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from hubspot_assets.settings.errors import SettingsError

_BY_MARK = {
    codecs.BOM_UTF8: "utf-8",
    # Before UTF-16, whose mark it begins with.
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_dotenv(file: Path) -> Mapping[str, str]:
    """Read the variables of a file; there are none where there is no file.

    Args:
        file: A text file, or a pipe as secret managers offer it. A folder (of a virtual environment) is passed over.

    Raises:
        SettingsError: The file cannot be read; the message names it.
    """
    try:
        if not (file.is_file() or file.is_fifo()):
            return {}
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{_name(file)} cannot be read: {error.strerror}.") from None
    values = dotenv_values(stream=io.StringIO(_decoded(file, content)))
    return {name: value for name, value in values.items() if value is not None}


def _decoded(file: Path, content: bytes) -> str:
    mark = next((mark for mark in _BY_MARK if content.startswith(mark)), b"")
    content = content.removeprefix(mark)
    try:
        text = content.decode(_BY_MARK.get(mark, "utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        # The chain ends here: the error holds the whole file.
        raise SettingsError(f"{_name(file)} is not UTF-8 text (line {line}): save it in the encoding UTF-8.") from None
    if "\0" in text:
        raise SettingsError(f"{_name(file)} is not UTF-8 text (it holds NUL bytes): save it in the encoding UTF-8.")
    return text


def _name(file: Path) -> str:
    return f"The file {file.absolute()}"
