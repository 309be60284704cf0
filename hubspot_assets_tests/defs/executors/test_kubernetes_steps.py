"""The executor up to where a cluster would be asked for something: none can run here."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.retries import RetryMode

from hubspot_assets.defs.executors.kubernetes_steps import kubernetes_executor
from hubspot_assets.settings.errors import SettingsError

CLUSTER = """
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {}}]
current-context: nowhere
"""


@dg.job
def nothing() -> None:
    """A job without steps."""


def executor(instance: dg.DagsterInstance, **config: Any) -> Any:
    creation = kubernetes_executor.executor_creation_fn
    assert creation is not None
    return creation(dg.InitExecutorContext(InMemoryJob(nothing), kubernetes_executor, config, instance))


@pytest.fixture(scope="module")
def on_cluster(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("cluster")
    (folder / "config").write_text(CLUSTER)
    launcher = {
        "module": "dagster_k8s",
        "class": "K8sRunLauncher",
        "config": {
            "service_account_name": "dagster",
            "instance_config_map": "dagster-instance",
            "dagster_home": "/opt/dagster",
            "job_image": "registry/hubspot:1",
            "job_namespace": "crm",
            "env_secrets": ["hubspot"],
            "load_incluster_config": False,
            "kubeconfig_file": str(folder / "config"),
        },
    }
    with dg.DagsterInstance.local_temp(str(folder), overrides={"run_launcher": launcher}) as instance:
        yield instance


def test_it_is_the_executor_of_dagster_k8s_with_its_own_defaults_and_configuration(on_cluster):
    made = executor(on_cluster, max_concurrent=4, step_k8s_config={"container_config": {"resources": {}}})
    assert type(made).__name__ == "StepDelegatingExecutor"
    assert made.retries is RetryMode.ENABLED
    assert made._max_concurrent == 4
    handler = made._step_handler
    assert type(handler).__name__ == "K8sStepHandler"
    assert handler._executor_container_context.run_k8s_config.container_config == {"resources": {}}


def test_a_configuration_that_dagster_k8s_does_not_know_is_refused(on_cluster):
    with pytest.raises(dg.DagsterInvalidConfigError, match="max_concurent"):
        executor(on_cluster, max_concurent=4)


def test_an_instance_that_launches_runs_elsewhere_is_refused_with_the_cure(instance):
    with pytest.raises(SettingsError) as refused:
        executor(instance)
    assert "needs an instance whose runs are launched by K8sRunLauncher" in str(refused.value)
    assert "this one has DefaultRunLauncher" in str(refused.value)
