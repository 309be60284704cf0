"""The table of marketing campaigns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import pyarrow as pa

from hubspot_assets.hubspot.campaigns import Campaign
from hubspot_assets.hubspot.properties import PropertyDefinition
from hubspot_assets.tables.filling import filled
from hubspot_assets.tables.property_values import property_values
from hubspot_assets.tables.satellite import instant, json_text, satellite, text
from hubspot_assets.tables.schema import PropertyColumn, property_columns
from hubspot_assets.warehouse.base import UNPARSED, Table

NAME = "CAMPAIGNS"


@dataclass(frozen=True)
class CampaignTable:
    """CAMPAIGNS, as wide as the account's campaigns have properties.

    Attributes:
        table: As the warehouse takes it.
        properties: The property columns.
    """

    table: Table
    properties: tuple[PropertyColumn, ...]

    @classmethod
    def of(
        cls,
        definitions: Iterable[PropertyDefinition],
        *,
        known_columns: Mapping[str, str] | None = None,
        stored: pa.Schema | None = None,
    ) -> Self:
        """Return the table.

        Args:
            definitions: The properties that may be read.
            known_columns: Columns given to properties earlier (property to column).
            stored: The table as it is, when there is one; see `tables.schema.record_schema`.
        """
        properties = property_columns(definitions, known_columns, stored)
        table = satellite(
            NAME,
            "Marketing campaigns.",
            [
                text("CAMPAIGNID", "HubSpot's id of the campaign, a GUID."),
                *(each.to_arrow() for each in properties),
                text(UNPARSED, "Values that fit no column, as JSON: property to raw text."),
                text("BUSINESSUNITIDS", "The business units that it belongs to: a JSON list of ids."),
                text("METRICS", "What it has brought (sessions, influencedContacts …), as JSON."),
                instant("CREATEDAT", "When it was made"),
                instant("UPDATEDAT", "When it was last edited"),
                instant("DELETEDAT", "When a sync first knew that the campaign is gone; NULL while it is there"),
            ],
            key=("CAMPAIGNID",),
            json=(UNPARSED, "BUSINESSUNITIDS", "METRICS"),
        )
        return cls(table, properties)

    def rows(
        self,
        campaigns: Sequence[Campaign],
        metrics: Mapping[str, Mapping[str, Any] | None],
        *,
        read_at: datetime,
        sync_id: str,
    ) -> pa.Table:
        """Return campaigns as rows.

        Args:
            campaigns: The campaigns.
            metrics: What they have brought, by id.
            read_at: When HubSpot answered (aware).
            sync_id: The sync that writes them.

        Raises:
            UnreadableAnswer: HubSpot sent a value that does not fit its column.
        """
        columns, unparsed = property_values(self.properties, [each.properties for each in campaigns])
        return filled(
            self.table,
            {
                "CAMPAIGNID": [each.id for each in campaigns],
                **columns,
                UNPARSED: unparsed,
                "BUSINESSUNITIDS": [json_text([unit.get("id") for unit in each.business_units]) for each in campaigns],
                "METRICS": [json_text(metrics.get(each.id)) for each in campaigns],
                "CREATEDAT": [each.created_at for each in campaigns],
                "UPDATEDAT": [each.updated_at for each in campaigns],
            },
            read_at=read_at,
            sync_id=sync_id,
        )
