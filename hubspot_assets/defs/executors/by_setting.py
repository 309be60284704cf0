"""The executor that the settings name."""

import importlib.util

import dagster as dg

from hubspot_assets.defs.executors.preloaded import PRELOADED
from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.hubspot import Settings


def executor_of(settings: Settings) -> dg.ExecutorDefinition:
    """The executor that `HUBSPOT_EXECUTOR` names.

    In process, a step costs a tenth of a second and is concurrent inside; steps that should run beside each other
    get processes of their own, forked from one that has everything imported (0.7 s a step instead of 11). Celery and
    Kubernetes take them to other machines.

    Raises:
        SettingsError: The executor's packages are not installed.
    """
    if settings.executor == "celery":
        _require("dagster_celery", "celery")
        from hubspot_assets.defs.executors.celery_steps import celery_executor

        return celery_executor(settings)
    if settings.executor == "kubernetes":
        _require("dagster_k8s", "kubernetes")
        from hubspot_assets.defs.executors.kubernetes_steps import kubernetes_executor

        return kubernetes_executor
    if settings.executor == "multiprocess":
        return dg.multiprocess_executor.configured({"start_method": {"forkserver": {"preload_modules": [*PRELOADED]}}})
    return dg.in_process_executor


def _require(module: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise SettingsError(
            f"HUBSPOT_EXECUTOR={extra} needs packages that are not installed: pip install 'hubspot-assets[{extra}]'."
        )
