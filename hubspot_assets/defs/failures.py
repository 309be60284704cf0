"""Failures that only a person can settle: Dagster does not repeat their step."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg


@contextmanager
def permanent_failures() -> Iterator[None]:
    """Keep Dagster from retrying what cannot help.

    The errors of this project's libraries say by an attribute `permanent` whether trying again is pointless; their
    sentence becomes the description of the step's failure. It tells cause and cure, so the chain of exceptions behind
    it, which would bury it in the log, ends there.

    Raises:
        dagster.Failure: in place of a permanent error.
    """
    try:
        yield
    except Exception as error:
        if getattr(error, "permanent", False):
            raise dg.Failure(description=str(error), allow_retries=False) from None
        raise
