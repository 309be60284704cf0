"""Secrets managers that are asked by plain requests."""

from collections.abc import Mapping
from typing import Any

import requests

_TIMEOUT = 30
"""Seconds."""


def get(session: requests.Session, url: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
    """Ask for one thing.

    Raises:
        requests.RequestException: There is no answer, or not a good one.
    """
    answer = session.get(url, params=parameters, timeout=_TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def reason(error: Exception) -> str:
    """Return why a request failed, without its address: the status that refused it, or the kind of failure."""
    answer = getattr(error, "response", None)
    return f"{answer.status_code} {answer.reason}" if answer is not None else type(error).__name__
