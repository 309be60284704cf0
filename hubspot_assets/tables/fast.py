"""Pages of JSON to text columns by Arrow's JSON reader: no Python object per value is ever made."""

# pyarrow.compute makes its functions at import, where pyright cannot see them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from hubspot_assets.tables.raw import FIELDS, RawRecords


class FastReader:
    """Reads pages in which every property is a string or null, as HubSpot documents it.

    Args:
        properties: Internal names of the properties to read; others are passed over.
    """

    def __init__(self, properties: Sequence[str]) -> None:
        self._properties = tuple(properties)
        record = pa.struct(
            [
                *((name, pa.string()) for name in FIELDS),
                ("archived", pa.bool_()),
                ("properties", pa.struct([(name, pa.string()) for name in self._properties])),
            ]
        )
        self._parse_options = pyarrow.json.ParseOptions(
            explicit_schema=pa.schema([("results", pa.list_(record))]), unexpected_field_behavior="ignore"
        )

    def read(self, bodies: Sequence[bytes]) -> RawRecords:
        """Read some pages at once.

        Args:
            bodies: Complete JSON texts, one object each.

        Raises:
            pyarrow.ArrowInvalid: A page is beyond this reader: a property that is not a string, a key given twice,
                half a surrogate pair, bytes that are not UTF-8, no `results`...
        """
        joined = b"\n".join(bodies)
        # One block, whatever its size: a page that straddles two cannot be read. One thread: reading pages side
        # by side is for the caller to arrange.
        read_options = pyarrow.json.ReadOptions(use_threads=False, block_size=len(joined) + 1)
        results = pyarrow.json.read_json(
            pa.BufferReader(joined), read_options=read_options, parse_options=self._parse_options
        )["results"].combine_chunks()
        if len(results) != len(bodies) or results.null_count:
            raise pa.ArrowInvalid("not one list of results in every page")
        if not joined.isascii():
            results.validate(full=True)  # the reader itself lets broken UTF-8 through
        records = results.flatten()
        if records.null_count:
            raise pa.ArrowInvalid("null among the records")
        return RawRecords(
            pages=pc.cast(pc.list_parent_indices(results), pa.int32()),
            fields={name: records.field(name) for name in FIELDS},
            archived=records.field("archived"),
            properties=dict(zip(self._properties, records.field("properties").flatten(), strict=True)),
        )
