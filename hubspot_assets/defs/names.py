"""What things are called in Dagster; with a prefix, two HubSpot accounts stand beside each other in one project."""

import re
from dataclasses import dataclass

import dagster as dg


def asset_name(name: str) -> str:
    """Return a name as an asset key can hold it: `2-1234567` gives `2_1234567`."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


@dataclass(frozen=True)
class Names:
    """The names of one account's assets, jobs, schedules, sensors and resources.

    Attributes:
        prefix: Goes before all of them; empty for a project with one account.
    """

    prefix: tuple[str, ...] = ()

    def key(self, name: str) -> dg.AssetKey:
        """Return the key of the asset called so: `hubspot/contacts`; `2-1234567` gives `hubspot/2_1234567`."""
        return dg.AssetKey([*self.prefix, "hubspot", asset_name(name)])

    def op(self, name: str) -> str:
        """Return the name of an op, as run configs spell it: `hubspot__contacts`."""
        return "__".join([*self.prefix, "hubspot", asset_name(name)])

    def of(self, name: str) -> str:
        """Return the name of a job, schedule, sensor or resource: `sync`, or `emea_sync`."""
        return "_".join([*self.prefix, name])

    def pool(self, name: str) -> str:
        """Return the pool of an asset, in which one step at a time may run."""
        return "/".join(self.key(name).path)
