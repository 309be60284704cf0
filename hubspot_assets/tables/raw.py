"""Records as text: the JSON of pages taken apart, nothing in it interpreted yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

FIELDS = ("id", "createdAt", "updatedAt", "archivedAt", "url")
"""The fields of a record, apart from its properties and `archived`, that a table keeps."""


@dataclass(frozen=True, slots=True)
class RawRecords:
    """Records of one or more pages, in their order. All arrays have one entry per record.

    Attributes:
        pages: Int32, which page (counted from 0) the record came with.
        fields: The texts of `FIELDS`, null where absent.
        archived: The boolean of that name; where it is absent, null or false.
        properties: Property -> its texts, null where absent or null. A JSON value that is not a string is kept as
            its JSON text.
        unencodable: Property -> row -> texts with half a surrogate pair, which no UTF-8 column can hold, in their
            JSON escape (null in `properties`).
    """

    pages: pa.Array
    fields: Mapping[str, pa.Array]
    archived: pa.Array
    properties: Mapping[str, pa.Array]
    unencodable: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
