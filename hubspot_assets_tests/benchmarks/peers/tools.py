"""The tools: their pinned versions, how each is run, and where its rows are."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.benchmarks import materialization
from hubspot_assets_tests.benchmarks.peers import tables
from hubspot_assets_tests.benchmarks.peers.judge import Row

CONFIGURATIONS = Path(__file__).with_name("configurations")
DUCKDB = "duckdb==2.0.0"
"""The version of this project, which has to read the files."""

Programs = Mapping[str, Path]
"""The folders of the programs of a tool's environments."""


@dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes:
        title: As the tables call it.
        command: What brings the contacts up to date, once.
        rows: What is in a folder then; given the names of the properties that count.
        environments: Requirements by the name of each environment.
        variables: Environment variables of the command; `PEER_…` without it.
    """

    title: str
    command: Callable[[Programs], Sequence[str]]
    rows: Callable[[Path, Collection[str]], Iterator[Row]]
    environments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    variables: Callable[[Portal, Path], Mapping[str, str]] | None = None

    def environment(self, portal: Portal, folder: Path) -> Mapping[str, str]:
        """The variables of a run that reads a portal into a folder."""
        if self.variables is not None:
            return self.variables(portal, folder)
        apart = ("HUBSPOT_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
        return kept | {"PEER_URL": portal.url, "PEER_TOKEN": portal.token, "PEER_FOLDER": str(folder)}


def _script(name: str, environment: str) -> Callable[[Programs], Sequence[str]]:
    return lambda programs: [str(programs[environment] / "python"), str(CONFIGURATIONS / f"{name}.py")]


def _singer(target: str) -> Callable[[Programs], Sequence[str]]:
    def command(programs: Programs) -> Sequence[str]:
        tap, loader = programs["tap-hubspot"] / "python", programs[target] / target
        return [sys.executable, str(CONFIGURATIONS / "singer.py"), str(tap), str(loader), target]

    return command


def _columns(table: str, prefix: str = "") -> Callable[[Path, Collection[str]], Iterator[Row]]:
    return lambda folder, names: tables.of_columns(folder / "contacts.duckdb", table, names, prefix)


TAP = {"tap-hubspot": ["meltano-tap-hubspot==0.10.1"]}

TOOLS = {
    "this": Tool(
        "hubspot_assets",
        lambda _: [str(Path(sys.executable).with_name("hubspot-assets")), "sync", "contacts"],
        lambda folder, _: tables.of_this_project(folder / "hubspot.duckdb"),
        variables=partial(materialization.environment, objects=["contacts"]),
    ),
    "sdk": Tool(
        "HubSpot's SDK, pandas, DuckDB",
        _script("hubspot_sdk", "hubspot-sdk"),
        _columns("contacts"),
        {"hubspot-sdk": ["hubspot-api-client==12.0.0", "pandas==3.1.1", "pyarrow==26.0.1", DUCKDB]},
    ),
    "jsonl": Tool(
        "meltano-tap-hubspot, JSON lines",
        _singer("target-jsonl"),
        lambda folder, _: tables.of_lines(folder / "lines"),
        {**TAP, "target-jsonl": ["target-jsonl==0.1.4"]},
    ),
    "duckdb": Tool(
        "meltano-tap-hubspot, DuckDB",
        _singer("target-duckdb"),
        _columns("hubspot.contacts", "properties__"),
        {**TAP, "target-duckdb": ["target-duckdb==0.8.0", DUCKDB]},
    ),
    "dlt": Tool(
        "dlt, REST source, DuckDB",
        _script("dlt_rest", "dlt"),
        _columns("hubspot.contacts", "properties__"),
        {"dlt": ["dlt[duckdb,parquet]==1.31.0", "pyarrow==26.0.1", DUCKDB]},
    ),
}
