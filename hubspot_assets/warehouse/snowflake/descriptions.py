"""What tables look like, asked once for several reads that belong together.

A description wakes no warehouse but costs a round trip, and every read needs one. Writes always ask anew: what they
go by must be true at their own instant.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hubspot_assets.warehouse.snowflake.schema import columns, required
from hubspot_assets.warehouse.snowflake.session import Session
from hubspot_assets.warehouse.snowflake.sql import Place

Columns = Mapping[str, str]
"""Snowflake types by column."""


class Descriptions:
    """The descriptions of one schema's tables. Thread-safe: what is remembered is a thread's own.

    Args:
        place: The schema.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._remembered = threading.local()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Ask for each table once in this block, if it is there."""
        if self._kept() is not None:
            yield
            return
        self._remembered.tables = {}
        try:
            yield
        finally:
            self._remembered.tables = None

    def of(self, session: Session, table: str) -> Columns | None:
        """Return the columns of a table or view; None when there is neither."""
        kept = self._kept()
        if kept is not None and table in kept:
            return kept[table]
        found = columns(session, self._place, table)
        if kept is not None and found is not None:
            kept[table] = found
        return found

    def stored(self, session: Session, table: str) -> Columns:
        """Return the columns of a table that must be there.

        Raises:
            TableNotFound: There is no such table.
        """
        return required(self.of(session, table), self._place, table)

    def _kept(self) -> dict[str, Columns] | None:
        return getattr(self._remembered, "tables", None)
