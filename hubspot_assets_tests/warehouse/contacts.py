"""A small table of contacts, in the shape that every object type has."""

import json
from datetime import datetime, timedelta

import pyarrow as pa

from hubspot_assets.warehouse.base import Counts, Merge, Patch, Table, Warehouse

INSTANT = pa.timestamp("us")
NAME = "OBJECTS_CONTACTS"


def instant(minute: int) -> datetime:
    return datetime(2026, 11, 1) + timedelta(minutes=minute)


def property_field(name: str, type_: pa.DataType = pa.string(), label: str | None = None) -> pa.Field:  # noqa: B008
    comment = {"comment": label} if label else {}
    return pa.field(f"PROPERTY_{name.upper()}", type_, metadata={"property": name, **comment})


NUMBER = pa.decimal128(38, 10)
PROPERTIES = (property_field("email"), property_field("amount", NUMBER))


def contacts_table(*properties: pa.Field, name: str = NAME) -> Table:
    return Table(
        name=name,
        schema=pa.schema(
            [
                pa.field("OBJECTID", pa.int64()),
                pa.field("UPDATEDAT", INSTANT),
                *(properties or PROPERTIES),
                pa.field("UNPARSED", pa.string()),
                pa.field("INGESTEDAT", INSTANT),
                pa.field("SYNCID", pa.string()),
            ]
        ),
        key=("OBJECTID",),
        version=("UPDATEDAT", "INGESTEDAT"),
        provenance=("INGESTEDAT", "SYNCID"),
        json=("UNPARSED",),
    )


CONTACTS = contacts_table()


def contact(id_: int, updated: int | None = 1, read: int | None = 1, **values: object) -> dict[str, object]:
    """A row; `updated` and `read` are minutes, the rest are properties by their upper-case names, or columns."""
    instants = (None if minute is None else instant(minute) for minute in (updated, read))
    row: dict[str, object] = {"OBJECTID": id_, **dict(zip(("UPDATEDAT", "INGESTEDAT"), instants, strict=True))}
    for name, value in values.items():
        known = name in ("UNPARSED", "SYNCID")
        row[name if known else f"PROPERTY_{name}"] = value
    return row


def rows(*contacts: dict[str, object], table: Table = CONTACTS, lacking: tuple[str, ...] = ()) -> pa.Table:
    return pa.Table.from_pylist(list(contacts), schema=table.schema).drop_columns(list(lacking))


def merged(warehouse: Warehouse, *contacts: dict[str, object], table: Table = CONTACTS) -> Counts:
    """Stages and commits the rows."""
    with warehouse.stage(table) as stage:
        stage.write(rows(*contacts, table=table))
        [counts] = warehouse.commit(Merge(table, stage))
    return counts


def patched(warehouse: Warehouse, patch: dict[str, list], older_than: tuple[str, ...] | None = None) -> Counts:
    """Patches contacts by a column-wise description."""
    schema = pa.schema([CONTACTS.schema.field(name) for name in patch])
    [counts] = warehouse.commit(Patch(CONTACTS, pa.table(patch, schema=schema), only_if_older_than=older_than))
    return counts


def stored(warehouse: Warehouse, *columns: str, name: str = NAME) -> list[tuple]:
    """Those columns of all rows, in the order of the first."""
    read = warehouse.read(name, columns).to_pylist()
    return sorted((tuple(row[column] for column in columns) for row in read), key=lambda row: row[0])


def unparsed(warehouse: Warehouse) -> dict[int, dict | None]:
    return {id_: text and json.loads(text) for id_, text in stored(warehouse, "OBJECTID", "UNPARSED")}
