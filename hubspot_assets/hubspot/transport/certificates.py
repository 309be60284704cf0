"""The certificates that the environment tells requests to trust, looked at before they are needed.

With a file that is missing or holds no certificate every request fails alike, and what fails names neither the variable
nor the cure.
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""As requests looks them up."""


def problem(base_url: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return what is wrong with the certificates that the environment names, in a sentence; None where nothing is.

    Args:
        base_url: Where requests go; without TLS no certificate is needed.
        environment: The variables.
    """
    variable = next((name for name in _VARIABLES if environment.get(name)), None)
    if variable is None or not base_url.startswith("https://"):
        return None
    path = Path(environment[variable])
    if not path.exists():
        said = "does not exist"
    elif path.is_dir() or _holds_certificates(path):
        return None
    else:
        said = "cannot be read, or holds no certificates in PEM form (-----BEGIN CERTIFICATE-----)"
    return (
        f"{variable} names {path}, which {said}. Set it to the file with the certificates of your company's proxy, or "
        "unset it."
    )


def _holds_certificates(path: Path) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except OSError:  # ssl.SSLError is one
        return False
    return context.cert_store_stats()["x509"] > 0
