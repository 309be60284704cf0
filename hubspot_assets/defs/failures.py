"""Failures as people read them in the UI: one sentence with cause and cure."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from hubspot_assets.defs.plain import plain


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn the errors of this project's libraries into failures of the step that say what to do.

    These errors have an attribute `permanent`. Their sentence becomes the description of the failure; the chain of
    exceptions behind it, which would bury it in the log, ends there. Dagster does not repeat the step: what passes by
    itself was tried again where it happened, and what does not needs a person.

    Raises:
        dagster.Failure: In place of such an error.
    """
    try:
        yield
    except Exception as error:
        if hasattr(error, "permanent"):
            raise failure(str(error)) from None
        raise


def failure(said: str) -> dg.Failure:
    """Make a failure that Dagster does not repeat, of a sentence with cause and cure."""
    return dg.Failure(plain(said), allow_retries=False)


def reason_of(failure: dg.DagsterEvent) -> str:
    """Return why a step failed: the description of the failure, or what the innermost error said."""
    data = failure.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else failure.message or ""
