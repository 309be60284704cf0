"""What a tool has made of a work, and how the tables say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_assets_tests.benchmarks.peers.judge import Verdict
from hubspot_assets_tests.benchmarks.peers.processes import Cost


@dataclass(frozen=True)
class Outcome:
    """A tool's runs of one work.

    Attributes:
        costs: Of the runs; the last of several is the quiet one after the work.
        verdict: What is wrong at the end.
        requests: That reached the portal during the runs of the work.
        rate_limited: Those of them that were answered 429.
        most_in_flight: The most that were being answered at once.
        records: That the work is about.
    """

    costs: Sequence[Cost]
    verdict: Verdict
    requests: int
    rate_limited: int
    most_in_flight: int
    records: int

    @property
    def first(self) -> Cost:
        """The first run, which the speeds are of."""
        return self.costs[0]


SPEED = {
    "records/s": lambda made: _per(made.records, made.first.seconds),
    "records per CPU second": lambda made: _per(made.records, made.first.cpu_seconds),
    "seconds": lambda made: f"{made.first.seconds:,.1f}",
    "CPU seconds": lambda made: f"{made.first.cpu_seconds:,.1f}",
    "peak memory": lambda made: f"{made.first.memory:,.0f} MiB",
    "requests per 1,000": lambda made: f"{1000 * made.requests / made.records:,.1f}",
    "429s": lambda made: f"{made.rate_limited:,}",
    "most in flight": lambda made: f"{made.most_in_flight:,}",
    "rows and values": lambda made: told(made),
}
"""Columns of a table of speeds."""


def told(made: Outcome) -> str:
    """Whether everything is right at the end, and whether the tool said so when it was not."""
    last = made.costs[-1]
    if last.status is None:
        return f"does not end: {wrong(made.verdict)}"
    if made.verdict.right:
        failed = sum(cost.status != 0 for cost in made.costs)
        return "right" if not failed else f"right after {failed} of {len(made.costs)} runs failed"
    return f"{'silent' if last.status == 0 else 'failed'}: {wrong(made.verdict)}"


def wrong(verdict: Verdict) -> str:
    """What is wrong, in words."""
    counts = {
        "missing": len(verdict.missing),
        "duplicated": verdict.duplicated,
        "wrong": len(verdict.wrong),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing wrong"


def speeds(made: Mapping[str, Outcome]) -> list[list[str]]:
    """A table with a row for each tool, its headings first."""
    rows = [[tool, *(show(outcome) for show in SPEED.values())] for tool, outcome in made.items()]
    return [["", *SPEED], *rows]


def completeness(made: Mapping[str, Mapping[str, Outcome]]) -> list[list[str]]:
    """A table with a row for each work and a column for each tool, from outcomes by tool and work."""
    works = dict.fromkeys(work for outcomes in made.values() for work in outcomes)
    rows = [[work, *(told(outcomes[work]) if work in outcomes else "" for outcomes in made.values())] for work in works]
    return [["after …", *made], *rows]


def markdown(table: Sequence[Sequence[str]]) -> str:
    """A table as README has them."""
    headings, *rows = table
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _per(records: int, seconds: float) -> str:
    return f"{records / seconds:,.0f}" if seconds else ""
