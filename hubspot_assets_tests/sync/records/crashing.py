"""A warehouse that fails when it is told to."""

from hubspot_assets.warehouse.base import Counts, Write, WriteAfter
from hubspot_assets.warehouse.duckdb.warehouse import DuckDBWarehouse


class Crash(Exception):
    """Stands for whatever ends a process."""


class Crashing(DuckDBWarehouse):
    """Crashes at one commit, just before it or just after."""

    at = 0
    after = False
    commits = 0

    def crash(self, at: int, *, after: bool = False) -> None:
        self.at, self.after, self.commits = at, after, 0

    def commit(self, *writes: Write | WriteAfter) -> list[Counts]:
        self.commits += 1
        if self.commits == self.at and not self.after:
            raise Crash
        counts = super().commit(*writes)
        if self.commits == self.at:
            raise Crash
        return counts
