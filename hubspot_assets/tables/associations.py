"""The tables of associations: one per directed pair of object types, a row per pair of records and label."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np
import pyarrow as pa

from hubspot_assets.catalog.object_types import ObjectType
from hubspot_assets.hubspot.associations import AssociationRows
from hubspot_assets.tables.names import id_stem
from hubspot_assets.tables.object_definitions import is_main
from hubspot_assets.tables.satellite import column, instant, satellite, text
from hubspot_assets.warehouse.base import Table


@dataclass(frozen=True)
class AssociationsTable:
    """The table of one directed pair.

    Attributes:
        table: As the warehouse takes it; the scope of a `Replace` is the record that the associations are from.
        from_column: Column of the id of that record.
        to_column: Column of the id of the record that it is associated with.
    """

    table: Table
    from_column: str
    to_column: str

    @classmethod
    def of(cls, from_type: ObjectType, to_type: ObjectType, stored: pa.Schema | None = None) -> Self:
        """Return the table of a pair: `ASSOCIATIONS_CONTACTS_TO_COMPANIES`.

        Args:
            from_type: Whose associations.
            to_type: To what.
            stored: The columns that it has: those of ids keep their names when an object type is renamed.
        """
        one, other = (id_stem(each.singular_label, each.object_type_id) for each in (from_type, to_type))
        prefixes = ("FROM_", "TO_") if one == other else ("", "")
        from_column, to_column = f"{prefixes[0]}{one}_OBJECTID", f"{prefixes[1]}{other}_OBJECTID"
        if stored is not None:
            from_column, to_column = stored.names[:2]
        plurals = (each.table.removeprefix("OBJECTS_") for each in (from_type, to_type))
        labels = f"{from_type.label} and the {to_type.label.lower()} that they are associated with"
        table = satellite(
            f"ASSOCIATIONS_{'_TO_'.join(plurals)}",
            f"{labels}: one row per pair and label.",
            [
                column(from_column, pa.int64(), "The record whose association this is."),
                column(to_column, pa.int64(), "The record that it is associated with."),
                text("ASSOCIATIONCATEGORY", "HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED or WORK."),
                column("ASSOCIATIONTYPEID", pa.int64(), "HubSpot's id of the type; each direction has its own."),
                text("LABEL", "What HubSpot's users read; NULL for the plain type that most pairs have."),
                column("ISMAINASSOCIATIONDEFINITION", pa.bool_(), "Whether it marks the main one (Primary)."),
                instant("REMOVEDAT", "When a sync first knew that it is gone; NULL while it is there"),
            ],
            key=(from_column, to_column, "ASSOCIATIONCATEGORY", "ASSOCIATIONTYPEID"),
        )
        return cls(table, from_column, to_column)

    @property
    def name(self) -> str:
        """Return the table's name."""
        return self.table.name

    def rows(self, rows: AssociationRows, read_at: datetime, sync_id: str) -> pa.Table:
        """Return associations as rows of the table."""
        labels = pa.array(rows.labels, pa.string())
        count = len(rows)
        return pa.table(
            [
                pa.array(rows.from_ids, pa.int64()),
                pa.array(rows.to_ids, pa.int64()),
                pa.array(rows.categories, pa.string()),
                pa.array(rows.type_ids, pa.int64()),
                labels,
                pa.array(map(is_main, rows.categories, rows.type_ids, rows.labels), pa.bool_()),
                pa.nulls(count, pa.timestamp("us")),
                pa.repeat(pa.scalar(read_at.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us")), count),
                pa.repeat(pa.scalar(sync_id), count),
            ],
            schema=self.table.schema,
        )

    def scopes(self, ids: np.ndarray) -> pa.Table:
        """Return records as the scopes whose associations a batch tells completely."""
        return pa.table({self.from_column: pa.array(ids, pa.int64())})
