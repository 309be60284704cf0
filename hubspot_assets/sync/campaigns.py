"""Campaigns: read whole, into a table as wide as the account's campaigns have properties."""

from dataclasses import replace

import pyarrow as pa
from typing_extensions import override

from hubspot_assets.hubspot.campaigns import campaign_metrics, campaigns
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.reference import Answer, ReferencePlan, ReferenceSource
from hubspot_assets.sync.state import State
from hubspot_assets.tables.campaigns import CampaignTable
from hubspot_assets.warehouse.base import Warehouse

REFUSED = "refused"
"""Key of a sync's notes: names of the properties that HubSpot lists and does not give out."""


class CampaignsSource(ReferenceSource):
    """All campaigns, with their metrics.

    Args:
        client: The HubSpot client.
        full: Whether to find out anew which properties may be read.
    """

    def __init__(self, client: Client, full: bool = False) -> None:
        super().__init__(client, "campaigns", CampaignTable.of(()).table, self._campaigns, full=full)
        self._stored: pa.Schema | None = None
        self._refused: frozenset[str] = frozenset()

    @override
    def look(self, state: State, warehouse: Warehouse) -> None:
        self._stored = warehouse.schema(self.table.name)
        if not self.full:
            self._refused = frozenset((state.notes or {}).get(REFUSED, ()))

    @override
    def plan(self, state: State, warehouse: Warehouse) -> ReferencePlan:
        plan = super().plan(state, warehouse)
        return replace(plan, notes={**(plan.notes or {}), REFUSED: sorted(self._refused)})

    def _campaigns(self, sync_id: str) -> Answer:
        read = campaigns(self.client, refused=self._refused)
        metrics = dict(campaign_metrics(self.client, [each.id for each in read.campaigns]))
        self._refused = read.refused
        wide = CampaignTable.of(read.properties, stored=self._stored)
        self.table = wide.table
        return Answer(wide.rows(read.campaigns, metrics, read_at=self.client.now(), sync_id=sync_id))
