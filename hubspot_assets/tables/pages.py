"""Pages of records to typed Arrow tables."""

# pyarrow.compute makes its functions at import, where pyright cannot see them.
# pyright: reportAttributeAccessIssue=false

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC

import pyarrow as pa
import pyarrow.compute as pc

from hubspot_assets.hubspot.records.pages import Page
from hubspot_assets.hubspot.transport.errors import UnreadableAnswer
from hubspot_assets.tables import exact
from hubspot_assets.tables.columns import typed, without_blanks
from hubspot_assets.tables.fast import FastReader
from hubspot_assets.tables.raw import RawRecords
from hubspot_assets.tables.schema import ColumnType, RecordSchema

BLOCK_BYTES = 8 << 20
"""How much JSON is read at once. Larger blocks are no faster and take more memory."""


class PageReader:
    """Turns pages of one object type into tables. For one thread at a time.

    Args:
        schema: The table that the records are for.
        sync_id: Goes into SYNCID of every row.

    Attributes:
        exact_pages: How many pages went through the slower reader so far.
    """

    def __init__(self, schema: RecordSchema, sync_id: str) -> None:
        self.exact_pages = 0
        self._schema = schema
        self._sync_id = sync_id
        self._property_names = [property_.property for property_ in schema.properties]
        self._fast = FastReader(self._property_names)

    def read(self, pages: Sequence[Page]) -> pa.Table:
        """Read pages into one table of the schema `schema.arrow`, one row per record, in their order.

        Values that do not fit their column are in UNPARSED; of those that hold half a surrogate pair, the JSON escape.

        Raises:
            UnreadableAnswer: A page is not a page of records, or a record has no readable id, `createdAt` or
                `updatedAt`.
        """
        batches = [batch for block in _blocks(pages) for batch in self._batches(block)]
        return pa.Table.from_batches(batches, self._schema.arrow)

    def _batches(self, pages: Sequence[Page]) -> Iterator[pa.RecordBatch]:
        """Read pages at speed; halve them until only those that the fast reader refuses are read the slow way."""
        try:
            records = self._fast.read([page.body for page in pages])
        except pa.ArrowInvalid:
            if len(pages) > 1:
                middle = len(pages) // 2
                yield from self._batches(pages[:middle])
                yield from self._batches(pages[middle:])
                return
            self.exact_pages += 1
            records = exact.read(pages[0].body, self._property_names)
        yield self._batch(pages, records)

    def _batch(self, pages: Sequence[Page], records: RawRecords) -> pa.RecordBatch:
        rows = len(records.pages)
        archived = pc.fill_null(records.archived, False)
        read_at = pa.array([page.read_at.astimezone(UTC).replace(tzinfo=None) for page in pages], pa.timestamp("us"))
        properties, unparsed = self._properties(records)
        columns = {
            "OBJECTTYPEID": _constant(self._schema.object_type_id, rows),
            "OBJECTID": _object_ids(records),
            "CREATEDAT": _due_moments(records, "createdAt"),
            "UPDATEDAT": _due_moments(records, "updatedAt"),
            "ARCHIVED": archived,
            "ARCHIVEDAT": pc.if_else(archived, _moments(records, "archivedAt"), pa.scalar(None, pa.timestamp("us"))),
            "DELETEDAT": pa.nulls(rows, pa.timestamp("us")),
            "DELETIONREASON": pc.if_else(archived, "archived", pa.scalar(None, pa.string())),
            "MERGEDINTO": pa.nulls(rows, pa.int64()),
            "URL": without_blanks(records.fields["url"]),
            **properties,
            "UNPARSED": unparsed,
            "INGESTEDAT": read_at.take(records.pages),
            "SYNCID": _constant(self._sync_id, rows),
        }
        return pa.RecordBatch.from_pydict(columns, self._schema.arrow)

    def _properties(self, records: RawRecords) -> tuple[dict[str, pa.Array], pa.Array]:
        """Return the property columns, and UNPARSED."""
        columns: dict[str, pa.Array] = {}
        unparsed: dict[int, dict[str, str]] = defaultdict(dict)
        for property_ in self._schema.properties:
            columns[property_.column], unfit = typed(records.properties[property_.property], property_.type)
            for row, text in (*unfit.items(), *records.unencodable.get(property_.property, {}).items()):
                unparsed[row][property_.property] = text
        rows = len(records.pages)
        if not unparsed:
            return columns, pa.nulls(rows, pa.string())
        texts = {row: json.dumps(values, ensure_ascii=False) for row, values in unparsed.items()}
        return columns, pa.array([texts.get(row) for row in range(rows)], pa.string())


def _blocks(pages: Sequence[Page]) -> Iterator[list[Page]]:
    """Yield pages in groups of about `BLOCK_BYTES`, at least one page each."""
    block: list[Page] = []
    size = 0
    for page in pages:
        if block and size + len(page.body) > BLOCK_BYTES:
            yield block
            block, size = [], 0
        block.append(page)
        size += len(page.body)
    if block:
        yield block


def _constant(value: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), rows)


def _object_ids(records: RawRecords) -> pa.Array:
    texts = records.fields["id"]
    try:
        ids = pc.cast(texts, pa.int64())
        # Back to text and compared, since Arrow also reads hexadecimal.
        if pc.all(pc.equal(pc.cast(ids, pa.string()), texts), skip_nulls=False, min_count=0).as_py():
            return ids
    except pa.ArrowInvalid:
        pass  # named below
    raise UnreadableAnswer(
        "HubSpot sent a record without a whole number as its id, so no row can be kept for it: "
        f"{next(text for text in texts.to_pylist() if not _is_id(text))!r}"
    )


def _is_id(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"0|-?[1-9][0-9]{0,18}", text) is not None and abs(int(text)) < 1 << 63


def _moments(records: RawRecords, name: str) -> pa.Array:
    """Return a timestamp field of the records, null where there is none. One that cannot be read raises."""
    moments, unfit = typed(records.fields[name], ColumnType.TIMESTAMP)
    if unfit:
        row, text = next(iter(unfit.items()))
        raise UnreadableAnswer(
            f"HubSpot sent the record {records.fields['id'][row]} with an unreadable `{name}`: {text!r}"
        )
    return moments


def _due_moments(records: RawRecords, name: str) -> pa.Array:
    """Return a timestamp field that every record has."""
    moments = _moments(records, name)
    if moments.null_count:
        row = pc.index(pc.is_null(moments), True).as_py()
        raise UnreadableAnswer(f"HubSpot sent the record {records.fields['id'][row]} without `{name}`.")
    return moments
