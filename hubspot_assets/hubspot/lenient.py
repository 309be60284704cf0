"""Reading what people type into definitions and labels: whatever it is, it keeps nothing out.

HubSpot stores such texts as they were sent: halves of surrogate pairs, zero bytes, numbers where a text is due. What
cannot be said cleanly is said with a replacement character.
"""

import json
from typing import Any

import msgspec

from hubspot_assets.hubspot.transport.client import Answer
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


def results(answer: Answer) -> list[dict[str, Any]]:
    """Return the objects among an answer's `results`, an empty one for what is not an object; texts in them are clean.

    Raises:
        UnreadableAnswer: There are no `results`.
    """
    try:
        listed = [_decoded(bytes(raw)) for raw in answer.decode(_Results).results]
    except UnreadableAnswer:
        # Half of a surrogate pair anywhere in it; or really no results.
        body = _decoded(answer.body)
        listed = body.get("results") if isinstance(body, dict) else None
        if not isinstance(listed, list):
            raise
    return [value if isinstance(value, dict) else {} for value in listed]


def text(value: object) -> str:
    """Return the text of a JSON value: of a string itself, of nothing "", of anything else its JSON."""
    if value is None:
        return ""
    return clean(value) if isinstance(value, str) else as_json(value)


def flag(value: object) -> bool:
    """Return whether a JSON value says yes: `true`, in whatever spelling."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true") or value == 1


def clean(value: str) -> str:
    """Return a text that every destination can hold."""
    # Both halves of a pair, written one by one, are the character that they mean.
    whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", _REPLACEMENT)


def as_json(value: object) -> str:
    """Return a JSON value as compact JSON, its characters as themselves."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _decoded(body: bytes) -> object:
    loaded = json.loads(body.decode("utf-8", "replace"), parse_constant=lambda _: None)
    return _cleaned(loaded)


def _cleaned(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value
