"""What the object and event types of an account are: those that it has no more are marked, those not asked for stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
from typing_extensions import override

from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.sync.reference import Answer, ReferenceSource
from hubspot_assets.sync.state import State
from hubspot_assets.tables.object_definitions import OBJECT_AND_EVENT_TYPE_DEFINITIONS
from hubspot_assets.warehouse.base import Warehouse


class TypeDefinitionsSource(ReferenceSource):
    """The object and event types of the account.

    Args:
        client: The HubSpot client.
        ask: Asks HubSpot for types; takes the id of the sync.
        is_told: Whether the answer would have a type of this id, if the account still had it; asked after `ask`.
        at_most_every: See `ReferenceSource`.
        full: Likewise.
    """

    def __init__(
        self,
        client: Client,
        ask: Callable[[str], Answer],
        is_told: Callable[[str], bool],
        at_most_every: timedelta | None = None,
        full: bool = False,
    ) -> None:
        table = OBJECT_AND_EVENT_TYPE_DEFINITIONS
        super().__init__(client, table.name.lower(), table, self._with_those_gone, at_most_every, full)
        self._types, self._is_told = ask, is_told
        self._stored: list[str] = []

    @override
    def look(self, state: State, warehouse: Warehouse) -> None:
        if warehouse.schema(self.table.name) is not None:
            self._stored = warehouse.read(self.table.name, ["ID"], [("DELETEDAT", "is null", None)])["ID"].to_pylist()

    def _with_those_gone(self, sync_id: str) -> Answer:
        answer = self._types(sync_id)
        ids = {*answer.rows["ID"].to_pylist(), *filter(self._is_told, self._stored)}
        return replace(answer, scopes=pa.table({"ID": pa.array(sorted(ids), pa.string())}))
