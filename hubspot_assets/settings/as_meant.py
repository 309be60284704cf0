"""What a person meant, of what secret stores, files and `docker --env-file` leave around it."""

import unicodedata

_PAIRS = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
_QUOTATION_MARKS = frozenset(_PAIRS) | frozenset(_PAIRS.values())


def as_meant(text: str) -> str:
    """Return the text without white space, invisible characters and pairs of quotation marks around it.

    Only for values that cannot begin or end so themselves, as names, numbers, addresses and tokens cannot.
    """
    text = bare(text)
    while in_quotes(text):
        text = bare(text[1:-1])
    return text


def bare(text: str) -> str:
    """Return the text without white space and invisible characters around it.

    These are line ends, no-break spaces, byte order marks and the like.
    """
    start, end = 0, len(text)
    while start < end and _is_invisible(text[start]):
        start += 1
    while start < end and _is_invisible(text[end - 1]):
        end -= 1
    return text[start:end]


def in_quotes(text: str) -> bool:
    """Tell whether one pair of quotation marks stands around the text; `"a","b"` are two pairs."""
    return len(text) >= 2 and _PAIRS.get(text[0]) == text[-1] and not {text[0], text[-1]} & set(text[1:-1])


def half_quoted(text: str) -> bool:
    """Tell whether a quotation mark at the beginning or the end has lost its counterpart."""
    return any(mark in _QUOTATION_MARKS and text.count(mark) % 2 for mark in (text[:1], text[-1:]))


def passphrase(text: str) -> str:
    """Return a passphrase without the line end that follows it; nothing else of it is certain to be unmeant.

    Raises:
        ValueError: Quotation marks, white space or invisible characters stand around it, which may or may not belong
            to it.
    """
    text = text.removeprefix("\ufeff").rstrip("\r\n")
    if bare(text) != text:
        around = "white space or an invisible character"
    elif in_quotes(text):
        around = "quotation marks"
    else:
        return text
    raise ValueError(
        f"{around} around it may come from the place where it is kept (`docker --env-file` and secret stores keep "
        "them); remove them there, or, where they belong to the passphrase, choose another"
    )


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf")
