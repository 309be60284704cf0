r"""Private keys as PEM text, however secret stores keep them: with `\n` for line ends, in one line, as base64."""

import base64
import binascii
import re
import textwrap

from pydantic import SecretStr

from hubspot_assets.settings.as_meant import as_meant

_BEGIN = "-----BEGIN "
_IN_ONE_LINE = re.compile(r"(-----BEGIN [A-Z ]+-----)([A-Za-z0-9+/=\s]+)(-----END [A-Z ]+-----)")


def pem(key: object) -> object:
    """Return a private key as PEM text; what is not text is returned as it is.

    Raises:
        ValueError: It is not a private key.
    """
    text = key.get_secret_value() if isinstance(key, SecretStr) else key
    if not isinstance(text, str):
        return key
    text = as_meant(text.replace("\\r", "").replace("\\n", "\n"))
    if not text.startswith(_BEGIN):
        try:
            text = as_meant(base64.b64decode("".join(text.split()), validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            text = ""
    if not text.startswith(_BEGIN):
        raise ValueError(
            "it is not a private key; give the PEM text (real line ends, or \\n in their place), or the base64 of it"
        )
    if flattened := _IN_ONE_LINE.fullmatch(text):
        begin, body, end = flattened.groups()
        text = "\n".join((begin, *textwrap.wrap("".join(body.split()), 64), end))
    return text + "\n"
