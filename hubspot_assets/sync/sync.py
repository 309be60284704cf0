"""What an asset returns: a sync that holds no rows yet, ready to be written into a warehouse."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import tenacity

from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.errors import HubSpotError
from hubspot_assets.sync.report import Report
from hubspot_assets.sync.reset import reset
from hubspot_assets.sync.run import run
from hubspot_assets.sync.source import Source
from hubspot_assets.warehouse.base import Warehouse

ATTEMPTS = 3
"""How often one source is tried, after the client's own patience with single requests."""
FIRST_WAIT = 10.0
"""Seconds before the second attempt; the third waits twice as long."""


@runtime_checkable
class Storable(Protocol):
    """What an asset may return: it holds no rows, and writes itself into a warehouse."""

    @property
    def links(self) -> Mapping[str, str]:
        """Pages of HubSpot about what is written, by what they are called."""
        ...

    def write_to(self, warehouse: Warehouse, tag: Mapping[str, str]) -> Iterator[Report]:
        """Write; yield what was done, target by target."""
        ...


@dataclass(frozen=True)
class Sync:
    """One asset's sync: a source per partition, one after the other.

    Attributes:
        client: The HubSpot client that the sources read by.
        sources: Make the sources; each is made anew for each attempt.
        run_id: Who launched it (column RUNID of SYNCS).
        say: Takes lines for people.
        restart: Whether the tables are dropped first, all slices of them.
        links: Pages of HubSpot about what is written, by what they are called.
    """

    client: Client
    sources: Sequence[Callable[[], Source[Any]]]
    run_id: str
    say: Callable[[str], object] = print
    restart: bool = False
    links: Mapping[str, str] = field(default_factory=dict)

    def write_to(self, warehouse: Warehouse, tag: Mapping[str, str]) -> Iterator[Report]:
        """Bring the tables into line with HubSpot.

        What passes by itself is tried again here, not by Dagster's retry policy, which would take an interrupt for a
        failure and begin anew. Each attempt goes on where the one before stopped.

        Args:
            warehouse: Where to.
            tag: Who is asking, for a destination that keeps a history of its statements.

        Yields:
            What was done, target by target.

        Raises:
            HubSpotError: HubSpot refused, or could not be reached for long.
            WarehouseError: The destination refused, or could not be reached for long.
        """
        if self.restart:
            tables = sorted({make().target.table for make in self.sources})
            self.say(f"Starts {', '.join(tables)} afresh.")
            reset(warehouse.tagged(tag), tables)
        for make in self.sources:
            attempts = tenacity.Retrying(
                retry=tenacity.retry_if_exception(self._is_worth_repeating),
                wait=tenacity.wait_exponential(FIRST_WAIT) + tenacity.wait_random(0, FIRST_WAIT),
                stop=tenacity.stop_after_attempt(ATTEMPTS),
                before_sleep=self._say_waiting,
                reraise=True,
            )
            yield attempts(self._run, make, warehouse, tag)

    def _run(self, make: Callable[[], Source[Any]], warehouse: Warehouse, tag: Mapping[str, str]) -> Report:
        source = make()
        tagged = warehouse.tagged({**tag, "partition": source.target.slice} if source.target.slice else tag)
        return run(source, tagged, self.client, run_id=self.run_id, say=self.say)

    def _is_worth_repeating(self, error: BaseException) -> bool:
        """Whether an error may pass soon: once HubSpot was out of reach for long, later runs see when it is back."""
        return _passes(error) and not (isinstance(error, HubSpotError) and self.client.given_up)

    def _say_waiting(self, state: tenacity.RetryCallState) -> None:
        if state.outcome is not None and state.next_action is not None:
            self.say(
                f"{state.outcome.exception()} Tries again in {state.next_action.sleep:.0f} s "
                f"(attempt {state.attempt_number + 1} of {ATTEMPTS}); what was read until now is kept."
            )


def _passes(error: BaseException) -> bool:
    """Whether an error says of itself that it may pass; one that says nothing is a fault of ours."""
    return isinstance(error, Exception) and getattr(error, "permanent", True) is False
