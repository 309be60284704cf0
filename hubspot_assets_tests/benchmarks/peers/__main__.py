"""Runs other tools and this one on the same work, and prints the tables of README.

    uv run python -m hubspot_assets_tests.benchmarks peers
    uv run python -m hubspot_assets_tests.benchmarks peers --scale 0.05 --tools this dlt --works changed

Each tool has an environment of its own, built from PyPI. They run one after the other, each against a demo portal
that answers after 200 ms under HubSpot's limits, and what they have written is compared with the portal's truth.
Each later work begins where the first load has ended, and ends with a quiet run, as a schedule brings one: what is
wrong after it stays wrong.
"""

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import requests

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets_tests.benchmarks.peers import outcome
from hubspot_assets_tests.benchmarks.peers.environments import environment
from hubspot_assets_tests.benchmarks.peers.judge import Verdict, judge
from hubspot_assets_tests.benchmarks.peers.outcome import Outcome
from hubspot_assets_tests.benchmarks.peers.processes import Cost, run
from hubspot_assets_tests.benchmarks.peers.tools import TOOLS, Programs, Tool
from hubspot_assets_tests.benchmarks.peers.works import FIRST_LOAD, LATER, PROPERTIES, Work

CONTACTS = 100_000
WARM_UP = 100
"""Contacts of a first load that is not measured, in which Python compiles what the tool imports."""
LATENCY = 0.2
LOAD_SECONDS = 60 * 60
SYNC_SECONDS = 3 * 60
"""How long a run may take before it is ended."""


@dataclass(frozen=True)
class Bench:
    """A tool at work on a portal of its own.

    Attributes:
        programs: Of the tool's environments.
        folder: Of everything that is written.
        contacts: How many there are.
        names: Their properties that every tool can see.
    """

    tool: Tool
    programs: Programs
    portal: Portal
    folder: Path
    contacts: int
    names: frozenset[str]

    def first_load(self) -> Outcome:
        """Have the tool load everything."""
        return self._outcome([self._run("first", LOAD_SECONDS)], "first", frozenset(), self.contacts)

    def later(self, name: str, work: Work, loaded: Verdict) -> Outcome:
        """Have the tool follow what happens after the first load, which may have left some rows wrong."""
        shutil.copytree(self.folder / "first", self.folder / name)
        # The data of the first load, at the time of now.
        self.portal.reset()
        self.portal.order("clock", now=datetime.now(UTC).isoformat())
        costs = []
        for number in range(work.runs):
            work.happens(self.portal, self.contacts, number)
            if number == 0:
                self.portal.clear_requests()
            costs.append(self._run(name, SYNC_SECONDS))
        summary = self.portal.summary()
        self.portal.faults()
        self.portal.index_lag(lag=False)
        self.portal.index_catch_up()
        costs.append(self._run(name, SYNC_SECONDS))
        before = frozenset((*loaded.missing, *loaded.wrong))
        made = self._outcome(costs, name, before, max(self.contacts // 100, 1), summary)
        shutil.rmtree(self.folder / name)
        return made

    def _run(self, name: str, most_seconds: float) -> Cost:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return run(
            self.tool.command(self.programs),
            self.tool.environment(self.portal, folder),
            folder,
            folder / "log",
            most_seconds,
        )

    def _outcome(
        self,
        costs: list[Cost],
        name: str,
        excused: frozenset[int],
        records: int,
        summary: dict | None = None,
    ) -> Outcome:
        summary = summary or self.portal.summary()
        rows = self.tool.rows(self.folder / name, self.names)
        verdict = judge(rows, self.portal.records("contacts"), self.names, excused)
        return Outcome(costs, verdict, summary["total"], summary["rate_limited"], summary["most_in_flight"], records)


def main() -> None:
    """Run the chosen tools and works."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help=f"of {CONTACTS:,} contacts")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--works", nargs="*", choices=LATER, default=list(LATER), help="besides the first load")
    parser.add_argument("--logs", type=Path, help="a folder that keeps what the tools print")
    arguments = parser.parse_args()
    contacts = max(round(CONTACTS * arguments.scale), 100)
    made: dict[str, dict[str, Outcome]] = {}
    for name in arguments.tools:
        tool = TOOLS[name]
        programs = {each: environment(each, pinned) for each, pinned in tool.environments.items()}
        made[tool.title] = outcomes = {}
        with _bench(tool, programs, WARM_UP, latency=0) as bench:
            bench.first_load()
        with _bench(tool, programs, contacts) as bench:
            outcomes[FIRST_LOAD.title] = loaded = bench.first_load()
            _say(tool, FIRST_LOAD, loaded)
            for work in arguments.works:
                outcomes[LATER[work].title] = bench.later(work, LATER[work], loaded.verdict)
                _say(tool, LATER[work], outcomes[LATER[work].title])
            if arguments.logs:
                arguments.logs.mkdir(parents=True, exist_ok=True)
                shutil.copy(bench.folder / "first" / "log", arguments.logs / f"{name}.log")
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    print(f"\nFirst load of {contacts:,} contacts x {PROPERTIES} properties ({machine}):\n")
    print(outcome.markdown(outcome.speeds({tool: each[FIRST_LOAD.title] for tool, each in made.items()})))
    changed = LATER["changed"].title
    if any(changed in each for each in made.values()):
        print(f"\nThe sync after it, {changed}:\n")
        print(outcome.markdown(outcome.speeds({tool: each[changed] for tool, each in made.items()})))
    print("\nRows and values, after a quiet run more:\n")
    print(outcome.markdown(outcome.completeness(made)))


@contextmanager
def _bench(tool: Tool, programs: Programs, contacts: int, latency: float = LATENCY) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Portal.start(
            sizes={"contacts": contacts},
            properties={"contacts": PROPERTIES},
            archived_share=0,
            merged_share=0,
            limits=True,
            latency=latency,
            now=datetime.now(UTC).isoformat(),
        ) as portal,
    ):
        names = _names(portal)
        portal.clear_requests()
        yield Bench(tool, programs, portal, Path(folder), contacts, names)


def _names(portal: Portal) -> frozenset[str]:
    """The properties that HubSpot lists where nothing else is asked for: those that are not sensitive."""
    answer = requests.get(
        f"{portal.url}/crm/v3/properties/contacts", headers={"Authorization": f"Bearer {portal.token}"}, timeout=60
    )
    answer.raise_for_status()
    return frozenset(each["name"] for each in answer.json()["results"])


def _say(tool: Tool, work: Work, made: Outcome) -> None:
    figures = ", ".join(f"{heading}: {show(made)}" for heading, show in outcome.SPEED.items())
    statuses = ", ".join("ended" if cost.status is None else str(cost.status) for cost in made.costs)
    print(f"{tool.title}: {work.title}: {figures}; exit codes {statuses}; {made.verdict.example}", flush=True)


if __name__ == "__main__":
    main()
