"""Dagster as tests run it in their own process: what it would make anew for each launch is made once.

A launch without an instance makes one in memory, and each access to an instance on disk makes an engine of
SQLAlchemy's, which compiles every statement again. Both took longer than most launches themselves.
"""

import importlib
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from alembic.script import ScriptDirectory
from dagster._core.execution import api, build_resources, execute_in_process

_STORAGES = (
    "event_log.sqlite.consolidated_sqlite_event_log",
    "event_log.sqlite.sqlite_event_log",
    "runs.sqlite.sqlite_run_storage",
    "schedules.sqlite.sqlite_schedule_storage",
)

_spare: list[dg.DagsterInstance] = []


def quicken() -> None:
    """Let launches in this process share what they would each make."""
    for name in _STORAGES:
        storage = importlib.import_module(f"dagster._core.storage.{name}")
        # These engines keep no connection: a file that is made anew is opened anew.
        storage.create_engine = _once(storage.create_engine, str)  # pyright: ignore[reportAttributeAccessIssue]
    read = _once(ScriptDirectory.from_config, lambda config: config.config_file_name)
    ScriptDirectory.from_config = staticmethod(read)  # pyright: ignore[reportAttributeAccessIssue]
    for module in (api, build_resources, execute_in_process):
        module.ephemeral_instance_if_missing = _instance  # pyright: ignore[reportAttributeAccessIssue]


def _once(make: Callable[..., Any], key: Callable[[Any], Hashable]) -> Callable[..., Any]:
    made: dict[Hashable, Any] = {}

    def get(about: Any, **options: Any) -> Any:
        if key(about) not in made:
            made[key(about)] = make(about, **options)
        return made[key(about)]

    return get


def on_disk(folder: Path) -> dict[str, object]:
    """Settings of an instance on disk that makes little beside what is tested.

    By default each run has a file of events to itself, and each step four processes that follow what it prints.
    """
    classes = {
        "event_log_storage": ("event_log", "ConsolidatedSqliteEventLogStorage"),
        "run_storage": ("runs", "SqliteRunStorage"),
        "schedule_storage": ("schedules", "SqliteScheduleStorage"),
    }
    storages = {
        kind: {"module": f"dagster._core.storage.{module}", "class": name, "config": {"base_dir": str(folder)}}
        for kind, (module, name) in classes.items()
    }
    logs = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    return {**storages, "compute_logs": logs}


@contextmanager
def _instance(given: dg.DagsterInstance | None) -> Iterator[dg.DagsterInstance]:
    """The given instance, or an empty one in memory that nobody else uses meanwhile."""
    if given:
        yield given
        return
    instance = _spare.pop() if _spare else dg.DagsterInstance.ephemeral()
    instance.wipe()
    try:
        yield instance
    finally:
        _spare.append(instance)
