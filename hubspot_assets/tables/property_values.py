"""Properties of things that are not records, as typed columns; what fits none of them stays raw."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa

from hubspot_assets.tables.columns import typed
from hubspot_assets.tables.filling import encodable, text_array
from hubspot_assets.tables.satellite import json_text
from hubspot_assets.tables.schema import PropertyColumn


def property_values(
    columns: Sequence[PropertyColumn], given: Sequence[Mapping[str, object]]
) -> tuple[dict[str, pa.Array], list[str | None]]:
    """Return the property columns, and UNPARSED.

    Args:
        columns: The properties that have a column.
        given: The properties of each row.

    Returns:
        Arrays by column name; and for each row the values that fit no column, or have none, as JSON.
    """
    arrays: dict[str, pa.Array] = {}
    unparsed: dict[int, dict[str, str]] = defaultdict(dict)
    for each in columns:
        texts = text_array([_text(properties.get(each.property)) for properties in given])
        arrays[each.column], unfit = typed(texts, each.type)
        for row, raw in unfit.items():
            unparsed[row][each.property] = raw
    known = {each.property for each in columns}
    for row, properties in enumerate(given):
        for name in properties.keys() - known:
            if raw := _text(properties[name]):
                unparsed[row][encodable(name)] = encodable(raw)
    return arrays, [json_text(unparsed.get(row)) for row in range(len(given))]


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json_text(value)
