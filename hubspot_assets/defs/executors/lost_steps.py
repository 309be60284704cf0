"""Steps that are lost with the machine they ran on: only Dagster can begin them anew."""

import dagster as dg

from hubspot_assets.settings.hubspot import Settings

RETRY_POLICY = dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""A step that begins anew goes on from its last commit."""


def retry_policy(settings: Settings) -> dg.RetryPolicy | None:
    """Return the retry policy of steps on other machines; None where the step has the run's own machine.

    There it would do harm: Dagster takes an interrupt of a step with a retry policy for a reason to begin it anew, so
    that neither Terminate nor Ctrl-C would stop it (`dagster/_core/execution/plan/utils.py`).
    """
    return RETRY_POLICY if settings.executor in ("celery", "kubernetes") else None
