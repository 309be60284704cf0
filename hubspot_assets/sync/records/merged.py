"""Records merged away: HubSpot lists them nowhere, but their survivors name them.

A survivor carries the ids of all it absorbed in `hs_merged_object_ids`, `;`-separated, chained merges included
(fivetran/dbt_hubspot#172 tells why `hs_calculated_merged_vids` will not do).
"""

from collections.abc import Mapping

import pyarrow as pa

from hubspot_assets.tables.schema import RecordSchema

MERGED_IDS = "hs_merged_object_ids"


def merged_ids_column(schema: RecordSchema) -> str | None:
    """The column of `hs_merged_object_ids`; None for object types that cannot be merged."""
    return next((column.column for column in schema.properties if column.property == MERGED_IDS), None)


def absorbed_records(rows: pa.Table, schema: RecordSchema) -> dict[int, int]:
    """The ids that the records among the rows have absorbed, each with the id of its survivor."""
    column = merged_ids_column(schema)
    if column is None or rows[column].null_count == rows.num_rows:
        return {}
    survivors = rows.filter(rows[column].is_valid())
    return {
        int(absorbed): survivor
        for survivor, ids in zip(survivors["OBJECTID"].to_pylist(), survivors[column].to_pylist(), strict=True)
        for absorbed in ids.split(";")
        if absorbed.isdecimal() and int(absorbed) != survivor
    }


def last_survivors(absorbed: Mapping[int, int]) -> dict[int, int]:
    """The same ids, each with the record that remains: a survivor may be absorbed while it is being read."""

    def last(id_: int) -> int:
        passed = set()
        while id_ in absorbed and id_ not in passed:
            passed.add(id_)
            id_ = absorbed[id_]
        return id_

    return {id_: last(id_) for id_ in absorbed}
