"""Whether a warehouse table equals the portal: every record, every value, typed equal or raw in UNPARSED.

Written against tables.md alone, without the code under test, so that the two cannot be wrong together.
"""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.warehouse.base import Warehouse


def assert_equals_portal(
    warehouse: Warehouse,
    portal: Portal,
    name: str = "contacts",
    table: str | None = None,
    *,
    excused: Collection[int] = (),
) -> int:
    """Fail with the first differences, those of `excused` ids aside; return how many records were compared."""
    compared = 0
    found: list[str] = []
    for difference in differences(warehouse, portal, name, table, excused=excused):
        if difference is None:
            compared += 1
            continue
        found.append(difference)
        if len(found) == 10:
            break
    assert not found, f"{name} differs from the portal:\n" + "\n".join(found)
    return compared


def differences(
    warehouse: Warehouse, portal: Portal, name: str, table: str | None = None, *, excused: Collection[int] = ()
) -> Iterator[str | None]:
    """Every difference in words; None for each record that is right."""
    table = table or STANDARD_OBJECT_TYPES[name].table
    object_type_id = STANDARD_OBJECT_TYPES[name].object_type_id if name in STANDARD_OBJECT_TYPES else None
    rows = {row["OBJECTID"]: row for row in warehouse.read(table).to_pylist()}
    if object_type_id is None:
        object_type_id = next(iter(rows.values()))["OBJECTTYPEID"] if rows else ""
    definitions = warehouse.read("PROPERTY_DEFINITIONS", where=[("OBJECTTYPEID", "=", object_type_id)]).to_pylist()
    columns = {row["NAME"]: row["COLUMNNAME"] for row in definitions}
    # The columns of properties that HubSpot no longer has keep their last values.
    kept = {row["NAME"] for row in definitions if row["ARCHIVED"]}
    schema = warehouse.schema(table)
    assert schema is not None
    types = {field.name: str(field.type) for field in schema}
    met = set()
    for truth in portal.records(name):
        id_ = int(truth["id"])
        met.add(id_)
        if id_ in excused:
            continue
        row = rows.get(id_)
        state = truth["state"]
        if row is None:
            # A record merged away or purged before any sync met it was never there to be lost.
            yield None if state in ("merged", "purged") else f"record {id_} ({state}) is not in the table"
            continue
        yield _state_difference(row, truth) or _value_difference(row, truth, columns, types, kept)
    for id_ in rows.keys() - met:
        yield f"row {id_} is no record of the portal"


def _state_difference(row: dict, truth: dict) -> str | None:
    state = truth["state"]
    id_ = row["OBJECTID"]
    reason = {"live": None, "archived": "archived", "merged": "merged", "purged": "purged"}[state]
    if row["DELETIONREASON"] != reason:
        return f"record {id_} is {state}, but its DELETIONREASON is {row['DELETIONREASON']}"
    if row["ARCHIVED"] is not (state == "archived"):
        return f"record {id_} is {state}, but ARCHIVED is {row['ARCHIVED']}"
    if (row["DELETEDAT"] is None) != (state in ("live", "archived")):
        return f"record {id_} is {state}, but DELETEDAT is {row['DELETEDAT']}"
    if state == "merged" and row["MERGEDINTO"] != int(truth["merged_into"]):
        return f"record {id_} was merged into {truth['merged_into']}, not {row['MERGEDINTO']}"
    if state == "archived" and row["ARCHIVEDAT"] != _instant(truth["archived_at"]):
        return f"record {id_} was archived at {truth['archived_at']}, not {row['ARCHIVEDAT']}"
    return None


def _value_difference(row: dict, truth: dict, columns: dict, types: dict, kept: set) -> str | None:
    if truth["state"] not in ("live", "archived"):
        return None
    id_ = row["OBJECTID"]
    for column, instant in (("CREATEDAT", "created_at"), ("UPDATEDAT", "updated_at")):
        if row[column] != _instant(truth[instant]):
            return f"record {id_}: {column} is {row[column]}, not {truth[instant]}"
    unparsed = json.loads(row["UNPARSED"]) if row["UNPARSED"] else {}
    for name, raw in truth["properties"].items():
        column = columns.get(name)
        if column is None:
            return f"property {name} has no column"
        if name in unparsed:
            if row[column] is not None or unparsed[name] != raw:
                return f"record {id_}: {name} is {raw!r}, UNPARSED has {unparsed[name]!r} beside {row[column]!r}"
            if _typed(raw, types[column]) is not None and not types[column].startswith("bool"):
                return f"record {id_}: {name} = {raw!r} fits {types[column]}, but is in UNPARSED"
            continue
        expected = None if raw in (None, "") else _typed(raw, types[column])
        if raw not in (None, "") and expected is None:
            return f"record {id_}: {name} = {raw!r} does not fit {types[column]}, and is not in UNPARSED"
        if row[column] != expected:
            return f"record {id_}: {name} is {row[column]!r}, not {expected!r} ({raw!r})"
    for name, column in columns.items():
        if name not in truth["properties"] and name not in kept and row[column] is not None:
            return f"record {id_}: {name} has no value, but its column has {row[column]!r}"
    strangers = unparsed.keys() - truth["properties"].keys()
    return f"record {id_}: UNPARSED has {strangers}" if strangers else None


def _typed(raw: str, type_: str) -> object:
    """What a value must be in a column of this type; None where it does not fit."""
    try:
        if type_.startswith("decimal"):
            number = Decimal(raw)
            return number if number == round(number, 10) and abs(number) < Decimal(10) ** 28 else None
        if type_ == "bool":
            return {"true": True, "false": False}.get(raw.lower())
        if type_.startswith("date32"):
            if len(raw) == 10 and "-" in raw:
                return date.fromisoformat(raw)
            instant = _instant(raw)
            return instant.date() if instant.time() == time(0) else None
        if type_.startswith("timestamp"):
            return _instant(raw)
    except (ArithmeticError, ValueError):
        return None
    return raw


def _instant(text: str) -> datetime:
    if text.lstrip("-").isdecimal():
        return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None)
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
