"""The tables that a sync wants, from those that a lake has."""

import json
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from hubspot_assets.warehouse.base import PROPERTY, UNPARSED, SchemaChange, Table, WarehouseBusy, WarehouseError
from hubspot_assets.warehouse.duckdb.sql import holds, literal, quoted, spelled
from hubspot_assets.warehouse.lake.bucket import Bucket
from hubspot_assets.warehouse.lake.commits import ATTEMPTS, Committer
from hubspot_assets.warehouse.lake.log import CHECKPOINT_EVERY, LOG, Logs, Outrun
from hubspot_assets.warehouse.lake.parts import bounded
from hubspot_assets.warehouse.lake.snapshot import Snapshot, opened
from hubspot_assets.warehouse.lake.sql import DIALECT, lake_schema
from hubspot_assets.warehouse.parquet_stage import FOLDER_PREFIX

CONFIGURATION = {
    "delta.checkpointInterval": str(CHECKPOINT_EVERY),
    "delta.logRetentionDuration": "interval 30 days",
}


def ensured(bucket: Bucket, logs: Logs, committer: Committer, table: Table, keep_days: int) -> list[SchemaChange]:
    """Create a table, add columns to it and turn columns into text, as is needed.

    Raises:
        WarehouseError: If what is stored can never become the table.
        WarehouseBusy: If others always changed it first.
    """
    changes: list[SchemaChange] = []
    for _ in range(ATTEMPTS):
        snapshot = opened(logs, table.name)
        try:
            if snapshot is None:
                _create(logs, table, keep_days)
                return [SchemaChange(table.name, "created")]
            _refuse_other_keys(snapshot, table)
            changes += _added(committer, snapshot, table)
            snapshot = opened(logs, table.name) if changes else snapshot
            assert snapshot is not None
            return changes + _widened(committer, snapshot, table)
        except Outrun:
            continue
    raise WarehouseBusy(f"Others change table {table.name} in {bucket.place} all the time; run it again later.")


def _create(logs: Logs, table: Table, keep_days: int) -> None:
    """Let deltalake make the table on this machine, and put what it says into the log."""
    # Said of the table, for deltalake's dataset takes a column of which a file says nothing for one of NULLs.
    skipping = ",".join(f"`{c}`" for c in bounded(table, table.schema.names))
    configuration = {
        **CONFIGURATION,
        "delta.deletedFileRetentionDuration": f"interval {keep_days} days",
        "delta.dataSkippingStatsColumns": skipping,
    }
    with tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        schema = lake_schema(table.schema)
        DeltaTable.create(folder, schema=schema, description=table.comment, configuration=configuration)
        [entry] = Path(folder, LOG).glob("*.json")
        said = map(json.loads, entry.read_text().splitlines())
        actions = [each for each in said if "commitInfo" not in each]
    logs.put(table.name, 0, actions, uuid.uuid4().hex, "CREATE TABLE")


def _added(committer: Committer, snapshot: Snapshot, table: Table) -> list[SchemaChange]:
    added = [f for f in lake_schema(table.schema) if f.name not in snapshot.columns]
    if added:
        with committer.draft(table, snapshot.version) as draft:
            committer.publish(draft, pa.schema([*snapshot.stored, *added]))
    return [SchemaChange(table.name, "added", f.name) for f in added]


def _widened(committer: Committer, snapshot: Snapshot, table: Table) -> list[SchemaChange]:
    wide = [f for f in table.schema if not holds(snapshot.columns[f.name], DIALECT.column_type(f.type))]
    if not wide:
        return []
    names = {f.name for f in wide}
    with committer.draft(table, snapshot.version) as draft:
        draft.respell(
            _respelled(snapshot, table, wide),
            {c: "VARCHAR" if c in names else type_ for c, type_ in snapshot.columns.items()},
        )
        text = pa.schema([f.with_type(pa.string()) if f.name in names else f for f in snapshot.stored])
        committer.publish(draft, text)
    return [SchemaChange(table.name, "widened", f.name, snapshot.columns[f.name]) for f in wide]


def _refuse_other_keys(snapshot: Snapshot, table: Table) -> None:
    """As text, columns of key or version would neither be found nor ordered."""
    for name in {*table.key, *table.version} & snapshot.columns.keys():
        has, wanted = snapshot.columns[name], DIALECT.column_type(table.schema.field(name).type)
        if has != wanted and (has == "VARCHAR" or not holds(has, wanted)):
            raise WarehouseError(
                f"column {name} of table {table.name} is stored as {has}, where a sync needs {wanted}; "
                "another program made this table: rename or remove it."
            )


def _respelled(snapshot: Snapshot, table: Table, wide: Sequence[pa.Field]) -> dict[str, str]:
    """The columns as text, with the raw text that UNPARSED has for them, and UNPARSED without it."""
    raw_kept = UNPARSED in snapshot.columns and UNPARSED in table.json
    expressions, taken = {}, {}
    for field in wide:
        text = spelled(quoted(field.name), snapshot.columns[field.name])
        property_name = (field.metadata or {}).get(PROPERTY)
        if raw_kept and property_name:
            name = property_name.decode()
            taken[name] = None
            text = f"coalesce({text}, {DIALECT.json_key(quoted(UNPARSED), literal(name))})"
        expressions[field.name] = text
    if taken:
        without = f"CAST(json_merge_patch({quoted(UNPARSED)}::JSON, {literal(json.dumps(taken))}) AS VARCHAR)"
        found = " OR ".join(f"{DIALECT.json_key(quoted(UNPARSED), literal(name))} IS NOT NULL" for name in taken)
        expressions[UNPARSED] = f"CASE WHEN {found} THEN nullif({without}, '{{}}') ELSE {quoted(UNPARSED)} END"
    return expressions
