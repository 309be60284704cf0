"""Labels in Latin letters, as far as an alphabet tells how it sounds."""

import unicodedata

from anyascii import anyascii

_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "GEORGIAN", "HIRAGANA", "KATAKANA", "HANGUL")
"""Scripts that write every sound. Others leave out vowels, or write words that each language reads in its own way."""


def in_latin_letters(label: str) -> str:
    """Return a label in ASCII letters: `Größe` gives `Grosse`, `Заказы` gives `Zakazy`.

    What cannot be written so is left as it is: other scripts, punctuation, symbols.
    """
    return "".join(_letter(each) for each in unicodedata.normalize("NFKC", label))


def _letter(character: str) -> str:
    if character.isascii() or not unicodedata.name(character, "").startswith(_ALPHABETS):
        return character
    # Signs that only change how a neighbor sounds.
    return anyascii(character).replace("'", "")
