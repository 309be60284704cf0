"""Pages of JSON to text columns by Python's own JSON decoder: slow, and at home with whatever JSON allows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.tables.raw import FIELDS, RawRecords


def read(body: bytes, properties: Sequence[str]) -> RawRecords:
    """Read one page.

    Of a key given twice in one object the later value counts, as with most JSON decoders.

    Args:
        body: A JSON object.
        properties: Internal names of the properties to read; others are passed over.

    Raises:
        UnreadableAnswer: The page is not JSON, or not of the shape of a page of records.
    """
    records = _records(body)
    unencodable: dict[str, dict[int, str]] = {}
    columns: dict[str, pa.Array] = {}
    for name in properties:
        texts = [_text(record["properties"].get(name)) for record in records]
        if not _encodable("".join(filter(None, texts))):
            unencodable[name] = {row: _escaped(text) for row, text in enumerate(texts) if text and not _encodable(text)}
            texts = [None if row in unencodable[name] else text for row, text in enumerate(texts)]
        columns[name] = pa.array(texts, pa.string())
    return RawRecords(
        pages=pa.array([0] * len(records), pa.int32()),
        fields={name: _field(records, name) for name in FIELDS},
        archived=pa.array([record.get("archived") is True for record in records], pa.bool_()),
        properties=columns,
        unencodable=unencodable,
    )


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _records(body: bytes) -> list[dict[str, Any]]:
    try:
        page = json.loads(body, parse_int=_Number, parse_float=_Number)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(
            f"HubSpot sent a page of records that is not JSON ({error}); run the sync again."
        ) from error
    records = page.get("results") if isinstance(page, dict) else None
    if not isinstance(records, list):
        raise UnreadableAnswer(
            "HubSpot sent an answer without a list of `results` where a page of records was due; run the sync again."
        )
    for record in records:
        if isinstance(record, dict) and record.get("properties") is None:
            record["properties"] = {}
        if not isinstance(record, dict) or not isinstance(record["properties"], dict):
            raise UnreadableAnswer("HubSpot sent something that is not a record among `results`; run the sync again.")
    return records


def _field(records: Sequence[Mapping[str, Any]], name: str) -> pa.Array:
    texts = [_text(record.get(name)) for record in records]
    for text in texts:
        if text is not None and not _encodable(text):
            raise UnreadableAnswer(f"HubSpot sent a record whose `{name}` holds half a surrogate pair: {text!a}")
    return pa.array(texts, pa.string())


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(text: str) -> str:
    # As JSON would write it, but as characters: warehouses refuse JSON that itself escapes half a pair.
    return json.dumps(text)[1:-1]


def _text(value: object) -> str | None:
    """Return the text of a JSON value: of a string the string itself, of anything else its JSON text."""
    if value is None or isinstance(value, str):
        return value
    return _json(value)


def _json(value: object) -> str:
    """Return a decoded JSON value as compact JSON text, numbers as they were written."""
    match value:
        case _Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_json(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_json, value)) + "]"
        case _:
            return json.dumps(value)
