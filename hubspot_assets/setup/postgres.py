"""A Dagster instance that machines share: the project's `dagster.yaml` with its storage in Postgres, as text."""

import re
from importlib import resources
from pathlib import Path

SCHEME = "postgresql+psycopg2"
"""dagster-postgres brings this driver; without its name SQLAlchemy would look for another."""

_HEADER = """\
# Dagster's instance in a Postgres database: for the DAGSTER_HOME of every machine and container that serves, schedules
# or executes runs. Each needs the variables DAGSTER_PG_… and the package dagster-postgres.
"""
_STORAGE = f"""\
storage:
  postgres:
    postgres_db:
      hostname: {{env: DAGSTER_PG_HOST}}
      port: {{env: DAGSTER_PG_PORT}}
      db_name: {{env: DAGSTER_PG_DB}}
      username: {{env: DAGSTER_PG_USERNAME}}
      password: {{env: DAGSTER_PG_PASSWORD}}
      scheme: {SCHEME}
"""
_COMPUTE_LOGS = """\
# What syncs say is in the event log, hence in Postgres. Raw stdout and stderr would stay on the machine of the step;
# to keep them too, name a compute log manager of dagster-aws, dagster-gcp or dagster-azure.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def own_instance() -> str:
    """The project's `dagster.yaml`: the one in this folder, which may have been changed, or else the package's."""
    here = Path("dagster.yaml")
    return (here if here.is_file() else resources.files("hubspot_assets").joinpath("defs/dagster.yaml")).read_text()


def shared_instance(dagster_yaml: str) -> str:
    """The same instance with its storage in Postgres; everything else stays, comments included.

    Args:
        dagster_yaml: The text of the project's `dagster.yaml`.
    """
    text = re.sub(r"\A(#.*\n)*", "", dagster_yaml)
    for key in ("storage", "local_artifact_storage", "compute_logs"):
        text = re.sub(rf"^{key}:.*\n(?:[ \t]+.*\n)*", "", text, flags=re.MULTILINE)
    return f"{_HEADER}{_STORAGE}{_COMPUTE_LOGS}\n{text.strip()}\n"
