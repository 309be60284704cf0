"""Text files in whatever encoding an editor or a shell wrote them."""

import codecs
from pathlib import Path

_BY_MARK = {
    codecs.BOM_UTF8: "utf-8",
    # Before UTF-16, whose mark it begins with.
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_text(file: Path, *, utf_8_only: bool = False) -> str:
    """Read a file in the encoding that its byte order mark names, or in UTF-8.

    Args:
        file: The file.
        utf_8_only: Whether others read it too, who know no marks of other encodings.

    Raises:
        OSError: It cannot be read.
        ValueError: It is in another encoding. The message goes on after the name of the file, and shows nothing of it.
    """
    content = file.read_bytes()
    mark = next((mark for mark in _BY_MARK if content.startswith(mark)), b"")
    content, encoding = content.removeprefix(mark), _BY_MARK.get(mark, "utf-8")
    if utf_8_only and encoding != "utf-8":
        raise ValueError(f"is in the encoding {encoding[:6].upper()}: save it in the encoding UTF-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        # The chain ends here: the error holds the whole file.
        raise ValueError(f"is not UTF-8 text (line {line}): save it in the encoding UTF-8") from None
    if "\0" in text:
        raise ValueError("is not UTF-8 text (it holds NUL bytes): save it in the encoding UTF-8")
    return text
