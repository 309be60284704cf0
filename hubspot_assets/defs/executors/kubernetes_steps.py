"""Steps of a run in pods of their own: dagster-k8s' executor, imported where a run begins.

Its client of Kubernetes takes five seconds to import, which the process of every step would pay for nothing.
"""

import dagster as dg

from hubspot_assets.settings.errors import SettingsError


@dg.executor(
    name="kubernetes",
    config_schema=dg.Permissive(),
    requirements=dg.multiple_process_executor_requirements(),
)
def kubernetes_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """dagster-k8s' executor; it takes the same configuration (`max_concurrent`, `step_k8s_config`, …).

    Images, namespace and environment of the pods are those that the run launcher of Dagster's Helm chart gives to
    the pods of runs.

    Raises:
        SettingsError: The instance launches runs in another way.
        dagster.DagsterInvalidConfigError: The configuration is not one of dagster-k8s' executor.
    """
    from dagster._config import process_config
    from dagster_k8s import K8sRunLauncher, k8s_job_executor

    if not isinstance(context.instance.run_launcher, K8sRunLauncher):
        raise SettingsError(
            "HUBSPOT_EXECUTOR=kubernetes needs an instance whose runs are launched by K8sRunLauncher, as Dagster's "
            f"Helm chart sets it up; this one has {type(context.instance.run_launcher).__name__}. Elsewhere set "
            "HUBSPOT_EXECUTOR=in_process."
        )
    given = context.executor_config
    processed = process_config(k8s_job_executor.config_schema.config_type, dict(given))
    if not processed.success:
        raise dg.DagsterInvalidConfigError("Errors in the configuration of the executor:", processed.errors, given)
    creation = k8s_job_executor.executor_creation_fn
    assert creation is not None
    return creation(context._replace(executor_config=processed.value))
